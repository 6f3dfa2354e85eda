/**
 * Recover, replay and bulk retry send the missed deliveries once, in order and at the requested rate, whichever process is killed
 * meanwhile.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

type Call = TestService['call'];

async function subscribe(call: Call, endpoint: object, tenant: object = {}) {
  const { body } = await call('POST', '/v1/tenants', { name: 'Recovering', ...tenant });
  const base = `/v1/tenants/${body.id}`;
  const { body: made } = await call('POST', `${base}/endpoints`, endpoint);
  return { base, tenant: body.id, endpoint: made.id, path: `${base}/endpoints/${made.id}` };
}

const finished = (call: Call, id: string, withinMs = 60_000) =>
  eventually(
    async () => (await call('GET', `/v1/operations/${id}`)).body,
    ({ status }) => status !== 'running',
    withinMs,
  );

const emit = async (base: string, type = 'a.b', data: unknown = {}) =>
  (await tidings.call('POST', `${base}/events`, { type, data })).body;

test('an endpoint that is enabled again is offered what it has missed, and gets each of it once', async () => {
  const receiver = await startReceiver(500, 500, 410);
  const { base, path } = await subscribe(tidings.call, {
    url: receiver.url,
    retry_schedule: [],
    event_types: ['a.*'],
  });
  const failed = [await emit(base), await emit(base)];
  for (const event of failed) await tidings.settled(event.deliveries[0].id);
  const gone = await emit(base);
  await tidings.settled(gone.deliveries[0].id);
  const missed = [await emit(base), await emit(base)];
  const unwanted = await emit(base, 'b.c');
  expect(missed.flatMap((event) => event.deliveries)).toEqual([]);
  expect(await tidings.call('POST', `${path}/recover`, { since: new Date(0).toISOString() })).toMatchObject({
    status: 409,
    body: { code: 'endpoint_disabled' },
  });

  receiver.answer(200);
  const { body: enabled } = await tidings.call('PATCH', path, { enabled: true });
  expect(enabled.recover).toEqual({ since: expect.any(String), missed: 5, path: `${path}/recover` });
  const soFar = receiver.received.length;
  const { status, body: started } = await tidings.call('POST', `${path}/recover`, {
    since: enabled.recover.since,
  });
  expect([status, started.matched]).toEqual([202, 5]);
  expect(await finished(tidings.call, started.id)).toMatchObject({
    kind: 'recover',
    status: 'completed',
    matched: 5,
    done: 5,
    failed: 0,
    finished_at: expect.any(String),
  });
  const arrived = receiver.received.slice(soFar).map(({ headers }) => headers['webhook-id']);
  expect(arrived.sort()).toEqual([...failed, gone, ...missed].map(({ id }) => id).sort());
  expect(arrived).not.toContain(unwanted.id);
  const log = await tidings.settled(failed[0].deliveries[0].id);
  expect(log).toMatchObject({ status: 'succeeded', attempt_count: 2, log_source: 'history' });
  expect(log.attempts.map((attempt: any) => attempt.trigger)).toEqual(['schedule', 'recovery']);

  const { body: again } = await tidings.call('POST', `${path}/recover`, { since: enabled.recover.since });
  expect(again.matched).toBe(0);
  expect(await finished(tidings.call, again.id)).toMatchObject({ status: 'completed', done: 0 });
  expect(receiver.received).toHaveLength(soFar + 5);
});

test('what fails once more in a recovery has its whole schedule again, and people are told again', async () => {
  const receiver = await startReceiver(500);
  const { base, path, endpoint } = await subscribe(tidings.call, { url: receiver.url, retry_schedule: [1] });
  const event = await emit(base);
  await tidings.settled(event.deliveries[0].id);
  const { body } = await tidings.call('POST', `${path}/recover`, { since: new Date(0).toISOString() });
  expect(await finished(tidings.call, body.id)).toMatchObject({ matched: 1, done: 0, failed: 1 });
  const log = await tidings.settled(event.deliveries[0].id);
  expect(log.attempts.map((attempt: any) => attempt.trigger)).toEqual([
    'schedule',
    'schedule',
    'recovery',
    'schedule',
  ]);
  const { body: said } = await tidings.call('GET', '/v1/operational-events?limit=200');
  const about = said.items.filter(
    (item: any) => item.endpoint_id === endpoint && item.type === 'delivery.exhausted',
  );
  expect(about).toHaveLength(2);
});

test('replay sends again what was sent, of the types that are asked for, to an endpoint that came later too', async () => {
  const receiver = await startReceiver();
  const { base, path } = await subscribe(tidings.call, { url: receiver.url });
  const [one, , three] = [await emit(base, 'a.one'), await emit(base, 'b.two'), await emit(base, 'a.three')];
  await receiver.until(3);
  for (const { deliveries } of [one, three]) await tidings.settled(deliveries[0].id);
  const since = new Date(0).toISOString();
  const { body: replay } = await tidings.call('POST', `${path}/replay`, { since, event_types: ['a.*'] });
  expect(replay.matched).toBe(2);
  expect(await finished(tidings.call, replay.id)).toMatchObject({ kind: 'replay', done: 2 });
  const again = receiver.received.slice(3).map(({ headers }) => headers['webhook-id']);
  expect(again.sort()).toEqual([one.id, three.id].sort());
  expect((await tidings.call('POST', `${path}/replay`, { since, only_missing: true })).body.matched).toBe(0);

  const late = await startReceiver();
  const { body: newcomer } = await tidings.call('POST', `${base}/endpoints`, { url: late.url });
  const newPath = `${base}/endpoints/${newcomer.id}`;
  expect((await tidings.call('POST', `${newPath}/recover`, { since })).body.matched).toBe(0);
  const { body: first } = await tidings.call('POST', `${newPath}/replay`, { since, only_missing: true });
  expect(first.matched).toBe(3);
  await finished(tidings.call, first.id);
  expect(new Set(late.received.map(({ body }) => body.toString()))).toEqual(
    new Set(receiver.received.map(({ body }) => body.toString())),
  );
  expect(receiver.received).toHaveLength(5);
});

test('a replay of named events sends these alone: the failed one, the missed one and, if asked for, the delivered one', async () => {
  const receiver = await startReceiver(500, 200);
  const { base, path, tenant } = await subscribe(tidings.call, { url: receiver.url, retry_schedule: [] });
  const [failed, delivered] = [await emit(base), await emit(base)];
  for (const { deliveries } of [failed, delivered]) await tidings.settled(deliveries[0].id);
  await tidings.call('PATCH', path, { enabled: false });
  const [missed, other] = [await emit(base), await emit(base)];
  await tidings.call('PATCH', path, { enabled: true });
  const soFar = receiver.received.length;
  const ids = [failed, delivered, missed].map(({ id }) => id);
  const replay = (body: object) => tidings.call('POST', `${path}/replay`, body);

  const dry = { event_ids: ids, only_missing: true, dry_run: true };
  expect((await replay(dry)).body).toEqual({ dry_run: true, matched: 2, among: 3 });
  expect((await replay({ ...dry, sample: 5 })).body.sample).toEqual([
    expect.objectContaining({ event_id: failed.id, delivery_id: failed.deliveries[0].id, status: 'failed' }),
    expect.objectContaining({ event_id: missed.id, event_type: 'a.b', delivery_id: null, status: null }),
  ]);
  expect((await replay({ ...dry, only_missing: false })).body).toMatchObject({ matched: 3 });

  const { body: started } = await replay({
    event_ids: [failed.id, missed.id, missed.id],
    only_missing: true,
  });
  expect(started.matched).toBe(2);
  expect(await finished(tidings.call, started.id)).toMatchObject({
    status: 'completed',
    matched: 2,
    done: 2,
  });
  const arrived = () => receiver.received.slice(soFar).map(({ headers }) => headers['webhook-id']);
  expect(arrived().sort()).toEqual([failed.id, missed.id].sort());
  const { body: again } = await replay({ event_ids: [delivered.id] });
  expect(await finished(tidings.call, again.id)).toMatchObject({ done: 1 });
  expect(arrived().at(-1)).toBe(delivered.id);
  expect(arrived()).not.toContain(other.id);
  const { body: log } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant}`);
  expect(log.items.find((entry: any) => entry.object_id === started.id).details).toMatchObject({
    eventIds: [failed.id, missed.id],
  });
});

test.each([
  ['neither a time nor events', {}, 'since'],
  ['both', { since: '2026-01-01T00:00:00Z', event_ids: ['$own'] }, 'since'],
  ['an end of a time', { until: '2026-01-01T00:00:00Z', event_ids: ['$own'] }, 'until'],
  ['types', { event_types: ['a.*'], event_ids: ['$own'] }, 'event_types'],
  ['no event', { event_ids: [] }, 'event_ids'],
  ['an event that there is not', { event_ids: ['$own', 'evt_none'] }, 'event_ids[1]'],
  ['an event of another tenant', { event_ids: ['$other'] }, 'event_ids[0]'],
])('a replay that names %s is refused at the field', async (_, body, field) => {
  const mine = await subscribe(tidings.call, { url: 'http://127.0.0.1:9999/', enabled: false });
  const other = await subscribe(tidings.call, { url: 'http://127.0.0.1:9999/', enabled: false });
  const events = { $own: (await emit(mine.base)).id, $other: (await emit(other.base)).id };
  await tidings.call('PATCH', mine.path, { enabled: true });
  const named = JSON.parse(JSON.stringify(body).replace(/\$own|\$other/g, (key) => events[key as '$own']));
  const answer = await tidings.call('POST', `${mine.path}/replay`, named);
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(answer.body.errors.map((error: any) => error.path)).toContain(field);
});

test('a delivery that a replay makes carries its own id where the contract says so', async () => {
  const receiver = await startReceiver();
  const { base, path } = await subscribe(
    tidings.call,
    { url: receiver.url, enabled: false },
    { profile: 'scorm-api' },
  );
  const event = await emit(base, 'session.created', { session_id: 's', package_id: 'p', user_id: 'u' });
  await tidings.call('PATCH', path, { enabled: true });
  const { body } = await tidings.call('POST', `${path}/recover`, { since: new Date(0).toISOString() });
  await finished(tidings.call, body.id);
  const { body: now } = await tidings.call('GET', `${base}/events/${event.id}`);
  expect(JSON.parse(receiver.received[0]?.body.toString() ?? '').delivery_id).toBe(
    now.deliveries[0].id.replace('dlv_', 'delivery_'),
  );
});

test('bulk retry takes what the filter says, and sends now what was waiting', async () => {
  const receiver = await startReceiver(500);
  const slow = await startReceiver(() => {});
  const { base, tenant } = await subscribe(tidings.call, { url: receiver.url, retry_schedule: [] });
  await tidings.call('POST', `${base}/endpoints`, { url: slow.url, retry_schedule: [], timeout_ms: 2_000 });
  const event = await emit(base);
  for (const { id } of event.deliveries) await tidings.settled(id);
  const bulk = (body: object) => tidings.call('POST', `/v1/tenants/${tenant}/deliveries/retry`, body);
  receiver.answer(200);
  const { body: one } = await bulk({ error_code: 'http_status' });
  expect(one.matched).toBe(1);
  expect(await finished(tidings.call, one.id)).toMatchObject({
    kind: 'bulk_retry',
    endpoint_id: null,
    done: 1,
  });
  expect(slow.received).toHaveLength(1);

  const waiting = await startReceiver(500, 200);
  const other = await subscribe(tidings.call, { url: waiting.url, retry_schedule: [3600] });
  const late = await emit(other.base);
  await tidings.settled(late.deliveries[0].id, ['retrying']);
  const { body: now } = await tidings.call('POST', `${other.base}/deliveries/retry`, { status: 'retrying' });
  expect(await finished(tidings.call, now.id)).toMatchObject({ matched: 1, done: 1 });
  expect(waiting.received).toHaveLength(2);
});

test('an operation keeps its pace, and can be stopped', async () => {
  const receiver = await startReceiver(500);
  const { base, path } = await subscribe(tidings.call, { url: receiver.url, retry_schedule: [] });
  const events = Array.from({ length: 40 }, (_, n) => ({ type: 'a.b', data: n }));
  await tidings.call('POST', `${base}/events/batch`, { events });
  await receiver.until(40);
  receiver.answer(200);
  do await sleep(50);
  while ((await tidings.call('GET', `${base}/deliveries?status=failed&limit=200`)).body.items.length < 40);
  const since = new Date(0).toISOString();
  const { body } = await tidings.call('POST', `${path}/recover`, { since, per_second: 10 });
  await receiver.until(60);
  const spanMs = (receiver.received[59]?.atMs ?? 0) - (receiver.received[40]?.atMs ?? 0);
  expect(spanMs).toBeGreaterThan(700);
  const stopped = await tidings.call('POST', `/v1/operations/${body.id}/cancel`);
  expect(stopped).toMatchObject({ status: 202, body: { status: 'cancelled', matched: 40 } });
  const soFar = receiver.received.length;
  await sleep(2_500);
  expect(receiver.received.length - soFar).toBeLessThanOrEqual(10);
  expect(receiver.received.length).toBeLessThan(80);
  // What it had begun goes on, and is counted.
  const after = await eventually(
    async () => (await tidings.call('GET', `/v1/operations/${body.id}`)).body,
    ({ open }) => open === 0,
  );
  const done = receiver.received.length - 40;
  expect(after).toMatchObject({ status: 'cancelled', matched: 40, done, failed: 0, skipped: 40 - done });
  expect(await tidings.call('POST', `/v1/operations/${body.id}/cancel`)).toMatchObject({ status: 409 });
});

test('a recovery at an ordered endpoint keeps the order', async () => {
  const receiver = await startReceiver(500);
  const { base, path } = await subscribe(tidings.call, {
    url: receiver.url,
    retry_schedule: [],
    ordered: true,
  });
  for (let n = 0; n < 6; n += 1) await emit(base, 'a.b', n);
  await receiver.until(6, 60_000);
  do await sleep(50);
  while ((await tidings.call('GET', `${base}/deliveries?status=failed`)).body.items.length < 6);
  receiver.answer(200, 500, 200);
  const { body } = await tidings.call('POST', `${path}/recover`, { since: new Date(0).toISOString() });
  await finished(tidings.call, body.id);
  expect(receiver.received.slice(6).map((each) => JSON.parse(each.body.toString()).data)).toEqual([
    0, 1, 2, 3, 4, 5,
  ]);
});

test.each([
  ['since is missing', 'recover', {}, 'since'],
  ['since is no time', 'recover', { since: 'yesterday' }, 'since'],
  ['until comes first', 'replay', { since: '2024-01-02T00:00:00Z', until: '2024-01-01T00:00:00Z' }, 'until'],
  ['a field is unknown', 'recover', { since: '2024-01-02T00:00:00Z', event_types: ['a.b'] }, ''],
])('%s: refused with the field', async (_name, kind, body, field) => {
  const { path } = await subscribe(tidings.call, { url: 'http://127.0.0.1:9999/' });
  const answer = await tidings.call('POST', `${path}/${kind}`, body);
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(answer.body.errors.map((error: any) => error.path)).toContain(field);
});

test.each([
  '2026-01-01T00:00:00+23:59',
  '2026-01-01T00:00:00-16:00',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
])('a window that begins at %s is taken, though the database has no such time or offset', async (since) => {
  const { base, path } = await subscribe(tidings.call, { url: 'http://127.0.0.1:9999/' });
  for (const kind of ['recover', 'replay']) {
    const dry = await tidings.call('POST', `${path}/${kind}`, { since, dry_run: true });
    expect(dry).toMatchObject({ status: 200, body: { matched: 0 } });
  }
  const started = [
    await tidings.call('POST', `${path}/recover`, { since }),
    await tidings.call('POST', `${path}/replay`, {
      since: new Date(0).toISOString(),
      until: since.replace('0000', '2000'),
    }),
    await tidings.call('POST', `${base}/deliveries/retry`, { since }),
  ];
  for (const { status, body } of started) {
    expect(status).toBe(202);
    expect(await finished(tidings.call, body.id)).toMatchObject({ status: 'completed', matched: 0 });
  }
});

test('kill -9 in the middle of a recovery: it goes on where it was, and everything arrives', async () => {
  const database = await createTestDatabase();
  const taskQueue = `test-${randomUUID()}`;
  const receiver = await startReceiver(500);
  const start = () =>
    startProcess('serve', { databaseUrl: database.url, taskQueue, TIDINGS_RECONCILE_AFTER_S: '2' });
  let running = await start();
  const { base, path } = await subscribe(running.call, {
    url: receiver.url,
    retry_schedule: [],
    timeout_ms: 5_000,
  });
  const events = Array.from({ length: 300 }, (_, n) => ({ type: 'a.b', data: n }));
  await running.call('POST', `${base}/events/batch`, { events });
  await receiver.until(300);
  let failed: number;
  do {
    await sleep(100);
    failed = (await running.call('GET', `${path}/stats`)).body.by_status.failed ?? 0;
  } while (failed < 300);
  receiver.answer(200);
  // An attempt that the crash cuts off counts: there must be another one.
  await running.call('PATCH', path, { retry_schedule: [1, 1] });
  const since = new Date(0).toISOString();
  const { body } = await running.call('POST', `${path}/recover`, { since, per_second: 60 });
  expect(body.matched).toBe(300);
  await receiver.until(300 + 70);
  await running.kill();
  running = await start();
  const over = await finished(running.call, body.id, 120_000);
  expect(over).toMatchObject({ status: 'completed', matched: 300, done: 300 });
  const arrived = receiver.received.slice(300).map(({ headers }) => headers['webhook-id']);
  expect(new Set(arrived).size).toBe(300);
  // Around the crash only: what one page had set going.
  expect(arrived.length).toBeLessThanOrEqual(360);
  await running.stop();
}, 240_000);
