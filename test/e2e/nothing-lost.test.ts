/** An event that was answered with 202 is delivered, whichever process is killed meanwhile. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type OwnTemporal, ownTemporal } from '../helpers/own-servers.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});

async function subscribe(call: TestProcess['call'], url: string, more: object = {}): Promise<string> {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Survivor' });
  await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url, ...more });
  return tenant.id;
}

test('kill -9 in the middle of 300 emits, and again during the POSTs: every accepted event arrives', async () => {
  const taskQueue = `test-${randomUUID()}`;
  const receiver = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), 20));
  let tidings = await startProcess('serve', { databaseUrl: database.url, taskQueue });
  const tenant = await subscribe(tidings.call, receiver.url, {
    timeout_ms: 5000,
    retry_schedule: [1, 1, 1, 1],
  });

  const accepted: string[] = [];
  const emitOne = async (n: number) => {
    const answer = await tidings
      .call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: { n } })
      .catch(() => null);
    if (answer?.status === 202) accepted.push(answer.body.id);
  };
  const emitAll = async () => {
    for (let n = 0; n < 300; n += 10) await Promise.all(Array.from({ length: 10 }, (_, i) => emitOne(n + i)));
  };
  const emitting = emitAll();
  while (accepted.length < 120) await sleep(5);
  await tidings.kill();
  await emitting;
  expect(accepted.length).toBeGreaterThanOrEqual(120);

  tidings = await startProcess('serve', { databaseUrl: database.url, taskQueue });
  // The rest of the deliveries are under way when it is killed once more.
  await sleep(1500);
  await tidings.kill();
  tidings = await startProcess('serve', { databaseUrl: database.url, taskQueue });

  const arrived = () => new Set(receiver.received.map((request) => request.headers['webhook-id']));
  const deadline = Date.now() + 120_000;
  while (accepted.some((id) => !arrived().has(id)) && Date.now() < deadline) await sleep(200);
  expect(accepted.filter((id) => !arrived().has(id))).toEqual([]);
  // A duplicate can happen around a crash only, and there were two.
  const times = (id: string) =>
    receiver.received.filter((request) => request.headers['webhook-id'] === id).length;
  expect(Math.max(...accepted.map(times))).toBeLessThanOrEqual(3);
  expect(await tidings.stop()).toBe(0);
  await receiver.close();
}, 240_000);

test.each([{ schedule: [1] }, { schedule: [] }])(
  'kill -9 during a POST: the lost attempt is logged as unknown and the delivery goes on ($schedule)',
  async ({ schedule }) => {
    const taskQueue = `test-${randomUUID()}`;
    // The first request is never answered; it dies with the sender.
    const receiver = await startReceiver(() => {}, 200);
    let tidings = await startProcess('serve', { databaseUrl: database.url, taskQueue });
    const tenant = await subscribe(tidings.call, receiver.url, {
      timeout_ms: 60_000,
      retry_schedule: schedule,
    });
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });
    await receiver.until(1);
    await tidings.kill();
    tidings = await startProcess('serve', { databaseUrl: database.url, taskQueue });
    await receiver.until(2, 90_000);
    const deadline = Date.now() + 20_000;
    let log: any;
    do {
      await sleep(200);
      log = (await tidings.call('GET', `/v1/deliveries/${body.deliveries[0].id}`)).body;
    } while (log.status !== 'succeeded' && Date.now() < deadline);
    expect(log.status).toBe('succeeded');
    expect(log.attempts.map((attempt: any) => attempt.error?.code ?? null)).toEqual([
      'outcome_unknown',
      null,
    ]);
    expect(new Set(receiver.received.map((request) => request.headers['webhook-id'])).size).toBe(1);
    await tidings.stop();
    await receiver.close();
  },
  150_000,
);

test('PostgreSQL drops every connection again and again: the process lives, and what was accepted arrives', async () => {
  const receiver = await startReceiver();
  const tidings = await startProcess('serve', {
    databaseUrl: database.url,
    taskQueue: `test-${randomUUID()}`,
  });
  const tenant = await subscribe(tidings.call, receiver.url, {
    timeout_ms: 5000,
    retry_schedule: [1, 1, 1, 1, 1],
  });
  const accepted: string[] = [];
  const statuses = new Set<number>();
  for (let n = 0; n < 200; n += 10) {
    const emits = Array.from({ length: 10 }, () =>
      tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: n }),
    );
    if (n % 40 === 0) {
      await database.db.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    }
    for (const answer of await Promise.all(emits)) {
      statuses.add(answer.status);
      if (answer.status === 202) accepted.push(answer.body.id);
    }
  }
  expect([...statuses].filter((status) => status !== 202 && status !== 503)).toEqual([]);
  expect(accepted.length).toBeGreaterThan(100);
  const arrived = () => new Set(receiver.received.map((request) => request.headers['webhook-id']));
  const deadline = Date.now() + 90_000;
  while (accepted.some((id) => !arrived().has(id)) && Date.now() < deadline) await sleep(200);
  expect(accepted.filter((id) => !arrived().has(id))).toEqual([]);
  expect(await tidings.stop()).toBe(0);
}, 150_000);

test('a workflow terminated by hand: its delivery still arrives', async () => {
  const receiver = await startReceiver(500, 200);
  const tidings = await startTestService({ TIDINGS_RECONCILE_AFTER_S: '1' }, { database });
  const tenant = await subscribe(tidings.call, receiver.url, { retry_schedule: [2] });
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });
  const [{ id }] = body.deliveries;
  const { workflow } = await tidings.settled(id, ['retrying']);
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  await new Client({ connection }).workflow.getHandle(workflow.id).terminate('by hand');
  await connection.close();
  const log = await tidings.settled(id);
  expect(log).toMatchObject({ status: 'succeeded', attempt_count: 2 });
  expect(log.workflow.id).not.toBe(workflow.id);
  await tidings.stop();
  await receiver.close();
});

describe('with a Temporal of its own', () => {
  let temporal: OwnTemporal;
  beforeEach(async () => {
    temporal = await ownTemporal();
  });

  test('Temporal away while emitting: every emit is answered 202, and delivered when it is back', async () => {
    const receiver = await startReceiver();
    const tidings = await startTestService({}, { database, temporalAddress: temporal.address });
    const tenant = await subscribe(tidings.call, receiver.url);
    await temporal.stop();
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      const answer = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: { n } });
      expect(answer.status).toBe(202);
      ids.push(answer.body.id);
      await sleep(100);
    }
    const deadline = Date.now() + 20_000;
    let ready: any;
    do ready = (await tidings.call('GET', '/readyz')).body;
    while (ready.temporal !== 'away' && Date.now() < deadline);
    expect(ready).toMatchObject({ ready: true, temporal: 'away' });
    await temporal.start();
    await receiver.until(20, 90_000);
    expect(new Set(receiver.received.map((request) => request.headers['webhook-id']))).toEqual(new Set(ids));
    await tidings.stop();
    await receiver.close();
  }, 150_000);

  test("Temporal's data lost altogether: what waited still arrives, and the log says where it comes from", async () => {
    const receiver = await startReceiver(500, 200);
    const env = { TIDINGS_RECONCILE_AFTER_S: '2' };
    const tidings = await startTestService(env, { database, temporalAddress: temporal.address });
    const tenant = await subscribe(tidings.call, receiver.url, { retry_schedule: [5] });
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });
    const [{ id }] = body.deliveries;
    await tidings.settled(id, ['retrying']);
    await temporal.stop();
    await temporal.forget();
    await temporal.start();
    const log = await tidings.settled(id, ['succeeded'], 90_000);
    expect(log).toMatchObject({ attempt_count: 2, log_source: 'archive' });
    expect(log.attempts.map((attempt: any) => attempt.response.status)).toEqual([500, 200]);
    await tidings.stop();
    await receiver.close();
  }, 150_000);
});
