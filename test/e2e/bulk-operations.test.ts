/**
 * Bulk operations retry or cancel all deliveries that a list's filter matches, with progress; a dry run says how many, and does
 * nothing.
 */
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

async function subscribe(...endpoints: object[]) {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Bulky' });
  const base = `/v1/tenants/${tenant.id}`;
  const ids: string[] = [];
  for (const endpoint of endpoints)
    ids.push((await tidings.call('POST', `${base}/endpoints`, { retry_schedule: [], ...endpoint })).body.id);
  const bulk = (what: 'retry' | 'cancel', filter: object, more: object = {}) =>
    tidings.call('POST', `${base}/deliveries/bulk-${what}`, { filter, ...more });
  const emit = async (count: number, type = 'a.b') => {
    const events = Array.from({ length: count }, (_, n) => ({ type, data: n }));
    return (await tidings.call('POST', `${base}/events/batch`, { events })).body.events as any[];
  };
  const counted = (query: string, count: number) =>
    eventually(
      async () => (await tidings.call('GET', `${base}/deliveries?limit=200&${query}`)).body.items as any[],
      (items) => items.length === count,
      40_000,
    );
  return { tenant: tenant.id as string, base, endpoints: ids, bulk, emit, counted };
}

const finished = (id: string) =>
  eventually(
    async () => (await tidings.call('GET', `/v1/operations/${id}`)).body,
    ({ status }) => status !== 'running',
    60_000,
  );
const operationsOf = async (tenant: string) =>
  (await tidings.database.db.query('select id from operations where tenant_id = $1', [tenant])).rows.length;
const DRY = { dry_run: true };

test('what a filter of the list matches is retried, and nothing else', async () => {
  const [broken, slow] = [await startReceiver(503), await startReceiver(500)];
  const { tenant, bulk, emit, counted, endpoints } = await subscribe({ url: broken.url }, { url: slow.url });
  await emit(3);
  const between = new Date((await counted('status=failed', 6))[0].created_at);
  await emit(2, 'c.d');
  await counted('status=failed', 10);
  for (const receiver of [broken, slow]) receiver.answer(200);

  const matches: [object, number][] = [
    [{}, 10],
    [{ status: 'failed', response_status: 503 }, 5],
    [{ response_status: 418 }, 0],
    [{ endpoint_id: endpoints[1], event_type: 'c.d' }, 2],
    [{ after: between.toISOString() }, 4],
    [{ before: new Date(between.getTime() + 1).toISOString(), error_code: 'http_status' }, 6],
    [{ status: 'cancelled' }, 0],
  ];
  for (const [filter, matched] of matches) {
    const { status, body } = await bulk('retry', filter, DRY);
    expect([filter, status, body]).toEqual([
      filter,
      200,
      { dry_run: true, matched, among: expect.any(Number) },
    ]);
  }
  expect((await bulk('retry', { response_status: 503 }, DRY)).body.among).toBe(10);
  expect((await bulk('retry', { response_status: 503, endpoint_id: endpoints[0] }, DRY)).body.among).toBe(5);
  // Nothing has happened by that.
  expect(await operationsOf(tenant)).toBe(0);
  expect(broken.received.length + slow.received.length).toBe(10);
  const { body: log } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant}&limit=200`);
  expect(log.items.filter(({ action }: any) => action.startsWith('operation'))).toEqual([]);

  const { status, body } = await bulk('retry', { response_status: 503, event_type: 'a.b' });
  expect([status, body]).toEqual([202, { id: expect.stringMatching(/^op_/), matched: 3 }]);
  expect(await finished(body.id)).toMatchObject({
    kind: 'bulk_retry',
    status: 'completed',
    done: 3,
    failed: 0,
  });
  expect([broken.received.length, slow.received.length]).toEqual([8, 5]);
  const { body: after } = await tidings.call(
    'GET',
    `/v1/audit-log?tenant=${tenant}&action=operation.bulk_retry`,
  );
  expect(after.items).toMatchObject([
    { object_id: body.id, details: { matched: 3, matching: { responseStatus: 503 }, eventTypes: ['a.b'] } },
  ]);
}, 120_000);

test('what has not ended is cancelled by a filter, whatever it waits for, and what comes later is not', async () => {
  const receiver = await startReceiver(500);
  const { base, tenant, bulk, emit, counted, endpoints } = await subscribe(
    { url: receiver.url, retry_schedule: [3_600] },
    { url: receiver.url, retry_schedule: [3_600], ordered: true },
  );
  await emit(6);
  await counted('status=retrying', 7);
  await counted('status=held', 5);
  const keep = await emit(1, 'keep.me');
  expect((await bulk('cancel', { event_type: 'a.b' }, DRY)).body).toEqual({
    dry_run: true,
    matched: 12,
    among: 14,
  });
  expect((await bulk('cancel', { event_type: 'a.b', status: 'held' }, DRY)).body.matched).toBe(5);
  expect((await bulk('cancel', { event_type: 'a.b', endpoint_id: endpoints[0] }, DRY)).body.matched).toBe(6);

  const { status, body } = await bulk('cancel', { event_type: 'a.b' });
  expect([status, body.matched]).toEqual([202, 12]);
  expect(await finished(body.id)).toMatchObject({
    kind: 'bulk_cancel',
    status: 'completed',
    matched: 12,
    done: 12,
    failed: 0,
  });
  await counted('status=cancelled', 12);
  const kept = await tidings.call('GET', `${base}/deliveries?event_type=keep.me`);
  expect(kept.body.items.map(({ status }: any) => status)).not.toContain('cancelled');
  expect(kept.body.items).toHaveLength(keep[0].deliveries.length);
  // At the ordered endpoint it was its turn then.
  for (const { id } of keep[0].deliveries) await tidings.settled(id, ['retrying']);
  const { body: log } = await tidings.call(
    'GET',
    `/v1/audit-log?tenant=${tenant}&action=operation.bulk_cancel`,
  );
  expect(log.items).toHaveLength(1);
  // What was cancelled can be sent again, by a filter too.
  expect((await bulk('retry', { status: 'cancelled' }, DRY)).body.matched).toBe(12);
}, 120_000);

test('a dry run of recover and replay says how many of how many would be sent again', async () => {
  const receiver = await startReceiver(500, 500, 200);
  const { base, endpoints, emit, counted, tenant } = await subscribe({
    url: receiver.url,
    ordered: true,
    event_types: ['a.*'],
  });
  await emit(5);
  await counted('status=succeeded', 3);
  await counted('status=failed', 2);
  const path = `${base}/endpoints/${endpoints[0]}`;
  const since = new Date(0).toISOString();
  const ask = async (kind: string, more: object = {}) =>
    (await tidings.call('POST', `${path}/${kind}`, { since, ...DRY, ...more })).body;
  expect(await ask('recover')).toEqual({ dry_run: true, matched: 2, among: 5 });
  expect(await ask('replay')).toEqual({ dry_run: true, matched: 5, among: 5 });
  expect(await ask('replay', { only_missing: true })).toEqual({ dry_run: true, matched: 2, among: 5 });
  await tidings.call('PATCH', path, { enabled: false });
  await emit(4);
  await emit(1, 'b.unwanted');
  await tidings.call('PATCH', path, { enabled: true });
  expect(await ask('recover')).toEqual({ dry_run: true, matched: 6, among: 9 });
  expect(await ask('recover', { until: new Date(1).toISOString() })).toMatchObject({ matched: 0 });
  expect(await operationsOf(tenant)).toBe(0);
  expect(receiver.received).toHaveLength(5);
}, 120_000);

test('beyond what is counted at once it says that there are more, and the operation finds them all', async () => {
  const MANY = 2_300;
  const { tenant, bulk, endpoints } = await subscribe({ url: 'https://example.com/' });
  const { db } = tidings.database;
  const id = (prefix: string, n: string) => `'${prefix}_00' || lpad(${n}::text, 24, '0')`;
  await db.query(
    `with made as (
       insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
       select $1, ${id('evt', 'n')} || $1, ${id('evt', 'n')}, 'a.b', now(), '{}', 0, 2, '', false, to_timestamp(0) from generate_series(1, ${MANY}) n)
     insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, next_attempt_at, created_at)
     select ${id('dlv', 'n')}, $1, ${id('evt', 'n')} || $1, $2, 'a.b', false, 'retrying', now() + interval '1 day', to_timestamp(0)
     from generate_series(1, ${MANY}) n`,
    [tenant, endpoints[0]],
  );
  const counted = { matched: 2_000, at_least: true };
  for (const filter of [{ endpoint_id: endpoints[0] }, { status: 'retrying' }, {}])
    expect((await bulk('cancel', filter, DRY)).body).toEqual({ dry_run: true, ...counted, among: MANY });
  const { body } = await bulk('cancel', { endpoint_id: endpoints[0] });
  expect(body).toEqual({ id: expect.any(String), ...counted });
  const over = await finished(body.id);
  expect(over).toMatchObject({ status: 'completed', matched: MANY, done: MANY, failed: 0 });
  expect(over).not.toHaveProperty('at_least');
}, 120_000);

test.each([
  ['no filter', 'retry', {}, 'filter'],
  ['an unknown field', 'retry', { filter: { event_id: 'evt_1' } }, 'filter'],
  ['a status that cannot be retried', 'retry', { filter: { status: 'held' } }, 'filter.status'],
  ['a status that has ended', 'cancel', { filter: { status: 'failed' } }, 'filter.status'],
  ['a prefix, which the list does not know', 'retry', { filter: { event_type: 'a.*' } }, 'filter.event_type'],
  ['no time', 'retry', { filter: { after: 'yesterday' } }, 'filter.after'],
  [
    'an end before its beginning',
    'cancel',
    { filter: { after: '2024-01-02T00:00:00Z', before: '2024-01-01T00:00:00Z' } },
    'filter.before',
  ],
  ['a pace for cancelling', 'cancel', { filter: {}, per_second: 3 }, ''],
  ['a dry run that is neither', 'retry', { filter: {}, dry_run: 'yes' }, 'dry_run'],
])('%s: refused with the field', async (_name, what, body, field) => {
  const { base } = await subscribe();
  const answer = await tidings.call('POST', `${base}/deliveries/bulk-${what}`, body);
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(answer.body.errors.map((error: any) => error.path)).toContain(field);
});

test('an endpoint that is disabled, or another tenant’s, is refused', async () => {
  const { bulk, endpoints } = await subscribe({ url: 'https://example.com/', enabled: false });
  expect(await bulk('retry', { endpoint_id: endpoints[0] })).toMatchObject({
    status: 409,
    body: { code: 'endpoint_disabled' },
  });
  expect((await bulk('cancel', { endpoint_id: endpoints[0] }, DRY)).status).toBe(200);
  const other = await subscribe();
  expect((await other.bulk('cancel', { endpoint_id: endpoints[0] })).status).toBe(404);
});
