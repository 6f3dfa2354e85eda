/** Where the service's CPU time goes, from the profiles that Node wrote: by module, and by function. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../dist/src/package-root.js';

const BUILD = join(PACKAGE_ROOT, 'dist/');
const TOP_FUNCTIONS = 40;

/**
 * @param {string} folder with the profiles
 * @param {{ threads: object[], statements: object[], tables: object[] }} seen
 * @returns {Promise<string>} Markdown
 */
export async function profileReport(folder, { threads, statements, tables }) {
  const sections = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).sort()) {
    sections.push(threadReport(file, JSON.parse(await readFile(join(folder, file), 'utf8'))));
  }
  const shown = statements.map((statement) => ({
    ...statement,
    query: statement.query.replace(/\s+/g, ' ').slice(0, 160).replaceAll('|', '\\|'),
  }));
  return [
    '## CPU time since the start, by thread',
    ...rowsOf(threads),
    'The profiles below count time as it passes, not CPU time: where other processes compete for the cores, calls that',
    'wake them (`writev`, `postMessage`) look dearer than they are.',
    '',
    ...sections,
    '## Tables since the start',
    ...rowsOf(tables),
    '## Statements of the measurement',
    ...rowsOf(shown),
  ].join('\n');
}

function rowsOf(objects) {
  const [first] = objects;
  if (first === undefined) return ['', '–', ''];
  const cell = (value) => (typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : value);
  const names = Object.keys(first);
  return [
    '',
    row(names),
    row(names.map(() => '---')),
    ...objects.map((each) => row(names.map((name) => cell(each[name])))),
    '',
  ];
}

/** @param {{ nodes: object[], samples: number[], timeDeltas: number[] }} profile of one thread */
function threadReport(file, { nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const modules = new Map();
  const functions = new Map();
  let busyMs = 0;
  samples.forEach((id, at) => {
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    if (functionName === '(idle)') return;
    const ms = timeDeltas[at] / 1000;
    const owner = moduleOf(functionName, url);
    busyMs += ms;
    add(modules, owner, ms);
    add(functions, `${functionName || '(anonymous)'} ${place(url, lineNumber)}`, ms);
  });
  const share = ([name, ms]) => row([name, ms.toFixed(0), `${((100 * ms) / busyMs).toFixed(1)} %`]);
  const head = (what) => [row([what, 'self ms', 'share']), row(['---', '--:', '--:'])];
  return [
    `## ${file}: ${busyMs.toFixed(0)} ms busy`,
    '',
    ...head('module'),
    ...largest(modules, TOP_FUNCTIONS).map(share),
    '',
    ...head('function'),
    ...largest(functions, TOP_FUNCTIONS).map(share),
    '',
  ].join('\n');
}

/** The package that code is in, `tidings: <folder>` for ours, or what V8 calls it. */
function moduleOf(functionName, url) {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return url.split('/')[0];
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (inPackage !== null) return inPackage[1];
  const path = ourPath(url);
  return path === null ? url.split('/')[0] : `tidings: ${path.split('/').slice(0, 2).join('/')}`;
}

function place(url, lineNumber) {
  const [, inPackage] = /node_modules\/(?!.*node_modules\/)(.*)/.exec(url) ?? [];
  return url === '' ? '' : `${inPackage ?? ourPath(url) ?? url}:${lineNumber + 1}`;
}

function ourPath(url) {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return path.startsWith(BUILD) ? path.slice(BUILD.length) : null;
}

const add = (sums, name, ms) => sums.set(name, (sums.get(name) ?? 0) + ms);
const largest = (sums, count) => [...sums].sort(([, a], [, b]) => b - a).slice(0, count);
const row = (cells) => `| ${cells.join(' | ')} |`;
