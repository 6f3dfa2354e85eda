/** Files and functions are short, or say in a comment why they are not: `// Long because …`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const FILE_LINES = 300;
const FUNCTION_LINES = 60;
const REASON = /\bLong because \S+ \S+ \S+/;
const FUNCTIONS =
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|(Class|Private)Method|Constructor|(Method|Getter|Setter)Property)$/;

type Node = { type?: string; span?: { start: number; end: number }; [field: string]: unknown };
type Place = { name: string; first: number; last: number };

/** Every function of a source, with its first and last line, counted from 1. */
function functionsIn(source: string): Place[] {
  // The parser's positions are of bytes, from where the first statement begins: a statement of ours makes that the first byte.
  const prefix = '0;';
  const text = prefix + source.replace(/^#!/, '//');
  const bytes = Buffer.from(text);
  const program = parseSync(text, { syntax: 'typescript', target: 'es2022' }) as unknown as Node;
  const from = program.span?.start ?? 0;
  const lineOf = (position: number) =>
    bytes
      .subarray(0, position - from)
      .toString()
      .split('\n').length;
  const found: Place[] = [];
  const walk = (value: unknown, outer: string): void => {
    if (Array.isArray(value)) for (const each of value) walk(each, outer);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const node = value as Node;
    const named = (node.identifier ?? node.key ?? node.id) as { value?: unknown } | null | undefined;
    const name = typeof named?.value === 'string' ? named.value : outer;
    if (FUNCTIONS.test(node.type ?? '') && node.span !== undefined)
      found.push({ name, first: lineOf(node.span.start), last: lineOf(node.span.end - 1) });
    for (const child of Object.values(node)) walk(child, name);
  };
  walk(program, '');
  return found;
}

/** The comment right above a line, and the line itself. */
function aboveAndOn(source: string, line: number): string {
  const lines = source.split('\n');
  let from = line - 1;
  while (from > 0 && /^\s*(\/\/|\/?\*)/.test(lines[from - 1] ?? '')) from -= 1;
  return lines.slice(from, line).join('\n');
}

/** What is too long in a source without its reasons. */
const withoutReasons = (source: string) => tooLong(source.replaceAll('Long because', ''));

function tooLong(source: string): string[] {
  const lines = source.split('\n').length - 1;
  const [header = ''] = /^(#![^\n]*\n)?\s*(\/\*\*[\s\S]*?\*\/\s*)?(\/\/[^\n]*\n\s*)*/.exec(source) ?? [];
  return [
    ...(lines > FILE_LINES && !REASON.test(header) ? [`the file has ${lines} lines`] : []),
    ...functionsIn(source).flatMap(({ name, first, last }) => {
      const length = last - first + 1;
      return length > FUNCTION_LINES && !REASON.test(aboveAndOn(source, first))
        ? [`${name} has ${length} lines`]
        : [];
    }),
  ];
}

const files = ['src', 'workflows', 'activities', 'bench', 'scripts'].flatMap((folder) =>
  readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);

test(`no file has more than ${FILE_LINES} lines and no function more than ${FUNCTION_LINES} without a reason`, () => {
  const long = files.flatMap((file) =>
    tooLong(readFileSync(join(PACKAGE_ROOT, file), 'utf8')).map((what) => `${file}: ${what}`),
  );
  expect(long).toEqual([]);
});

const BODY = 'void 0;\n'.repeat(FUNCTION_LINES);
const WHY = 'Long because each line stands alone.';
describe('found out:', () => {
  test.each([
    [`function f() {\n${BODY}}`, 'f'],
    [`/** Says nothing. */\nexport async function f() {\n${BODY}}`, 'f'],
    [`const f = () => {\n${BODY}};`, 'f'],
    [`class A {\n f() {\n${BODY}}\n}`, 'f'],
    [`const a = {\n f() {\n${BODY}},\n};`, 'f'],
    [`// ${WHY}\nconst a = 1;\nfunction f() {\n${BODY}}`, 'f'],
    [`// “ü” takes more bytes than one.\nfunction f() {\n// ${WHY}\n${BODY}}`, 'f'],
  ])('%#', (source, name) => {
    expect(tooLong(`/** A file. */\n${source}\n`)).toEqual([
      expect.stringMatching(`^${name} has 6[23] lines$`),
    ]);
  });

  test('a long file', () => {
    const long = '// So it is.\n'.repeat(FILE_LINES + 1);
    expect(tooLong(`/** A file. */\nconst a = 1;\n// ${WHY}\n${long}`)).toHaveLength(1);
  });
});

describe('allowed:', () => {
  test.each([
    [`// ${WHY}\nfunction f() {\n${BODY}}`],
    [`/**\n * Does it.\n * ${WHY}\n */\nfunction f() {\n${BODY}}`],
    [`function f() { // ${WHY}\n${BODY}}`],
    [`function f() {\n${BODY.slice('void 0;\n'.length * 2)}}`],
  ])('%#', (source) => {
    expect(tooLong(`/** A file. */\nconst first = 1;\n${source}\n`)).toEqual([]);
  });

  test('a long file with a reason', () => {
    expect(tooLong(`/** A file. */\n// ${WHY}\n${'// So it is.\n'.repeat(FILE_LINES)}`)).toEqual([]);
    expect(tooLong(`/**\n * A file.\n * ${WHY}\n */\n${'const a = 1;\n'.repeat(FILE_LINES)}`)).toEqual([]);
  });
});

test('a reason goes when what it stands at is short again', () => {
  const stale = files.filter((file) => {
    const source = readFileSync(join(PACKAGE_ROOT, file), 'utf8');
    return source.split('Long because').length - 1 > withoutReasons(source).length;
  });
  expect(stale).toEqual([]);
});
