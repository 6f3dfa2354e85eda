/** Documents name only files and symbols that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const FOLDERS = [
  'src',
  'workflows',
  'activities',
  'test',
  'docs',
  'migrations',
  'bench',
  'scripts',
  'ops',
  'examples',
];

const read = (path: string) => readFileSync(join(PACKAGE_ROOT, path), 'utf8');
const filesIn = (folder: string) =>
  readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, name),
  );

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'bench', 'examples']
    .flatMap(filesIn)
    .filter((name) => name.endsWith('.md') && !name.includes('results')),
];
const names = new Set(FOLDERS.flatMap(filesIn).map((file) => basename(file)));
const code = [
  'src',
  'workflows',
  'activities',
  'migrations',
  'scripts',
  'packages/client/src',
  'packages/verify/src',
]
  .flatMap(filesIn)
  .filter((name) => /\.(ts|js|sql)$/.test(name))
  .map(read)
  .join('\n');

/** Names of other programs, which documents mention although our code does not. */
const FOREIGN = ['CaUsedAsEndEntity', 'insecureHTTPParser', 'terminationGracePeriodSeconds'];
/** The file of an example, and what only a run of the bench makes. */
const NOT_THERE = /\b0042_|^bench\/results$/;

/** Files that a document's example makes: their code block is headed by the path (adding.test.ts follows these documents). */
const EXAMPLES = new Set(
  documents.flatMap((document) => [...read(document).matchAll(/^```ts (\S+)$/gm)].map(([, path]) => path)),
);

/** Paths from the root of the repository; `test/domain/schedule` stands for the test of that name. */
function pathsIn(text: string): string[] {
  const mention = new RegExp(`(?<![\\w/.…-])(?:${FOLDERS.join('|')})/[\\w./-]*\\w`, 'g');
  return [...text.matchAll(mention)].map(([path]) => path);
}
const isThere = (path: string) =>
  EXAMPLES.has(path) ||
  ['', '.ts', '.test.ts'].some((ending) => existsSync(join(PACKAGE_ROOT, path + ending)));

/** Links to other files, from the document's folder. */
const linksIn = (text: string) =>
  [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path = '']) => path);

const codeSpansIn = (text: string) =>
  [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
/** Files that are named without their folder. */
const fileNamesIn = (text: string) =>
  codeSpansIn(text).filter((span) => /^[\w-]+(\.test)?\.(ts|sql)$/.test(span));
/** `createApp`, `createApp(deps)`, `DeliveryTracker`. */
const symbolsIn = (text: string) =>
  codeSpansIn(text).flatMap((span) => /^([A-Za-z]+[a-z][A-Z]\w*)(\(\w*\))?$/.exec(span)?.[1] ?? []);

test.each(documents)('%s names files that there are', (document) => {
  const text = read(document);
  expect(pathsIn(text).filter((path) => !isThere(path) && !NOT_THERE.test(path))).toEqual([]);
  const links = linksIn(text).filter((path) => !existsSync(join(PACKAGE_ROOT, dirname(document), path)));
  expect(links).toEqual([]);
  expect(fileNamesIn(text).filter((name) => !names.has(name) && !NOT_THERE.test(name))).toEqual([]);
});

test.each(documents)('%s names symbols that there are', (document) => {
  const unknown = symbolsIn(read(document)).filter((name) => !new RegExp(`\\b${name}\\b`).test(code));
  expect(unknown.filter((name) => !FOREIGN.includes(name))).toEqual([]);
});

test('what is renamed would be found out', () => {
  const text =
    'See `src/no/such.ts`, test/api/bounds, [this](adr/9999-none.md#why), https://docs/a/b, `gone.ts`, `goneNow()` and `migrate.ts`.';
  expect(pathsIn(text)).toEqual(['src/no/such.ts', 'test/api/bounds']);
  expect(pathsIn(text).map(isThere)).toEqual([false, true]);
  expect(linksIn(text)).toEqual(['adr/9999-none.md']);
  expect(fileNamesIn(text)).toEqual(['gone.ts', 'migrate.ts']);
  expect(symbolsIn(text)).toEqual(['goneNow']);
});

test("CONTRIBUTING's table of folders is the tree", () => {
  const [, table = ''] = read('CONTRIBUTING.md').split('\n## Folders\n');
  const [section = ''] = table.split('\n## ');
  const shown = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path);
  const ignored = read('.gitignore')
    .split('\n')
    .map((line) => line.replace(/\/$/, ''));
  const foldersOf = (path: string) =>
    readdirSync(join(PACKAGE_ROOT, path), { withFileTypes: true }).filter(
      (each) => !each.name.startsWith('.'),
    );
  const tree = [
    ...foldersOf('src').map(({ name }) => `src/${name}`),
    ...foldersOf('.').flatMap((each) =>
      each.isDirectory() && !ignored.includes(each.name) && each.name !== 'src' ? [each.name] : [],
    ),
  ];
  expect(shown.toSorted()).toEqual(tree.toSorted());
});

test('the list of decisions names each by its title', () => {
  const decisions = filesIn('docs/adr').filter((path) => basename(path) !== 'README.md');
  const list = decisions.sort().map((path) => {
    const [, number, title] = /^# (\d+)\. (.+)\n/.exec(read(path)) ?? [];
    return `${number}. [${title}](${basename(path)})`;
  });
  expect(read('docs/adr/README.md').match(/^\d+\. .+$/gm)).toEqual(list);
});
