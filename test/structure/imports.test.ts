/** The import table: each folder imports only what its row allows, so that readers can trust the names of the folders. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const BUILTIN = 'node builtins';

/** What each part may import: parts by their folder or file, packages by name. Its own files always. */
const ALLOWED: Record<string, readonly string[]> = {
  'src/package-root.ts': [BUILTIN],
  'src/domain': ['typeid-js'],
  'src/observability': [
    ...['src/domain', 'src/store', 'src/package-root.ts', 'pino', 'prom-client', '@opentelemetry/*', BUILTIN],
  ],
  'src/periodic-task.ts': ['src/observability'],
  'src/variable-kinds.ts': ['zod', BUILTIN],
  'src/signing': ['src/domain', 'zod', 'lru-cache', 'node:crypto'],
  'src/profiles': ['src/domain', 'src/signing', 'zod'],
  'src/channels': [
    ...['src/domain', 'src/signing/redaction.ts', 'src/variable-kinds.ts', 'src/channels/email.ts', 'zod'],
  ],
  'src/channels/email.ts': ['src/domain', 'src/channels', 'src/variable-kinds.ts', 'nodemailer', 'zod'],
  'src/store': ['src/domain', 'src/signing', 'pg', 'pg-connection-string', BUILTIN],
  'src/http': ['src/domain', 'src/package-root.ts', 'ipaddr.js', 'fzstd', 'piscina', 'lru-cache', BUILTIN],
  'src/json-schema': [
    ...['src/domain', 'src/observability', 'src/package-root.ts', 'ajv', 'ajv-formats', 're2js', 'piscina'],
    ...['@eslint-community/regexpp', 'lru-cache', BUILTIN],
  ],
  'src/config': [
    ...['src/channels', 'src/http', 'src/store', 'src/variable-kinds.ts'],
    ...['zod', 'pg-connection-string', '@temporalio/envconfig', BUILTIN],
  ],
  'src/embedded': ['src/http', 'src/observability', 'pg', '@temporalio/client', BUILTIN],
  workflows: ['src/domain', '@temporalio/workflow'],
  'src/temporal': [
    ...['src/domain', 'src/observability', 'src/config', 'src/http', 'src/package-root.ts'],
    ...['workflows/contract.ts', '@temporalio/*', BUILTIN],
  ],
  'src/dispatch': [
    ...['src/domain', 'src/store', 'src/profiles', 'src/observability', 'src/temporal'],
    ...['src/periodic-task.ts', 'lru-cache', BUILTIN],
  ],
  'src/notifications': [
    ...['src/domain', 'src/store', 'src/profiles', 'src/channels', 'src/observability', 'src/config'],
    ...['src/dispatch', 'src/http', 'src/periodic-task.ts', BUILTIN],
  ],
  activities: [
    ...['src/domain', 'src/signing', 'src/profiles', 'src/store', 'src/http', 'src/observability'],
    ...[
      'src/dispatch/lane-selector.ts',
      'lru-cache',
      'workflows/contract.ts',
      '@temporalio/activity',
      'node:timers/promises',
    ],
  ],
  'src/api': [
    ...['src/domain', 'src/store', 'src/signing', 'src/profiles', 'src/http', 'src/json-schema'],
    ...['src/channels/contacts.ts', 'src/dispatch/emitter.ts', 'src/observability', 'src/package-root.ts'],
    ...['src/periodic-task.ts'],
    ...['workflows/contract.ts', BUILTIN, 'zod', 'ajv'],
    ...['fastify', 'fastify-type-provider-zod', '@fastify/*', 'lru-cache'],
  ],
  'src/demo': ['src/profiles', 'src/embedded', 'selfsigned', BUILTIN],
  // What composes the others may use anything, and nothing else may use it.
  'src/runtime': ['*'],
  'src/cli': ['*'],
  scripts: ['*'],
  // The service is measured from outside, as a process.
  bench: [
    ...['scripts/internal-errors.ts', 'src/domain', 'src/embedded', 'src/package-root.ts', 'src/store'],
    ...['commander', 'pg', 'undici', '@temporalio/client', BUILTIN],
  ],
};
const PARTS = Object.keys(ALLOWED);

const files = ['src', 'workflows', 'activities', 'bench', 'scripts'].flatMap((folder) =>
  readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name).split(sep).join('/')),
);
const sourceOf = (file: string) => readFileSync(join(PACKAGE_ROOT, file), 'utf8');

/** The part that a file belongs to: the longest name that fits. */
function partOf(file: string): string | undefined {
  return PARTS.filter((part) => file === part || file.startsWith(`${part}/`)).sort(
    (a, b) => b.length - a.length,
  )[0];
}

function importsOf(source: string): string[] {
  const statements = /^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*['"]([^'"]+)['"]/gm;
  const calls = /\b(?:import|require)\(\s*['"`]([^'"`]+)['"`]/g;
  return [...source.matchAll(statements), ...source.matchAll(calls)].map(([, name]) => name ?? '');
}

/** A part, a package or a builtin, in the words of the table. */
function nameOf(file: string, specifier: string): { target: string; part: string | undefined } {
  if (specifier.startsWith('.')) {
    const target = relative('.', join(dirname(file), specifier))
      .split(sep)
      .join('/');
    return { target, part: partOf(target) };
  }
  if (isBuiltin(specifier)) return { target: specifier, part: BUILTIN };
  const [scope = '', name] = specifier.split('/');
  return { target: scope.startsWith('@') ? `${scope}/${name}` : scope, part: undefined };
}

function isAllowed(file: string, specifier: string): boolean {
  const own = partOf(file) ?? '';
  const allowed = ALLOWED[own] ?? [];
  const { target, part } = nameOf(file, specifier);
  const names = [target, part, `${target.split('/')[0]}/*`];
  if (part === own || allowed.some((each) => names.includes(each))) return true;
  return allowed.includes('*') && part !== 'src/cli';
}

test('every file belongs to a part of the table, and every part has files', () => {
  expect(files.filter((file) => partOf(file) === undefined)).toEqual([]);
  expect(PARTS.filter((part) => !files.some((file) => partOf(file) === part))).toEqual([]);
});

test.each(PARTS)('%s imports what it may, and nothing else', (part) => {
  const forbidden = files
    .filter((file) => partOf(file) === part)
    .flatMap((file) =>
      importsOf(sourceOf(file))
        .filter((specifier) => !isAllowed(file, specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    );
  expect(forbidden).toEqual([]);
});

test.each([
  ['src/domain/event.ts', 'node:fs'],
  ['src/domain/event.ts', '../store/pool.ts'],
  ['src/domain/event.ts', 'zod'],
  ['src/signing/basic.ts', 'node:fs'],
  ['src/signing/basic.ts', '../profiles/index.ts'],
  ['src/profiles/leah.ts', 'node:crypto'],
  ['src/channels/log.ts', 'nodemailer'],
  ['src/store/events.ts', '../http/send.ts'],
  ['src/http/send.ts', 'pg'],
  ['workflows/deliver.ts', 'node:crypto'],
  ['workflows/deliver.ts', '../activities/attempt.ts'],
  ['workflows/deliver.ts', '../src/store/pool.ts'],
  ['activities/attempt.ts', '../workflows/deliver.ts'],
  ['activities/attempt.ts', '../src/runtime/worker.ts'],
  ['activities/attempt.ts', '@temporalio/client'],
  ['src/api/app.ts', '../runtime/engine.ts'],
  ['src/api/app.ts', '../../workflows/deliver.ts'],
  ['src/api/app.ts', '@temporalio/client'],
  ['src/api/app.ts', '../channels/index.ts'],
  ['activities/notify.ts', '../src/channels/email.ts'],
  ['src/config/environment.ts', '../domain/event.ts'],
  ['activities/send-attempt.ts', '@opentelemetry/sdk-trace-base'],
  ['src/observability/metrics.ts', '../http/send.ts'],
  ['src/temporal/worker.ts', '../cli/main.ts'],
])('the table would not let %s import %s', (file, specifier) => {
  expect(isAllowed(file, specifier)).toBe(false);
});

/** Parts that import each other, over however many steps. */
function circles(arrows: Map<string, Set<string>>): string[] {
  const found = new Set<string>();
  // From where no circle was met none will be: each of these is walked once, however many ways lead there.
  const clean = new Set<string>();
  const walk = (part: string, path: string[]): boolean => {
    if (clean.has(part)) return false;
    if (path.includes(part)) {
      found.add([...path.slice(path.indexOf(part)), part].join(' → '));
      return true;
    }
    const met = [...(arrows.get(part) ?? [])].filter((next) => walk(next, [...path, part])).length > 0;
    if (!met) clean.add(part);
    return met;
  };
  for (const part of arrows.keys()) walk(part, []);
  return [...found];
}

/** Whom each file, or the part that `named` gives it to, imports; types too. */
function arrowsBetween(named: (file: string) => string): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  for (const file of files) {
    const own = named(file);
    const others = arrows.get(own) ?? new Set();
    arrows.set(own, others);
    for (const specifier of importsOf(sourceOf(file))) {
      if (!specifier.startsWith('.')) continue;
      const other = named(nameOf(file, specifier).target);
      if (other !== own) others.add(other);
    }
  }
  return arrows;
}

/** A file beside the folders stands for itself. */
const folderOf = (file: string) =>
  dirname(file) === 'src'
    ? file
    : file
        .split('/')
        .slice(0, file.startsWith('src/') ? 2 : 1)
        .join('/');

test('no folder imports one that imports it, over however many steps', () => {
  expect(circles(arrowsBetween(folderOf))).toEqual([]);
});

test('no file imports one that imports it, over however many steps', () => {
  expect(circles(arrowsBetween((file) => file))).toEqual([]);
});

test('a circle is found', () => {
  const arrows = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['b'])],
  ]);
  expect(circles(arrows)).toEqual(['b → c → b', 'c → b → c']);
});

test.each([
  ["import a from 'one'", ['one']],
  ["import {\n  a,\n  type B,\n} from './two.ts';", ['./two.ts']],
  ["import 'three';", ['three']],
  ["import type { A } from 'four';\nexport { b } from 'five';", ['four', 'five']],
  ["export * from 'six';\nconst x = await import('seven');", ['six', 'seven']],
  ["export const text = 'nothing';", []],
])('an import is found in %j', (source, found) => {
  expect(importsOf(source)).toEqual(found);
});

test('no file or folder has a name that says nothing', () => {
  const empty = /^(utils?|helpers?|common|misc|types)$/;
  const named = files.filter((file) => file.split('/').some((each) => empty.test(basename(each, '.ts'))));
  expect(named).toEqual([]);
});

test('every name is in kebab-case', () => {
  const parts = files.flatMap((file) => file.split('/').map((part) => basename(part, '.ts')));
  expect(parts.filter((part) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part))).toEqual([]);
});

test('every file says first why it exists', () => {
  const silent = files.filter((file) => !/^(#![^\n]*\n)?\/\*\*\s+(\* )?\S/.test(sourceOf(file)));
  expect(silent).toEqual([]);
});

/** The parts of ours that a folder's files may import, in the words of CONTRIBUTING. */
function importsOfFolder(folder: string): string {
  const allowed = PARTS.filter((part) => part === folder || part.startsWith(`${folder}/`)).flatMap(
    (part) => ALLOWED[part] ?? [],
  );
  if (allowed.includes('*')) return 'everything';
  const others = allowed.filter(
    (name) => /^(src|workflows|activities|scripts)\b/.test(name) && !name.startsWith(folder),
  );
  return [...new Set(others)]
    .sort()
    .map((name) => `\`${name}\``)
    .join(', ');
}

test('CONTRIBUTING shows this table', () => {
  const rows = [...sourceOf('CONTRIBUTING.md').matchAll(/^\| `([\w/.-]+)` \| [^|]+ \|([^|]*)\|$/gm)];
  const shown = rows.map(([, folder = '', imports = '']) => [folder, imports.trim()]);
  const folders = [...new Set(files.map(folderOf))];
  expect(Object.fromEntries(shown)).toMatchObject(
    Object.fromEntries(folders.map((folder) => [folder, importsOfFolder(folder)])),
  );
});
