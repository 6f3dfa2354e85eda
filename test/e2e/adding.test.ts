/**
 * Follows the documents docs/adding-*.md to the letter, in a copy of the tree: makes each example's file, changes its registry, builds,
 * generates the references, and runs the conformance suites. A document that has drifted from the code fails here.
 */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { makeFolder } from '../helpers/folder.ts';

const run = promisify(execFile);

const DOCUMENTS = readdirSync(join(PACKAGE_ROOT, 'docs')).filter((name) => /^adding-.*\.md$/.test(name));
/** What the build and the suites need. */
const COPIED = [
  ...['src', 'workflows', 'activities', 'scripts', 'bench', 'docs', 'migrations'],
  ...['test/helpers', 'test/suites', 'test/channels', 'test/profiles', 'test/signing', 'test/structure'],
  ...['package.json', 'tsconfig.json', 'tsconfig.build.json', 'jest.config.js', 'CONTRIBUTING.md'],
];
const SUITES = [
  'test/channels/channels.test.ts',
  'test/profiles/profiles.test.ts',
  'test/signing/auth-schemes.test.ts',
  'test/signing/signing-schemes.test.ts',
  'test/structure/generated.test.ts',
  'test/structure/imports.test.ts',
  'test/structure/settings.test.ts',
  'test/structure/first-sentences.test.ts',
];
/** The describe-blocks in which the suites test the examples. */
const FOUND = [
  'the channel slack',
  'the profile gradebook',
  'the auth scheme api_key',
  'the scheme timestamped-hmac',
];
const PATIENCE_MS = 300_000;

type Step = { kind: string; path: string; text: string };

/** The code blocks that are headed by a path: a whole file (`ts`), or a change of one (`diff`). */
function stepsOf(document: string): Step[] {
  return [...document.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map(
    ([, kind = '', path = '', text = '']) => ({ kind, path, text }),
  );
}

/**
 * Changes a text by a diff without line numbers: unmarked lines are found one after the other, and the marked ones take effect there.
 * @throws Error naming the line that is not found
 */
function changed(text: string, diff: string): string {
  const lines = text.split('\n');
  let at = 0;
  for (const line of diff.trimEnd().split('\n')) {
    const content = line.slice(1);
    if (line.startsWith('+')) {
      lines.splice(at, 0, content);
      at += 1;
      continue;
    }
    const found = lines.indexOf(content, at);
    if (found === -1) throw new Error(`There is no line "${content}" after line ${at}`);
    if (line.startsWith('-')) lines.splice(found, 1);
    at = line.startsWith('-') ? found : found + 1;
  }
  return lines.join('\n');
}

test('a change is made where its lines are, and refused where they are not', () => {
  expect(changed('a\nb\nc\nd', ' a\n+new\n-c\n+other')).toBe('a\nnew\nb\nother\nd');
  expect(() => changed('a\nb', ' b\n a')).toThrow('no line "a" after line 2');
});

test('each document has one file and one change of a registry', () => {
  const shapes = DOCUMENTS.map((name) =>
    stepsOf(readFileSync(join(PACKAGE_ROOT, 'docs', name), 'utf8')).map(({ kind }) => kind),
  );
  expect(DOCUMENTS).toHaveLength(FOUND.length);
  expect(shapes).toEqual(DOCUMENTS.map(() => ['ts', 'diff']));
});

describe('followed to the letter', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makeFolder();
    for (const path of COPIED) cpSync(join(PACKAGE_ROOT, path), join(folder, path), { recursive: true });
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const name of DOCUMENTS) {
      for (const { kind, path, text } of stepsOf(readFileSync(join(folder, 'docs', name), 'utf8'))) {
        const file = join(folder, path);
        writeFileSync(file, kind === 'ts' ? text : changed(readFileSync(file, 'utf8'), text));
      }
    }
    // The suites need no servers.
    const config = `import base from './jest.config.js';
      const { globalSetup, globalTeardown, ...others } = base;
      export default others;`;
    writeFileSync(join(folder, 'jest.suites.config.js'), config);
  });

  const node = (...args: string[]) =>
    run(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
      throw new Error(`${args.join(' ')}\n${error.stdout}\n${error.stderr}`);
    });

  test(
    'the examples pass the type check, are in the references, and keep what the suites ask of them',
    async () => {
      await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
      await node('dist/scripts/generate-docs.js');
      const result = join(folder, 'result.json');
      await node(
        ...['node_modules/jest/bin/jest.js', '--config', 'jest.suites.config.js', '--runInBand'],
        ...['--json', '--outputFile', result, ...SUITES],
      );
      const { success, testResults } = JSON.parse(readFileSync(result, 'utf8'));
      expect(success).toBe(true);
      const blocks = testResults.flatMap(({ assertionResults }: any) =>
        assertionResults.map(({ ancestorTitles }: any) => ancestorTitles[0]),
      );
      for (const name of FOUND) expect(blocks).toContain(name);
      const page = (name: string) => readFileSync(join(folder, 'docs', name), 'utf8');
      expect(page('configuration.md')).toContain('| `TIDINGS_SLACK_URL` |');
      expect(page('openapi.json')).toContain('"const": "api_key"');
      expect(page('openapi.json')).toContain('Gradebook: 1 to 256 characters');
    },
    PATIENCE_MS,
  );
});
