/** Metrics and readiness probes tell operators the truth. */
import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { readSamples, type Sample, sampled } from '../helpers/exposition.ts';
import { ownTemporal } from '../helpers/own-servers.ts';
import { startProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

const samplesOf = async ({ call }: Pick<TestService, 'call'>) =>
  readSamples((await call('GET', '/metrics')).text);

async function tenantWith({ call }: TestService, ...endpoints: object[]): Promise<string[]> {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Watched' });
  const ids: string[] = [tenant.id];
  for (const endpoint of endpoints)
    ids.push((await call('POST', `/v1/tenants/${tenant.id}/endpoints`, endpoint)).body.id);
  return ids;
}

describe('the numbers', () => {
  let tidings: TestService;
  let wayToDatabase: TcpProxy;
  beforeAll(async () => {
    const database = await createTestDatabase();
    const { hostname: host, port } = new URL(database.url);
    wayToDatabase = await startTcpProxy({ host, port: Number(port) });
    const proxied = { ...database, url: wayToDatabase.through(database.url) };
    tidings = await startTestService({ TIDINGS_METRICS_PORT: '0' }, { database: proxied });
  });
  afterAll(() => tidings?.stop());

  test('an event that arrives, one that is retried and one that is given up are counted, and the page names nobody', async () => {
    const receiver = await startReceiver();
    const refusing = await startReceiver(500);
    const url = receiver.url;
    const [good] = await tenantWith(tidings, { url });
    const [waiting] = await tenantWith(tidings, { url: refusing.url, retry_schedule: [3600] });
    const [lost] = await tenantWith(tidings, { url: refusing.url, retry_schedule: [] });
    const [, disabled] = await tenantWith(tidings, { url, enabled: false });
    const id = 'the-very-same-event';
    for (const tenant of [good, waiting, lost]) {
      const path = `/v1/tenants/${tenant}/events`;
      const { body } = await tidings.call('POST', path, { type: 'a.b', data: {}, id });
      // The same once more is the same event.
      await tidings.call('POST', path, { type: 'a.b', data: {}, id });
      await tidings.settled(body.deliveries[0].id, ['succeeded', 'failed', 'retrying']);
    }
    await tidings.call('GET', `/v1/tenants/${good}/nothing-of-the-kind`);
    const samples = await eventually(
      () => samplesOf(tidings),
      (found) =>
        sampled(found, 'tidings_notices_total', { result: 'sent' }) === 1 &&
        sampled(found, 'tidings_deliveries', { status: 'retrying' }) === 1,
    );
    const value = (name: string, labels: Sample['labels'] = {}) => sampled(samples, name, labels);

    expect(value('tidings_events_accepted_total')).toBe(3);
    expect(value('tidings_deliveries_accepted_total')).toBe(3);
    expect(value('tidings_attempts_total', { outcome: 'succeeded' })).toBe(1);
    expect(value('tidings_attempts_total', { outcome: 'http_status' })).toBe(2);
    expect(value('tidings_attempts_total', { outcome: 'timeout' })).toBe(0);
    expect(value('tidings_attempt_duration_seconds_count')).toBe(3);
    expect(value('tidings_delivery_latency_seconds_count')).toBe(1);
    expect(value('tidings_delivery_latency_seconds_sum')).toBeGreaterThan(0);
    expect(value('tidings_dispatch_workflows_total')).toBe(3);
    expect(value('tidings_notices_total', { channel: 'log', result: 'sent' })).toBe(1);
    expect(value('tidings_deliveries', { status: 'pending' })).toBe(0);
    expect(value('tidings_deliveries', { status: 'held', held_reason: 'stalled' })).toBe(0);
    expect(value('tidings_deliveries', { status: 'succeeded' })).toBeUndefined();
    expect(value('tidings_endpoints', { state: 'enabled' })).toBe(1);
    expect(value('tidings_endpoints', { state: 'failing' })).toBe(2);
    expect(value('tidings_endpoints', { state: 'disabled' })).toBe(1);
    expect(value('tidings_queue_age_seconds')).toBe(0);
    const emits = { route: '/v1/tenants/:tenant/events', method: 'POST', status: '202' };
    expect(value('tidings_http_requests_total', emits)).toBe(6);
    expect(value('tidings_http_requests_total', { route: 'unknown', status: '404' })).toBe(1);
    expect(value('tidings_http_request_duration_seconds_count', { route: emits.route })).toBe(6);
    expect([
      value('tidings_database_up'),
      value('tidings_temporal_up'),
      value('tidings_worker_polling'),
    ]).toEqual([1, 1, 1]);
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);

    const { text } = await tidings.call('GET', '/metrics');
    const names = [good, waiting, lost, disabled, id, new URL(url).host];
    expect(names.filter((name) => text.includes(String(name)))).toEqual([]);
  });

  test('/metrics and the probes need no key, on the API and on the port of their own', async () => {
    for (const base of [tidings.url, tidings.service.monitoringUrl]) {
      const page = await fetch(`${base}/metrics`);
      expect([page.status, page.headers.get('content-type')]).toEqual([
        200,
        expect.stringContaining('0.0.4'),
      ]);
      expect(sampled(readSamples(await page.text()), 'tidings_database_up')).toBe(1);
      expect(await (await fetch(`${base}/healthz`)).json()).toMatchObject({ status: 'ok' });
      expect(await (await fetch(`${base}/readyz`)).json()).toEqual({
        ready: true,
        database: 'ok',
        temporal: 'ok',
        worker: 'ok',
      });
    }
    expect((await fetch(`${tidings.service.monitoringUrl}/v1/tenants`)).status).toBe(404);
  });

  test('the queue age is that of a delivery that is due; a delivery whose time has not come has none', async () => {
    const { db } = tidings.database;
    const [tenant, endpoint] = await tenantWith(tidings, { url: 'http://127.0.0.1:2/' });
    await db.query(
      `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
       values ($1, 'evt_old', 'evt_old', 'a.b', now(), '', 0, 0, '', false, now())`,
      [tenant],
    );
    // Leased, so that nobody takes them while they are looked at.
    await db.query(
      `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, leased_by, leased_until,
         next_attempt_at, created_at)
       select 'dlv_' || n, $1, 'evt_old', $2, 'a.b', false, 'pending', 'a test', now() + interval '1 hour', due,
         now() - interval '1 day'
       from (values (1, now() + interval '1 hour'), (2, now() - interval '90 seconds')) as d (n, due)`,
      [tenant, endpoint],
    );
    const age = await eventually(
      async () => sampled(await samplesOf(tidings), 'tidings_queue_age_seconds') ?? 0,
      (seconds) => seconds > 0,
    );
    expect(age).toBeGreaterThanOrEqual(90);
    expect(age).toBeLessThan(300);
    await db.query(`delete from deliveries where event_id = 'evt_old'`);
  });

  test('while the database is away, the page has no numbers from it, and says so; so does /readyz', async () => {
    await wayToDatabase.refuse();
    const away = await eventually(
      () => samplesOf(tidings),
      (found) => sampled(found, 'tidings_database_up') === 0,
    );
    expect(sampled(away, 'tidings_database_up')).toBe(0);
    for (const gauge of ['tidings_queue_age_seconds', 'tidings_deliveries', 'tidings_endpoints'])
      expect([gauge, sampled(away, gauge)]).toEqual([gauge, undefined]);
    const { status, body } = await tidings.call('GET', '/readyz');
    expect([status, body]).toEqual([503, { ready: false, database: 'away', temporal: 'ok', worker: 'ok' }]);
    expect((await tidings.call('GET', '/v1/tenants')).status).toBe(503);
    // The page is written anew after a moment.
    const counted = await eventually(
      () => samplesOf(tidings),
      (found) => sampled(found, 'tidings_storage_errors_total', { part: 'api' }) !== 0,
    );
    expect(sampled(counted, 'tidings_storage_errors_total', { part: 'api' })).toBe(1);

    await wayToDatabase.heal();
    const back = await eventually(
      () => samplesOf(tidings),
      (found) => sampled(found, 'tidings_queue_age_seconds') !== undefined,
    );
    expect(sampled(back, 'tidings_database_up')).toBe(1);
    expect((await tidings.call('GET', '/readyz')).status).toBe(200);
  });
});

test('a worker is ready while it polls; an API apart knows whether anybody polls, and knows when it cannot know', async () => {
  const temporal = await ownTemporal();
  // Only its address is needed at first.
  await temporal.stop();
  const settings = {
    databaseUrl: (await createTestDatabase()).url,
    taskQueue: `test-${randomUUID()}`,
    temporalAddress: temporal.address,
    TIDINGS_METRICS_PORT: '0',
  };
  const worker = await startProcess('worker', settings);
  const api = await startProcess('api', settings);
  const of = async (base: string) => {
    const response = await fetch(`${base}/readyz`);
    return [response.status, await response.json()] as [number, any];
  };
  const ofWorker = () => of(worker.monitoringUrl());
  const ofApi = () => of(api.url);
  const ready = { ready: true, database: 'ok', temporal: 'ok' };
  const temporalAway = { database: 'ok', temporal: 'away' };

  expect(await ofWorker()).toEqual([503, { ...temporalAway, ready: false, worker: 'away' }]);
  expect(await ofApi()).toEqual([200, { ...temporalAway, ready: true, worker: 'unknown' }]);

  await temporal.start();
  await eventually(ofWorker, ([status]) => status === 200, 40_000);
  expect(await ofWorker()).toEqual([200, { ...ready, worker: 'ok' }]);
  await eventually(ofApi, ([, body]) => body.worker === 'elsewhere');
  expect(await ofApi()).toEqual([200, { ...ready, worker: 'elsewhere' }]);

  await temporal.stop();
  await eventually(ofWorker, ([status]) => status === 503);
  expect(await ofWorker()).toEqual([503, { ...temporalAway, ready: false, worker: 'away' }]);
  await eventually(ofApi, ([, body]) => body.worker === 'unknown');
  expect(await ofApi()).toEqual([200, { ...temporalAway, ready: true, worker: 'unknown' }]);

  await temporal.start();
  await eventually(ofWorker, ([status]) => status === 200, 60_000);
  expect(await ofWorker()).toEqual([200, { ...ready, worker: 'ok' }]);
  expect(await worker.stop()).toBe(0);
  expect(await api.stop()).toBe(0);
}, 180_000);
