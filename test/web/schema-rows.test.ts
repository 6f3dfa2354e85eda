/** The rows of a schema's table: what a reader of the catalogue sees of a JSON Schema. */
import { schemaRows } from '../../web/src/pages/event-types/schema-rows.ts';

const brief = (schema: Record<string, unknown>) =>
  schemaRows(schema).rows.map(
    ({ name, depth, type, isRequired, variant, rules }) =>
      `${'  '.repeat(depth)}${name ?? variant ?? '[]'}${isRequired ? '!' : ''} ${type}${rules
        .map((rule) => ` ${rule.kind}${'value' in rule ? `=${rule.value}` : ''}`)
        .join('')}`,
  );

test('fields stand below the field that holds them, with what must be there and the bounds', () => {
  const schema = {
    type: 'object',
    required: ['user'],
    properties: {
      user: {
        type: 'object',
        required: ['email'],
        additionalProperties: false,
        properties: {
          email: { type: 'string', format: 'email', maxLength: 200 },
          level: { enum: ['A1', 'B2', null] },
        },
      },
      scores: { type: 'array', minItems: 1, items: { type: ['number', 'null'], minimum: 0, maximum: 100 } },
      tags: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    },
  };
  expect(brief(schema)).toEqual([
    'user! object closed',
    '  email! string maxLength=200 format=email',
    '  level  enum="A1", "B2", null',
    'scores array of number | null minItems=1',
    '  [] number | null min=0 max=100',
    'tags array of object',
    '  [] object',
    '    name string',
  ]);
});

test('references are followed, and a circle ends', () => {
  const schema = {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: {
          value: { type: 'integer' },
          next: { $ref: '#/$defs/node' },
          gone: { $ref: '#/$defs/none' },
        },
      },
    },
  };
  expect(brief(schema)).toEqual(['value integer', 'next  recursive', 'gone  recursive']);
});

test('shapes of which one is meant stand as such', () => {
  expect(brief({ oneOf: [{ type: 'object', properties: { a: true } }, { type: 'string' }] })).toEqual([
    'one object',
    '  a ',
    'one string',
  ]);
});

test.each([
  ['nothing', {}],
  ['what is no schema', { properties: 7, items: 'x', required: {}, oneOf: 3, enum: 'a', $ref: 4 }],
])('%s has no rows', (_, schema) => expect(schemaRows(schema)).toEqual({ rows: [], isCut: false }));

test('a schema that is too deep or too wide is cut, and says so', () => {
  const deep = Array.from({ length: 50 }).reduce<Record<string, unknown>>(
    (inner) => ({ type: 'object', properties: { inner } }),
    {},
  );
  expect(schemaRows(deep)).toMatchObject({ isCut: true });
  const wide = { properties: Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`f${at}`, {}])) };
  const { rows, isCut } = schemaRows(wide);
  expect([rows.length, isCut]).toEqual([1_000, true]);
});
