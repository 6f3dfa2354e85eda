/**
 * Validation of an event: its type is known, its data fits the type, its size is within the limit, and its time is cut to
 * milliseconds, not rounded.
 */
import { checkEvents, type OwnType, parseTimestampMs } from '../../src/api/event-validation.ts';
import type { EmittedEvent } from '../../src/domain/event.ts';
import type { JsonSchema } from '../../src/domain/profile.ts';
import { profileNamed } from '../../src/profiles/index.ts';
import { startSchemaPool } from '../helpers/schema-pool.ts';

type Given = { profile?: string; type?: string; timestamp?: string; id?: string; path?: string };
type Limits = { ownTypes?: OwnType[]; maxBytes?: number };

const schemas = startSchemaPool();
afterAll(() => schemas.close());

async function check(
  dataText: string | undefined,
  given: Given = {},
  limits: Limits = {},
): Promise<EmittedEvent> {
  const input = {
    body: { type: given.type ?? 'a.b', timestamp: given.timestamp, id: given.id },
    path: given.path ?? '',
    dataText,
    hashed: dataText ?? '',
    profile: profileNamed(given.profile ?? 'standard-webhooks'),
    ownTypes: limits.ownTypes ?? [],
    maxBytes: limits.maxBytes ?? 1_000,
    nowMs: 1_700_000_000_123,
  };
  const [event] = await checkEvents([input], 'ten_1', schemas);
  return event as EmittedEvent;
}
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
  ])('%s is %s', async (text, expected) => {
    expect(new Date(parseTimestampMs(text)).toISOString()).toBe(expected);
    expect((await check('{}', { timestamp: text })).timestampMs).toBe(Date.parse(expected));
  });

  test.each(['9999-12-31T23:59:59-01:00', '0001-01-01T00:00:00+01:00', '0000-06-01T00:00:00Z'])(
    '%s lies outside the years of four digits, and is refused',
    async (text) => {
      await expect(check('{}', { timestamp: text })).rejects.toThrow(
        refusal('validation_failed', 'timestamp'),
      );
    },
  );

  test('that is not given is now', async () => {
    expect((await check('{}')).timestampMs).toBe(1_700_000_000_123);
  });
});

describe('data', () => {
  test('is kept as it was written, and so is the id', async () => {
    expect(await check('{"n": 1.0}', { id: 'my-id' })).toMatchObject({
      data: '{"n": 1.0}',
      id: 'my-id',
      type: 'a.b',
    });
  });

  test('has to be there', async () => {
    await expect(check(undefined)).rejects.toThrow(refusal('validation_failed', 'data'));
    await expect(check(undefined, { path: 'events.3.' })).rejects.toThrow(
      refusal('validation_failed', 'events.3.data'),
    );
  });

  test.each([
    { dataText: '"12345678"', maxBytes: 10, fits: true },
    { dataText: '"123456789"', maxBytes: 10, fits: false },
    { dataText: '"éééé"', maxBytes: 10, fits: true },
    { dataText: '"ééééé"', maxBytes: 10, fits: false },
  ])('of $dataText fits into $maxBytes bytes: $fits', async ({ dataText, maxBytes, fits }) => {
    const attempt = () => check(dataText, {}, { maxBytes });
    if (fits) expect(await attempt()).toMatchObject({ data: dataText });
    else await expect(attempt()).rejects.toThrow(refusal('payload_too_large'));
  });

  test('written differently is another request, written the same is the same', async () => {
    expect((await check('{"n":1}')).requestHash).toEqual((await check('{"n":1}')).requestHash);
    expect((await check('{"n":1}')).requestHash).not.toEqual((await check('{"n": 1}')).requestHash);
  });
});

describe('an event type', () => {
  test('that nobody has registered is fine for the default profile, and goes unchecked', async () => {
    expect((await check('[1,"anything"]', { type: 'never.heard_of' })).type).toBe('never.heard_of');
  });

  test('that a product does not have is refused, and those that it has are named', async () => {
    await expect(check('{}', { profile: 'leah', type: 'NOPE' })).rejects.toThrow(
      refusal('unknown_event_type', 'type'),
    );
    await expect(check('{}', { profile: 'leah', type: 'NOPE' })).rejects.toThrow(/USER_REGISTERED/);
    await expect(check('{}', { profile: 'leah', type: 'NOPE', path: 'events.0.' })).rejects.toThrow(
      refusal('unknown_event_type', 'events.0.type'),
    );
  });

  test("of the tenant's own joins the catalogue", async () => {
    const ownTypes = [ownType({ type: 'object', required: ['x'] })];
    expect((await check('{"x":1}', { profile: 'leah', type: 'own.type' }, { ownTypes })).data).toBe(
      '{"x":1}',
    );
    await expect(check('{}', { profile: 'leah', type: 'own.type' }, { ownTypes })).rejects.toThrow(
      refusal('schema_mismatch', 'data.x'),
    );
  });

  test("of the tenant's own can change its schema", async () => {
    const strict = [ownType({ type: 'object', required: ['x'] })];
    const loose = [ownType({ type: 'object' })];
    await expect(check('{}', { type: 'own.type' }, { ownTypes: strict })).rejects.toThrow(
      refusal('schema_mismatch'),
    );
    expect((await check('{}', { type: 'own.type' }, { ownTypes: loose })).data).toBe('{}');
  });

  test("of the tenant's own can change its schema and keep its $id", async () => {
    const withId = (required: string[]) => [
      ownType({ $id: 'https://example.com/own.json', type: 'object', required }),
    ];
    expect((await check('{"x":1}', { type: 'own.type' }, { ownTypes: withId(['x']) })).data).toBe('{"x":1}');
    expect((await check('{"y":1}', { type: 'own.type' }, { ownTypes: withId(['y']) })).data).toBe('{"y":1}');
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
  ])('is refused, and $expected named: $data', async ({ data, path, expected }) => {
    await expect(check(data, { type: 'own.type', path }, { ownTypes: [ownType(schema)] })).rejects.toThrow(
      refusal('schema_mismatch', ...expected),
    );
  });
});
