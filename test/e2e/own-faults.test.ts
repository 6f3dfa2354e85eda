/**
 * Deliveries that cannot be sent because of a fault in Tidings use up their schedule, are reported to the operator, and can be
 * retried when the cause is mended.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';

const keys = (...bytes: number[]) =>
  bytes.map((byte) => `key${byte}:${Buffer.alloc(32, byte).toString('base64')}`).join(',');

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});

const taskQueue = () => `test-${randomUUID()}`;
const start = (queue: string, ring: string) =>
  startProcess('serve', {
    databaseUrl: database.url,
    taskQueue: queue,
    TIDINGS_ENCRYPTION_KEYS: ring,
    TIDINGS_RECONCILE_AFTER_S: '2',
    TIDINGS_NOTICE_INTERVAL_S: '1',
    TIDINGS_LOG_LEVEL: 'info',
  });

async function deliveryOf(tidings: TestProcess, id: string, statuses: string[]) {
  return eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body,
    ({ status }) => statuses.includes(status),
    30_000,
  );
}

const emit = async (tidings: TestProcess, base: string) =>
  (await tidings.call('POST', `${base}/events`, { type: 'a.b', data: { n: 1 } })).body.deliveries.map(
    (delivery: any) => delivery.id as string,
  ) as string[];

test('a key is dropped from the ring and put back', async () => {
  const receiver = await startReceiver();
  const queue = taskQueue();
  let tidings = await start(queue, keys(1));
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Locked out' });
  const base = `/v1/tenants/${tenant.id}`;
  const endpoint = async (url: string, more: object = {}) =>
    (await tidings.call('POST', `${base}/endpoints`, { url, ...more })).body.id as string;
  const locked = await endpoint(`${receiver.url}/locked?token=abcdefgh`, { retry_schedule: [0.1] });
  const deleted = await endpoint(`${receiver.url}/deleted`, { retry_schedule: [1_000] });
  await tidings.stop();

  tidings = await start(queue, keys(2));
  const open = await endpoint(`${receiver.url}/open`);
  const since = new Date(Date.now() - 60_000).toISOString();
  const ids = await emit(tidings, base);
  const logs = await Promise.all(
    ids.map((id) => deliveryOf(tidings, id, ['succeeded', 'failed', 'retrying'])),
  );
  const of = (endpointId: string) => logs.find((log) => log.endpoint_id === endpointId);
  expect(of(open).status).toBe('succeeded');
  const failed = await deliveryOf(tidings, of(locked).id, ['failed']);
  expect(failed).toMatchObject({ last_error: 'secret_unreadable', attempt_count: 2, next_actions: [] });
  for (const attempt of failed.attempts)
    expect(attempt).toMatchObject({ request: null, response: null, error: { code: 'secret_unreadable' } });
  // Two attempts each, and one word to the operator; the endpoint has no part in it.
  const { body: said } = await tidings.call('GET', '/v1/operational-events');
  const unsendable = said.items.filter((item: any) => item.type === 'delivery.unsendable');
  expect(unsendable.map((item: any) => [item.endpoint_id, item.data.reason]).sort()).toEqual(
    [
      [deleted, 'secret_unreadable'],
      [locked, 'secret_unreadable'],
    ].sort(),
  );
  expect(said.items.map((item: any) => item.type)).toContain('delivery.exhausted');
  expect((await tidings.call('GET', '/metrics')).text).toMatch(
    /tidings_attempts_total\{outcome="secret_unreadable"\} 3/,
  );
  expect(tidings.log.filter((line) => line.includes(failed.id) && line.includes('"error"')).length).toBe(2);
  const { body: list } = await tidings.call('GET', `${base}/endpoints`);
  expect(list.items).toHaveLength(3);
  expect(list.items.find((item: any) => item.id === locked)).toMatchObject({
    problem: 'secret_unreadable',
    auth: { type: null },
    consecutive_failures: 0,
    url: `${receiver.url}/locked?token=••••`,
  });
  for (const [method, path, body] of [
    ['POST', `/v1/deliveries/${failed.id}/retry`],
    ['GET', `/v1/deliveries/${failed.id}/curl`],
    ['GET', `${base}/endpoints/${locked}/secret`],
    ['GET', `${base}/endpoints/${locked}?reveal=true`],
    ['POST', `${base}/endpoints/${locked}/secret/rotate`, {}],
    ['PATCH', `${base}/endpoints/${locked}`, { url: receiver.url }],
  ] as const) {
    const answer = await tidings.call(method, path, body);
    expect([path, answer.status, answer.body.code]).toEqual([path, 409, 'secret_unreadable']);
  }
  // What is not sealed can be changed, and what is sealed stays as it is.
  for (const enabled of [false, true])
    expect((await tidings.call('PATCH', `${base}/endpoints/${locked}`, { enabled })).status).toBe(200);
  expect((await tidings.call('DELETE', `${base}/endpoints/${deleted}`)).status).toBe(204);
  expect(await deliveryOf(tidings, of(deleted).id, ['failed'])).toMatchObject({
    last_error: 'endpoint_deleted',
  });
  await tidings.stop();

  tidings = await start(queue, keys(2, 1));
  const { status, body } = await tidings.call('POST', `${base}/endpoints/${locked}/recover`, { since });
  expect([status, body.matched]).toEqual([202, 1]);
  expect(await deliveryOf(tidings, failed.id, ['succeeded'])).toMatchObject({ attempt_count: 3 });
  expect(receiver.received.map(({ path }) => path).sort()).toEqual([
    '/hook/locked?token=abcdefgh',
    '/hook/open',
  ]);
  await tidings.stop();
}, 180_000);

test('a profile that this version does not know', async () => {
  const receiver = await startReceiver();
  const tidings = await start(taskQueue(), keys(1));
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Of tomorrow' });
  const base = `/v1/tenants/${tenant.id}`;
  await tidings.call('POST', `${base}/endpoints`, { url: receiver.url, retry_schedule: [1, 600] });
  receiver.answer(500, 200);
  const [id = ''] = await emit(tidings, base);
  await deliveryOf(tidings, id, ['retrying']);
  await database.db.query(`update tenants set profile = 'of-tomorrow' where id = $1`, [tenant.id]);
  const log = await eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body,
    ({ attempt_count: count }) => count === 2,
  );
  expect(log).toMatchObject({ status: 'retrying', last_error: 'profile_unknown', next_actions: [] });
  const answer = await tidings.call('POST', `${base}/events`, { type: 'a.b', data: {} });
  expect([answer.status, answer.body.code]).toEqual([409, 'profile_unknown']);
  await database.db.query(`update tenants set profile = 'standard-webhooks' where id = $1`, [tenant.id]);
  await tidings.call('POST', `/v1/deliveries/${id}/retry`);
  expect(await deliveryOf(tidings, id, ['succeeded'])).toMatchObject({ attempt_count: 3 });
  await tidings.stop();
}, 60_000);

test('a tenant that is erased while its deliveries wait leaves nothing that goes round, over restarts', async () => {
  const receiver = await startReceiver(500);
  const queue = taskQueue();
  let tidings = await start(queue, keys(1));
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Gone' });
  const base = `/v1/tenants/${tenant.id}`;
  await tidings.call('POST', `${base}/endpoints`, { url: receiver.url, retry_schedule: [3, 3, 3] });
  const ids = (await Promise.all([1, 2, 3].map(() => emit(tidings, base)))).flat();
  for (const id of ids) await deliveryOf(tidings, id, ['retrying']);
  await tidings.call('POST', `${base}/erase`);
  for (const id of ids) await deliveryOf(tidings, id, ['cancelled', 'failed']);
  await sleep(4_000);
  await tidings.stop();
  tidings = await start(queue, keys(1));
  await sleep(8_000);
  const complaints = tidings.log.filter(
    (line) => /"level":"(warn|error)"/.test(line) && !line.includes('No workflows registered'),
  );
  expect(complaints).toEqual([]);
  await tidings.stop();
}, 90_000);
