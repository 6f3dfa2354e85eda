/** Metrics over time: what was attempted is in the series within seconds, empty intervals are zeros, and bad ranges are refused. */
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let tenant: string;
beforeAll(async () => {
  tidings = await startTestService();
  const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Measured', external_id: 'measured' });
  tenant = body.id;
  for (const receiver of [await startReceiver(), await startReceiver(503)]) {
    const url = receiver.url;
    await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url, retry_schedule: [] });
  }
  for (const type of ['order.paid', 'order.paid', 'order.sent']) {
    const event = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type, data: {} });
    for (const { id } of event.body.deliveries) await tidings.settled(id);
  }
});
afterAll(() => tidings?.stop());

const metrics = (query = '') => tidings.call('GET', `/v1/tenants/${tenant}/metrics${query}`);
const counted = () =>
  eventually(
    () => metrics(),
    ({ body: { totals } }) => totals?.attempts.succeeded >= 3 && totals.attempts.failed >= 3,
  );

test('attempts and deliveries are counted by outcome, type, code and status, with percentiles', async () => {
  const { status, body } = await counted();
  expect(status).toBe(200);
  expect(body.totals).toEqual({
    attempts: { succeeded: 3, failed: 3 },
    deliveries: { succeeded: 3, failed: 3 },
    first_success_ms: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    attempt_duration_ms: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
  });
  expect(body.by_event_type).toEqual([
    { event_type: 'order.paid', attempts: 4, failed: 2 },
    { event_type: 'order.sent', attempts: 2, failed: 1 },
  ]);
  expect(body.by_error_code).toEqual([{ error_code: 'http_status', attempts: 3 }]);
  expect(body.by_response_status).toEqual([
    { response_status: 200, attempts: 3, failed: 0 },
    { response_status: 503, attempts: 3, failed: 3 },
  ]);
});

test('every interval of the range is there, and the empty ones are zeros', async () => {
  await counted();
  const { body } = await metrics();
  expect(body.interval).toBe('10m');
  expect(body.series).toHaveLength(145);
  expect(body.series[0]).toEqual({
    at: body.from,
    attempts: { succeeded: 0, failed: 0 },
    deliveries: { succeeded: 0, failed: 0 },
    first_success_ms: null,
    attempt_duration_ms: null,
  });
  const times = body.series.map(({ at }: any) => Date.parse(at));
  expect(times.every((at: number, n: number) => at === times[0] + n * 600_000)).toBe(true);
  const sum = body.series.reduce((total: number, { attempts }: any) => total + attempts.succeeded, 0);
  expect(sum).toBe(3);
});

test('the overview is of all tenants, and says which have the most and what waits', async () => {
  await counted();
  const { status, body } = await tidings.call('GET', '/v1/metrics/overview');
  expect(status).toBe(200);
  expect(body.totals.attempts).toEqual({ succeeded: 3, failed: 3 });
  const mine = {
    tenant_id: tenant,
    name: 'Measured',
    external_id: 'measured',
    deleted_at: null,
    attempts: 6,
    failed: 3,
  };
  expect(body.tenants_by_volume).toEqual([mine]);
  expect(body.tenants_by_failures).toEqual([mine]);
  expect(body.waiting).toEqual([]);
  expect(body.oldest_queued_s).toBe(0);
});

test('another tenant sees nothing of it', async () => {
  await counted();
  const { body: other } = await tidings.call('POST', '/v1/tenants', { name: 'Other' });
  const { body: key } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: other.id,
    scopes: ['read'],
  });
  const call = apiClient(tidings.url, key.key);
  expect((await call('GET', `/v1/tenants/${other.id}/metrics`)).body.totals.attempts).toEqual({
    succeeded: 0,
    failed: 0,
  });
  expect(await call('GET', `/v1/tenants/${tenant}/metrics`)).toMatchObject({ status: 404 });
  expect(await call('GET', '/v1/metrics/overview')).toMatchObject({ status: 403 });
});

describe('refused, with the field named:', () => {
  test.each([
    ['?interval=1s', 'interval'],
    ['?interval=', 'interval'],
    ['?interval=constructor', 'interval'],
    ['?interval=1m', 'interval'],
    ['?from=yesterday', 'from'],
    ['?from=2026-01-01', 'from'],
    ['?from=0001-01-01T00:00:00Z', 'from'],
    ['?from=9999-12-31T23:59:59Z', 'from'],
    ['?to=9999-12-31T23:59:59Z&from=2026-01-01T00:00:00Z', 'from'],
    ['?to=1970-01-01T00:00:00Z', 'from'],
    ['?from=%00', 'from'],
    ['?from=a&from=b', 'from'],
  ])('%s', async (query, path) => {
    for (const where of [`/v1/tenants/${tenant}/metrics`, '/v1/metrics/overview']) {
      const { status, body } = await tidings.call('GET', where + query);
      expect([where, status, body.code]).toEqual([where, 422, 'validation_failed']);
      expect(body.errors[0].path).toContain(path);
    }
  });
});
