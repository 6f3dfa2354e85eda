/** Report of the service's CPU time by module and by function, from the profiles that Node wrote. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StatementWork, TableWork } from './database-work.ts';
import type { ThreadCpu } from './processes.ts';

const TOP_FUNCTIONS = 40;

type Seen = { threads: ThreadCpu[]; statements: StatementWork[]; tables: TableWork[] };

/** What V8 writes of one thread; times in µs. */
type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
};

/**
 * @param folder with the profiles
 * @param build the folder of the service's build
 * @returns Markdown
 */
export async function profileReport(
  folder: string,
  build: string,
  { threads, statements, tables }: Seen,
): Promise<string> {
  const sections: string[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).sort()) {
    sections.push(
      threadReport(file, build, JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile),
    );
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

function rowsOf(objects: readonly Record<string, string | number>[]): string[] {
  const [first] = objects;
  if (first === undefined) return ['', '–', ''];
  const cell = (value: string | number = '') =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : String(value);
  const names = Object.keys(first);
  return [
    '',
    row(names),
    row(names.map(() => '---')),
    ...objects.map((each) => row(names.map((name) => cell(each[name])))),
    '',
  ];
}

function threadReport(file: string, build: string, { nodes, samples, timeDeltas }: CpuProfile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const modules = new Map<string, number>();
  const functions = new Map<string, number>();
  let busyMs = 0;
  samples.forEach((id, at) => {
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || frame.functionName === '(idle)') return;
    const { functionName, url, lineNumber } = frame;
    const ms = (timeDeltas[at] ?? 0) / 1000;
    const path = ourPath(url, build);
    const owner = moduleOf(functionName, url, path);
    busyMs += ms;
    add(modules, owner, ms);
    add(functions, `${functionName || '(anonymous)'} ${place(url, path, lineNumber)}`, ms);
  });
  const share = ([name, ms]: [string, number]) =>
    row([name, ms.toFixed(0), `${((100 * ms) / busyMs).toFixed(1)} %`]);
  const head = (what: string) => [row([what, 'self ms', 'share']), row(['---', '--:', '--:'])];
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
function moduleOf(functionName: string, url: string, path: string | null): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const [scheme = url] = url.split('/');
  if (url.startsWith('node:')) return scheme;
  const [, inPackage] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (inPackage !== undefined) return inPackage;
  return path === null ? scheme : `tidings: ${path.split('/').slice(0, 2).join('/')}`;
}

function place(url: string, path: string | null, lineNumber: number): string {
  const [, inPackage] = /node_modules\/(?!.*node_modules\/)(.*)/.exec(url) ?? [];
  return url === '' ? '' : `${inPackage ?? path ?? url}:${lineNumber + 1}`;
}

/** @returns the path of a file of ours in the build; null for others' */
function ourPath(url: string, build: string): string | null {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return path.startsWith(`${build}/`) ? path.slice(build.length + 1) : null;
}

const add = (sums: Map<string, number>, name: string, ms: number) =>
  sums.set(name, (sums.get(name) ?? 0) + ms);
const largest = (sums: Map<string, number>, count: number) =>
  [...sums].sort(([, a], [, b]) => b - a).slice(0, count);
const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
