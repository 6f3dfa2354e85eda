/** A tenant's JSON Schema is a program by a stranger: it is refused, or it runs and ends. */
import { Problem } from '../../src/domain/errors.ts';
import type { JsonSchema } from '../../src/domain/profile.ts';
import { startSchemaPool } from '../helpers/schema-pool.ts';

const pool = startSchemaPool();
afterAll(() => pool.close());

/** Why a schema cannot be registered, or `null`. */
const schemaProblem = (schema: JsonSchema, example: unknown = {}): Promise<string | null> =>
  pool.register('ten_1', JSON.stringify(schema), JSON.stringify(example)).then(
    () => null,
    (error) => error.message,
  );

/** JSON has a number for infinity: one that is too large. */
const jsonOf = (data: unknown) =>
  JSON.stringify(data, (_key, value) => (value === Number.POSITIVE_INFINITY ? 'Infinite' : value)).replaceAll(
    '"Infinite"',
    '1e999',
  );

/** Resolves where the data matches. @throws Problem schema_mismatch, SchemaRefusal */
async function check(schema: JsonSchema, data: unknown): Promise<void> {
  const [found = []] = await pool.check('ten_1', JSON.stringify(schema), [jsonOf(data)]);
  if (found.length > 0) throw new Problem('schema_mismatch', '', { fieldErrors: found });
}
const refusal = (code: string) => expect.objectContaining({ code, status: 422 });
const tooExpensive = expect.objectContaining({ by: 'cost' });

describe('a schema that somebody registers', () => {
  test.each<JsonSchema>([
    {},
    { type: 'object' },
    { type: 'object', properties: { a: { $ref: '#' } } },
    { 'x-note': 'mine' },
    { $schema: 'https://json-schema.org/draft/2020-12/schema' },
    { pattern: '^[A-Z]{2}-\\d+$' },
    { patternProperties: { '^x-': { type: 'string' } } },
  ])('may be %j', async (schema) => {
    expect(await schemaProblem(schema)).toBeNull();
  });

  test.each<JsonSchema>([
    { type: 'objekt' },
    { properties: [] },
    { required: 'a' },
    { $schema: 'http://json-schema.org/draft-04/schema#' },
    { $ref: 'https://example.com/elsewhere.json' },
  ])('may not be %j', async (schema) => {
    expect(await schemaProblem(schema)).toMatch(/is not a JSON Schema/);
  });

  test.each<[JsonSchema, string, RegExp]>([
    [{ pattern: '(' }, '"("', /Unterminated group/],
    [{ pattern: '^(?=a)' }, '"^(?=a)"', /lookahead/],
    [{ items: { pattern: '(?<!a)b' } }, '"(?<!a)b"', /lookbehind/],
    [{ pattern: '(a)\\1' }, '"(a)\\\\1"', /backreferences/],
    [{ pattern: '(?<q>a)\\k<q>' }, 'q>', /backreferences/],
    [{ patternProperties: { '^(?!x)': true } }, '"^(?!x)"', /lookahead/],
    [{ pattern: 'a{2000}' }, '"a{2000}"', /maxLength/],
    [{ pattern: '(?:a{1000}){1000}' }, '"(?:a{1000}){1000}"', /add up to too much/],
    [{ pattern: '\\p{L}'.repeat(40) }, '\\\\p{L}', /too large/],
  ])('is refused for its pattern, which is named with the reason: %j', async (schema, pattern, reason) => {
    const problem = await schemaProblem(schema);
    expect(problem).toContain(pattern);
    expect(problem).toMatch(reason);
    expect(problem?.length).toBeLessThan(300);
  });

  // Ajv's own keyword: such a schema is checked by a promise that nobody waits for, so it refuses nothing, and its
  // rejection is one that nobody handles.
  test('may not be one that answers later', async () => {
    expect(await schemaProblem({ $async: true, type: 'object', required: ['x'] })).not.toBeNull();
  });

  test('may be nested as deeply as a request may', async () => {
    let nested: JsonSchema = { type: 'string' };
    for (let level = 0; level < 98; level += 1) nested = { items: nested };
    expect(await schemaProblem(nested)).toBeNull();
  });
});

describe('data is checked, whatever the schema makes of it', () => {
  test('a pattern for which backtracking takes longer than the universe will last', async () => {
    const evil = { pattern: '^(a+)+$' };
    await expect(check(evil, `${'a'.repeat(200_000)}!`)).rejects.toEqual(refusal('schema_mismatch'));
    await check(evil, 'a'.repeat(200_000));
    const keys = { patternProperties: { '^(?:[a-z]+)*!$': false } };
    await check(keys, { ['a'.repeat(200_000)]: 1 });
  });

  test('patterns that look alike are different patterns', async () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    await check(schema, { a: 'a', b: 'b' });
    await expect(check(schema, { a: 'a', b: 'a' })).rejects.toEqual(refusal('schema_mismatch'));
  });

  test('a format whose pattern backtracks', async () => {
    const url = { format: 'url' };
    await check(url, 'https://example.com/a?b=c');
    await expect(check(url, 'example')).rejects.toEqual(refusal('schema_mismatch'));
    await expect(check(url, `http://${'a:'.repeat(120_000)}`)).rejects.toEqual(refusal('schema_mismatch'));
  });

  test('references that double at each step', async () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `k${at}`,
        { allOf: [{ $ref: `#/$defs/k${at + 1}` }, { $ref: `#/$defs/k${at + 1}` }] },
      ]),
    );
    const schema = { $ref: '#/$defs/k0', $defs: { ...doubling, k60: { type: 'string' } } };
    expect(await schemaProblem(schema)).toMatch(/takes too long/);
    await expect(check(schema, 'x')).rejects.toEqual(tooExpensive);
    // What was ended leaves nothing behind.
    await check({ type: 'string' }, 'x');
  });

  test.each<JsonSchema>([
    { allOf: [{ $ref: '#' }] },
    { $dynamicAnchor: 'here', anyOf: [{ $dynamicRef: '#here' }] },
  ])('a schema that only refers to itself: %j', async (schema) => {
    await expect(check(schema, 'x')).rejects.toEqual(tooExpensive);
  });
});

describe('items that must be unique', () => {
  const unique = { uniqueItems: true };

  test.each([
    [[1, 2, 3]],
    [[1, '1', true, 'true', null, 'null', [1], '[1]', { a: 1 }, '{"a":1}']],
    [
      [
        [1, 2],
        [2, 1],
      ],
    ],
    [[{ a: 1 }, { a: 2 }, { b: 1 }, { a: 1, b: 1 }]],
    [[Number.POSITIVE_INFINITY, null, 'Infinity']],
    [['a', 'a\u0000', '']],
    [[{ 'a":1,"b': 2 }, { a: 1, b: 2 }]],
  ])('are so in %j', async (items) => {
    await check(unique, items);
  });

  test.each([
    [[1, 2, 1]],
    [[1, 1.0]],
    [[0, -0]],
    [
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
    ],
    [[[], []]],
    [[null, null]],
  ])('are not so in %j', async (items) => {
    await expect(check(unique, items)).rejects.toEqual(refusal('schema_mismatch'));
  });

  test('may be a hundred thousand', async () => {
    await check(
      unique,
      Array.from({ length: 100_000 }, (_, at) => ({ at })),
    );
  });

  test('need not be so where it is switched off', async () => {
    await check({ uniqueItems: false }, [1, 1]);
  });
});

test('a registered schema is compared with its example', async () => {
  const schema = JSON.stringify({ type: 'object', required: ['x'] });
  expect(await pool.register('ten_1', schema, '{"x":1}')).toEqual([]);
  expect(await pool.register('ten_1', schema, '{}')).toEqual([{ path: 'x', message: 'is required' }]);
});
