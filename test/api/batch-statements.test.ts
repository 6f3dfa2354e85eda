/** A batch makes as many database statements as one event does, however many of the tenant's own event types it names. */
import pg from 'pg';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService({}, { roles: { api: true, worker: false } });
});
afterAll(() => tidings?.stop());

/** What a round in the background asks at the same moment is one statement of a kind, or two. */
const AT_MOST = 2;
const MAX_BATCH = 500;

/** @returns how often each statement was sent to the database while `work` went on, and what it came to */
async function countingStatements<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; counts: Map<string, number> }> {
  const original = pg.Client.prototype.query;
  const counts = new Map<string, number>();
  pg.Client.prototype.query = function query(this: pg.Client, ...args: any[]) {
    const text = typeof args[0] === 'string' ? args[0] : args[0].text;
    counts.set(text, (counts.get(text) ?? 0) + 1);
    return (original as (...args: any[]) => any).apply(this, args);
  } as never;
  try {
    return { result: await work(), counts };
  } finally {
    pg.Client.prototype.query = original;
  }
}

async function tenantWithTypes(profile: string, count: number): Promise<string> {
  const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Many types', profile });
  await tidings.database.db.query(
    `insert into event_types select $1, 'own.type_' || n, '', '{"type":"object"}', '{}', now() from generate_series(1, $2) n`,
    [body.id, count],
  );
  return body.id;
}

const events = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ type: `own.type_${at + 1}`, data: { at } }));

async function emitBatch(tenant: string, count: number) {
  const { result, counts } = await countingStatements(() =>
    tidings.call('POST', `/v1/tenants/${tenant}/events/batch`, { events: events(count) }),
  );
  const often = [...counts].filter(([, times]) => times > AT_MOST);
  const lookUps = [...counts].filter(([text]) => /from event_types/.test(text));
  return { status: result.status, body: result.body, often, lookUps: lookUps.map(([, times]) => times) };
}

// Strict profiles know no types but these; the open one takes any.
test.each(['reading-steps', 'standard-webhooks'])(
  '%s: 500 events of 500 own types are looked up with one statement',
  async (profile) => {
    const tenant = await tenantWithTypes(profile, MAX_BATCH);
    const { status, often, lookUps } = await emitBatch(tenant, MAX_BATCH);
    expect([status, lookUps, often]).toEqual([202, [1], []]);
  },
);

test('event types that do not exist cost no more statements', async () => {
  const open = await tenantWithTypes('standard-webhooks', 0);
  expect(await emitBatch(open, MAX_BATCH)).toMatchObject({ status: 202, lookUps: [1], often: [] });
  const strict = await tenantWithTypes('reading-steps', 3);
  const refused = await emitBatch(strict, MAX_BATCH);
  expect(refused).toMatchObject({ status: 422, lookUps: [1], body: { code: 'unknown_event_type' } });
  expect(refused.body.errors[0].path).toBe('events.3.type');
});

test('emits of several tenants at one moment get the types of their own tenant', async () => {
  const tenants = await Promise.all([1, 2, 3].map((count) => tenantWithTypes('reading-steps', count)));
  const emit = (tenant: string) =>
    tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'own.type_2', data: {} });
  const answers = await Promise.all([...tenants, ...tenants].map(emit));
  expect(answers.map(({ status }) => status)).toEqual([422, 202, 202, 422, 202, 202]);
});
