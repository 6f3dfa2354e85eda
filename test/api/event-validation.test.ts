/** What makes an event acceptable: a known type, data that fits it, a size, and a time that is cut, not rounded. */
import {
  checkEvents,
  exampleProblem,
  type OwnType,
  parseTimestampMs,
} from '../../src/api/event-validation.ts';
import type { EmittedEvent } from '../../src/domain/event.ts';
import type { JsonSchema } from '../../src/domain/profile.ts';
import { profileNamed } from '../../src/profiles/index.ts';

type Given = { profile?: string; type?: string; timestamp?: string; id?: string; path?: string };
type Limits = { ownTypes?: OwnType[]; maxBytes?: number };

const check = (dataText: string | undefined, given: Given = {}, limits: Limits = {}) =>
  checkEvents([
    {
      body: { type: given.type ?? 'a.b', timestamp: given.timestamp, id: given.id },
      path: given.path ?? '',
      dataText,
      data: dataText === undefined ? undefined : JSON.parse(dataText),
      hashed: dataText ?? '',
      profile: profileNamed(given.profile ?? 'standard-webhooks'),
      ownTypes: limits.ownTypes ?? [],
      maxBytes: limits.maxBytes ?? 1_000,
      nowMs: 1_700_000_000_123,
    },
  ])[0] as EmittedEvent;
const refusal = (code: string, ...paths: string[]) =>
  expect.objectContaining({
    code,
    ...(paths.length > 0 && { fieldErrors: paths.map((path) => expect.objectContaining({ path })) }),
  });
const ownType = (schema: JsonSchema): OwnType => ({
  name: 'own.type',
  schemaText: JSON.stringify(schema),
});

describe('a timestamp', () => {
  test.each([
    ['2024-05-01T09:00:00Z', '2024-05-01T09:00:00.000Z'],
    ['2024-05-01T11:00:00+02:00', '2024-05-01T09:00:00.000Z'],
    ['2024-05-01T03:30:00-05:30', '2024-05-01T09:00:00.000Z'],
    ['2024-01-01T00:00:00+14:00', '2023-12-31T10:00:00.000Z'],
    ['2024-05-01T09:00:00.5Z', '2024-05-01T09:00:00.500Z'],
    ['2024-05-01T09:00:00.123Z', '2024-05-01T09:00:00.123Z'],
    ['2024-05-01T09:00:00.1239Z', '2024-05-01T09:00:00.123Z'],
    ['2024-05-01T09:00:00.999999999Z', '2024-05-01T09:00:00.999Z'],
    ['2024-12-31T23:59:59.9999+00:00', '2024-12-31T23:59:59.999Z'],
    ['1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, expected) => {
    expect(new Date(parseTimestampMs(text)).toISOString()).toBe(expected);
    expect(check('{}', { timestamp: text }).timestampMs).toBe(Date.parse(expected));
  });

  test.each(['9999-12-31T23:59:59-01:00', '0001-01-01T00:00:00+01:00', '0000-06-01T00:00:00Z'])(
    '%s lies outside the years of four digits, and is refused',
    (text) => {
      expect(() => check('{}', { timestamp: text })).toThrow(refusal('validation_failed', 'timestamp'));
    },
  );

  test('that is not given is now', () => {
    expect(check('{}').timestampMs).toBe(1_700_000_000_123);
  });
});

describe('data', () => {
  test('is kept as it was written, and so is the id', () => {
    expect(check('{"n": 1.0}', { id: 'my-id' })).toMatchObject({
      data: '{"n": 1.0}',
      id: 'my-id',
      type: 'a.b',
    });
  });

  test('has to be there', () => {
    expect(() => check(undefined)).toThrow(refusal('validation_failed', 'data'));
    expect(() => check(undefined, { path: 'events.3.' })).toThrow(
      refusal('validation_failed', 'events.3.data'),
    );
  });

  test.each([
    { dataText: '"12345678"', maxBytes: 10, fits: true },
    { dataText: '"123456789"', maxBytes: 10, fits: false },
    { dataText: '"éééé"', maxBytes: 10, fits: true },
    { dataText: '"ééééé"', maxBytes: 10, fits: false },
  ])('of $dataText fits into $maxBytes bytes: $fits', ({ dataText, maxBytes, fits }) => {
    const attempt = () => check(dataText, {}, { maxBytes });
    if (fits) expect(attempt()).toMatchObject({ data: dataText });
    else expect(attempt).toThrow(refusal('payload_too_large'));
  });

  test('written differently is another request, written the same is the same', () => {
    expect(check('{"n":1}').requestHash).toEqual(check('{"n":1}').requestHash);
    expect(check('{"n":1}').requestHash).not.toEqual(check('{"n": 1}').requestHash);
  });
});

describe('an event type', () => {
  test('that nobody has registered is fine for the default profile, and goes unchecked', () => {
    expect(check('[1,"anything"]', { type: 'never.heard_of' }).type).toBe('never.heard_of');
  });

  test('that a product does not have is refused, and those that it has are named', () => {
    expect(() => check('{}', { profile: 'leah', type: 'NOPE' })).toThrow(
      refusal('unknown_event_type', 'type'),
    );
    expect(() => check('{}', { profile: 'leah', type: 'NOPE' })).toThrow(/USER_REGISTERED/);
    expect(() => check('{}', { profile: 'leah', type: 'NOPE', path: 'events.0.' })).toThrow(
      refusal('unknown_event_type', 'events.0.type'),
    );
  });

  test("of the tenant's own joins the catalogue", () => {
    const ownTypes = [ownType({ type: 'object', required: ['x'] })];
    expect(check('{"x":1}', { profile: 'leah', type: 'own.type' }, { ownTypes }).data).toBe('{"x":1}');
    expect(() => check('{}', { profile: 'leah', type: 'own.type' }, { ownTypes })).toThrow(
      refusal('schema_mismatch', 'data.x'),
    );
  });

  test("of the tenant's own can change its schema", () => {
    const strict = [ownType({ type: 'object', required: ['x'] })];
    const loose = [ownType({ type: 'object' })];
    expect(() => check('{}', { type: 'own.type' }, { ownTypes: strict })).toThrow(refusal('schema_mismatch'));
    expect(check('{}', { type: 'own.type' }, { ownTypes: loose }).data).toBe('{}');
  });

  test("of the tenant's own can change its schema and keep its $id", () => {
    const withId = (required: string[]) => [
      ownType({ $id: 'https://example.com/own.json', type: 'object', required }),
    ];
    expect(check('{"x":1}', { type: 'own.type' }, { ownTypes: withId(['x']) }).data).toBe('{"x":1}');
    expect(check('{"y":1}', { type: 'own.type' }, { ownTypes: withId(['y']) }).data).toBe('{"y":1}');
  });
});

describe('data that does not match its type', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      user: {
        type: 'object',
        properties: { email: { type: 'string', format: 'email' } },
        required: ['email'],
      },
      scores: { type: 'array', items: { type: 'integer', maximum: 100 } },
    },
  };
  test.each([
    { data: '{"user":{"email":7}}', path: '', expected: ['data.user.email'] },
    { data: '{"user":{"email":"nobody"}}', path: '', expected: ['data.user.email'] },
    { data: '{"user":{}}', path: '', expected: ['data.user.email'] },
    { data: '{"scores":[1,2,101]}', path: '', expected: ['data.scores.2'] },
    {
      data: '{"scores":["a","b"]}',
      path: 'events.7.',
      expected: ['events.7.data.scores.0', 'events.7.data.scores.1'],
    },
    { data: '[]', path: '', expected: ['data'] },
  ])('is refused, and $expected named: $data', ({ data, path, expected }) => {
    expect(() => check(data, { type: 'own.type', path }, { ownTypes: [ownType(schema)] })).toThrow(
      refusal('schema_mismatch', ...expected),
    );
  });
});

test('a registered schema is compared with its example', () => {
  const schema = { type: 'object', required: ['x'] };
  expect(exampleProblem(schema, { x: 1 })).toBeNull();
  expect(exampleProblem(schema, {})).toBe('example.x is required');
});
