/** The rules of the pages' code: which folder imports which, which packages reach a browser, first sentences, lengths. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

/** Each folder of web/src imports only those before it. */
const FOLDERS = ['texts', 'context', 'parts', 'pages', 'app'];
const PACKAGES = [
  '@tanstack/react-query',
  '@tanstack/react-virtual',
  '@tidings/client',
  'eventsource-parser',
  'react',
  'react-dom',
  'uplot',
  'wouter',
];
const FILE_LINES = 300;

const root = join(PACKAGE_ROOT, 'web', 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const importsOf = (source: string) =>
  [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);

/** What a file may not import, in words. */
function forbiddenIn(file: string, source: string): string[] {
  const own = FOLDERS.indexOf(file.split('/')[0] ?? '');
  return importsOf(source).filter((name) => {
    if (!name.startsWith('.')) {
      const [scope = '', rest] = name.split('/');
      return !PACKAGES.includes(scope.startsWith('@') ? `${scope}/${rest}` : scope);
    }
    const target = relative(root, join(root, dirname(file), name));
    if (target.startsWith('..')) return true;
    const folder = FOLDERS.indexOf(target.split('/')[0] ?? '');
    // The entrances stand beside the folders, and import what they like; styles are everybody's.
    return own !== -1 && folder > own;
  });
}

test('there are pages', () => expect(files.length).toBeGreaterThan(40));

test.each(files)('%s imports what it may, and begins with a statement', (file) => {
  const source = read(file);
  expect(forbiddenIn(file, source)).toEqual([]);
  const [, sentence = ''] = /^\/\*\*[\s*]*([\s\S]*?[.])(?:\s|\*\/)/.exec(source) ?? [];
  expect(sentence.replace(/\s+\*?\s*/g, ' ')).toMatch(/^(?!What|Where|How|Which|Who|When|Why)\w/);
  expect(source.split('\n').length).toBeLessThanOrEqual(FILE_LINES);
});

test.each([
  ['parts/field.tsx', '../pages/overview.tsx'],
  ['pages/overview.tsx', '../app/shell.tsx'],
  ['texts/en/shell.ts', '../../context/api.tsx'],
  ['pages/overview.tsx', 'lodash'],
  ['pages/overview.tsx', '../../../src/domain/event.ts'],
])('%s may not import %s', (file, name) => {
  expect(forbiddenIn(file, `import { x } from '${name}';`)).toEqual([name]);
});

/** Fields of the API's answers that are sentences: English in every language of the pages. */
const SAID =
  /(?:explanation\??\.(?:summary|action)|\bexplanation|next_step|health\.summary|readiness\.advice|(?:error|problem)\??\.message|\b(?:field|scheme|url)\.label)\}/;

/** Places where a sentence of the API is shown without its language. */
const unmarkedIn = (source: string) =>
  [...source.matchAll(/(?:>|^|\s)(?:[^\s<>{}]*=)?\{([\w.?]+)\}/gm)]
    .filter(([, expression = '']) => SAID.test(`${expression}}`))
    .filter(({ 0: found, index }) => !/<Said>\s*$/.test(source.slice(0, index + found.indexOf('{'))))
    .map(([, expression]) => expression);

test.each(files.filter((file) => file.endsWith('.tsx') && file !== 'parts/said.tsx'))(
  '%s marks the sentences of the API as English',
  (file) => expect(unmarkedIn(read(file))).toEqual([]),
);

test.each([
  ['<p>{log.next_step}</p>', ['log.next_step']],
  ['<bdi>{attempt.explanation.summary}</bdi>', ['attempt.explanation.summary']],
  ['<p>\n  {problem.message}\n</p>', ['problem.message']],
  ['<TextField label={profile.url.label} />', ['profile.url.label']],
  ['<Said>{log.next_step}</Said>', []],
  ['<Said>\n  {row.explanation}\n</Said>', []],
])('sentences without a language are found in %j', (source, found) =>
  expect(unmarkedIn(source)).toEqual(found),
);
