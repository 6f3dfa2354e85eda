/** A tenant's JSON Schema is a program by a stranger: it is refused, or it runs and ends. */
import { checkBounded, checkData, schemaProblem, tenantValidator } from '../../src/api/json-schema.ts';
import type { JsonSchema } from '../../src/domain/profile.ts';

const refusal = (code: string) => expect.objectContaining({ code, status: 422 });
const check = (schema: JsonSchema, data: unknown) =>
  checkData(tenantValidator(JSON.stringify(schema)), data, 'data');
/** For schemas of which no check would end. */
const checkWithin = (schema: JsonSchema, data: unknown) => checkBounded(0, () => check(schema, data));

describe('a schema that somebody registers', () => {
  test.each<JsonSchema>([
    {},
    { type: 'object' },
    { type: 'object', properties: { a: { $ref: '#' } } },
    { 'x-note': 'mine' },
    { $schema: 'https://json-schema.org/draft/2020-12/schema' },
    { pattern: '^[A-Z]{2}-\\d+$' },
    { patternProperties: { '^x-': { type: 'string' } } },
  ])('may be %j', (schema) => {
    expect(schemaProblem(schema)).toBeNull();
  });

  test.each<JsonSchema>([
    { type: 'objekt' },
    { properties: [] },
    { required: 'a' },
    { $schema: 'http://json-schema.org/draft-04/schema#' },
    { $ref: 'https://example.com/elsewhere.json' },
  ])('may not be %j', (schema) => {
    expect(schemaProblem(schema)).toMatch(/is not a JSON Schema/);
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
  ])('is refused for its pattern, which is named with the reason: %j', (schema, pattern, reason) => {
    const problem = schemaProblem(schema);
    expect(problem).toContain(pattern);
    expect(problem).toMatch(reason);
    expect(problem?.length).toBeLessThan(300);
  });

  // Ajv's own keyword: such a schema is checked by a promise that nobody waits for, so it refuses nothing, and its
  // rejection is one that nobody handles.
  test('may not be one that answers later', () => {
    expect(schemaProblem({ $async: true, type: 'object', required: ['x'] })).not.toBeNull();
  });

  test('may not be longer than 64 KiB', () => {
    const schema = (length: number) => ({ description: 'é'.repeat(length / 2) });
    expect(schemaProblem(schema(64 * 1024 - 20))).toBeNull();
    expect(schemaProblem(schema(64 * 1024))).toMatch(/65536 bytes/);
  });

  test('may be nested as deeply as a request may', () => {
    let nested: JsonSchema = { type: 'string' };
    for (let level = 0; level < 98; level += 1) nested = { items: nested };
    expect(schemaProblem(nested)).toBeNull();
  });
});

describe('data is checked, whatever the schema makes of it', () => {
  test('a pattern for which backtracking takes longer than the universe will last', () => {
    const evil = { pattern: '^(a+)+$' };
    expect(() => check(evil, `${'a'.repeat(200_000)}!`)).toThrow(refusal('schema_mismatch'));
    check(evil, 'a'.repeat(200_000));
    const keys = { patternProperties: { '^(?:[a-z]+)*!$': false } };
    check(keys, { ['a'.repeat(200_000)]: 1 });
  });

  test('patterns that look alike are different patterns', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    check(schema, { a: 'a', b: 'b' });
    expect(() => check(schema, { a: 'a', b: 'a' })).toThrow(refusal('schema_mismatch'));
  });

  test('a format whose pattern backtracks', () => {
    const url = { format: 'url' };
    check(url, 'https://example.com/a?b=c');
    expect(() => check(url, 'example')).toThrow(refusal('schema_mismatch'));
    expect(() => check(url, `http://${'a:'.repeat(120_000)}`)).toThrow(refusal('schema_mismatch'));
  });

  test('references that double at each step', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `k${at}`,
        { allOf: [{ $ref: `#/$defs/k${at + 1}` }, { $ref: `#/$defs/k${at + 1}` }] },
      ]),
    );
    const schema = { $ref: '#/$defs/k0', $defs: { ...doubling, k60: { type: 'string' } } };
    expect(schemaProblem(schema)).toBeNull();
    expect(() => checkWithin(schema, 'x')).toThrow(refusal('limit_reached'));
    // What was ended leaves nothing behind.
    check({ type: 'string' }, 'x');
  });

  test.each<JsonSchema>([
    { allOf: [{ $ref: '#' }] },
    { $dynamicAnchor: 'here', anyOf: [{ $dynamicRef: '#here' }] },
  ])('a schema that only refers to itself: %j', (schema) => {
    expect(() => checkWithin(schema, 'x')).toThrow(refusal('limit_reached'));
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
  ])('are so in %j', (items) => {
    check(unique, items);
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
  ])('are not so in %j', (items) => {
    expect(() => check(unique, items)).toThrow(refusal('schema_mismatch'));
  });

  test('may be a hundred thousand', () => {
    check(
      unique,
      Array.from({ length: 100_000 }, (_, at) => ({ at })),
    );
  });

  test('need not be so where it is switched off', () => {
    check({ uniqueItems: false }, [1, 1]);
  });
});
