/** Exhausted deliveries: people are notified but not flooded, and each contract's rules for the endpoint are followed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { startMailServer } from '../helpers/mail-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

async function makeTenant(
  tidings: TestService,
  body: object,
  endpoint: object,
): Promise<{ tenant: string; endpoint: string }> {
  const tenant = (await tidings.call('POST', '/v1/tenants', { name: 'Hillside <School>', ...body })).body.id;
  const created = await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, endpoint);
  return { tenant, endpoint: created.body.id };
}

const emit = async (tidings: TestService, tenant: string, type = 'a.b', data: unknown = {}) =>
  (await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type, data })).body.deliveries[0]
    .id as string;

test('the contacts get one e-mail at once, then one digest', async () => {
  const mail = await startMailServer();
  const receiver = await startReceiver(500);
  const tidings = await startTestService({ SMTP_URL: mail.url, TIDINGS_NOTICE_INTERVAL_S: '4' });
  const { tenant } = await makeTenant(
    tidings,
    { contacts: ['ops@example.com'] },
    { url: receiver.url, retry_schedule: [] },
  );
  const first = await emit(tidings, tenant);
  await eventually(
    () => mail.received.length,
    (count) => count === 1,
  );
  const later = [await emit(tidings, tenant), await emit(tidings, tenant), await emit(tidings, tenant)];
  await eventually(
    () => mail.received.length,
    (count) => count === 2,
  );
  await sleep(1500);
  expect(mail.received).toHaveLength(2);
  const [atOnce, digest] = mail.received;
  expect(atOnce?.text).toContain(first);
  for (const id of later) expect(digest?.text).toContain(id);
  expect(digest?.text).toContain('/retry');
  expect(digest?.html).toContain('Hillside &#60;School&#62;');
  await tidings.stop();
});

test('with the mail server away nothing is lost, and retries are served meanwhile', async () => {
  const receiver = await startReceiver(500);
  const mail = await startMailServer();
  mail.accept(false);
  const tidings = await startTestService({ SMTP_URL: mail.url });
  const { tenant } = await makeTenant(
    tidings,
    { contacts: ['ops@example.com'] },
    { url: receiver.url, retry_schedule: [] },
  );
  const id = await emit(tidings, tenant);
  await tidings.settled(id);
  receiver.answer(200);
  await tidings.call('POST', `/v1/deliveries/${id}/retry`);
  await eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body.status,
    (status) => status === 'succeeded',
  );
  receiver.answer(500);
  const second = await emit(tidings, tenant);
  await tidings.settled(second);
  mail.accept(true);
  await eventually(
    () => mail.received.length,
    (count) => count === 1,
    40_000,
  );
  expect(mail.received[0]?.text).toContain(second);
  await tidings.stop();
}, 90_000);

test('a failure while another notice is being sent waits for that one, not for the whole interval', async () => {
  const receiver = await startReceiver(500);
  const mail = await startMailServer();
  const tidings = await startTestService({ SMTP_URL: mail.url });
  const { tenant, endpoint } = await makeTenant(
    tidings,
    { contacts: ['ops@example.com'] },
    { url: receiver.url, retry_schedule: [] },
  );
  await emit(tidings, tenant);
  await eventually(
    () => mail.received.length,
    (count) => count === 1,
  );
  // As if somebody were sending, and died with it.
  await tidings.database.db.query(
    `insert into notices (id, tenant_id, endpoint_id, sending_until) values ('ntf_lost', $1, $2, now() + interval '2 seconds')`,
    [tenant, endpoint],
  );
  const second = await emit(tidings, tenant);
  await eventually(
    () => mail.received.length,
    (count) => count === 2,
  );
  expect(mail.received[1]?.text).toContain(second);
  await tidings.stop();
}, 60_000);

test('a 410 fails the delivery and disables the endpoint, and what waited for it is ended too', async () => {
  const receiver = await startReceiver(500, 410);
  const tidings = await startTestService();
  const { tenant, endpoint } = await makeTenant(tidings, {}, { url: receiver.url, retry_schedule: [3600] });
  const waiting = await emit(tidings, tenant);
  await tidings.settled(waiting, ['retrying']);
  const gone = await emit(tidings, tenant);
  expect(await tidings.settled(gone)).toMatchObject({ status: 'failed', last_response_status: 410 });
  expect(await tidings.settled(waiting)).toMatchObject({ status: 'failed', last_error: 'endpoint_disabled' });
  const { body } = await tidings.call('GET', `/v1/tenants/${tenant}/endpoints/${endpoint}`);
  expect(body).toMatchObject({ enabled: false, disabled_reason: 'gone' });
  const { body: stats } = await tidings.call('GET', `/v1/tenants/${tenant}/endpoints/${endpoint}/stats`);
  expect(stats).toMatchObject({
    total: 2,
    by_status: { failed: 2 },
    by_error: { http_status: 1, endpoint_disabled: 1 },
    failing_since: expect.any(String),
  });
  const { body: said } = await tidings.call('GET', '/v1/operational-events');
  expect(said.items).toContainEqual(
    expect.objectContaining({ type: 'endpoint.disabled', endpoint_id: endpoint }),
  );
  await tidings.stop();
});

test('a retry-after moves the next attempt later, never sooner', async () => {
  const receiver = await startReceiver((response) => response.writeHead(503, { 'retry-after': '120' }).end());
  const tidings = await startTestService();
  const { tenant } = await makeTenant(tidings, {}, { url: receiver.url, retry_schedule: [1] });
  const log = await tidings.settled(await emit(tidings, tenant), ['retrying']);
  const waitS = (Date.parse(log.next_attempt_at) - Date.now()) / 1000;
  expect(waitS).toBeGreaterThan(110);
  expect(waitS).toBeLessThan(125);
  await tidings.stop();
});

test('lessonly: after exhaustion nothing is sent until new data arrives; when that gets through, the rest follows', async () => {
  const receiver = await startReceiver(500);
  const tidings = await startTestService();
  const { tenant, endpoint } = await makeTenant(
    tidings,
    { profile: 'lessonly' },
    { url: receiver.url, retry_schedule: [2], timeout_ms: 2000 },
  );
  const { body: types } = await tidings.call('GET', `/v1/tenants/${tenant}/event-types`);
  const send = () => emit(tidings, tenant, 'lesson.completed', types.items[0].example);
  const exhausted = await send();
  await sleep(700);
  const waiting = await send();
  expect((await tidings.settled(exhausted)).status).toBe('failed');
  const held = await tidings.settled(waiting, ['held']);
  expect(held.held_reason).toBe('stalled');
  const { body: stalled } = await tidings.call('GET', `/v1/tenants/${tenant}/endpoints/${endpoint}`);
  expect(stalled.stalled_at).not.toBeNull();
  const soFar = receiver.received.length;
  await sleep(2500);
  expect(receiver.received).toHaveLength(soFar);
  receiver.answer(200);
  const fresh = await send();
  expect((await tidings.settled(fresh)).status).toBe('succeeded');
  expect((await tidings.settled(waiting)).status).toBe('succeeded');
  expect((await tidings.settled(exhausted)).status).toBe('failed');
  await tidings.stop();
});

test('an ordered endpoint gets one delivery after the other; a failing head holds up only its own endpoint', async () => {
  const receiver = await startReceiver(500, 500, 200);
  const other = await startReceiver();
  const tidings = await startTestService();
  const { tenant } = await makeTenant(
    tidings,
    {},
    { url: receiver.url, ordered: true, retry_schedule: [1, 1] },
  );
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: other.url });
  for (let n = 0; n < 8; n += 1)
    await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: n });
  await other.until(8, 5_000);
  await receiver.until(10, 40_000);
  const order = receiver.received.map((request) => JSON.parse(request.body.toString()).data);
  expect(order).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6, 7]);
  await tidings.stop();
}, 90_000);

test('when an endpoint is no longer ordered, what waited for its turn goes at once', async () => {
  const receiver = await startReceiver(500, 200);
  const tidings = await startTestService();
  const { tenant, endpoint } = await makeTenant(
    tidings,
    {},
    { url: receiver.url, ordered: true, retry_schedule: [3600] },
  );
  const head = await emit(tidings, tenant);
  await tidings.settled(head, ['retrying']);
  const second = await emit(tidings, tenant);
  expect((await tidings.settled(second, ['held'])).held_reason).toBe('ordered');
  await tidings.call('PATCH', `/v1/tenants/${tenant}/endpoints/${endpoint}`, { ordered: false });
  expect((await tidings.settled(second)).status).toBe('succeeded');
  expect((await tidings.settled(head, ['retrying'])).attempt_count).toBe(1);
  await tidings.stop();
});

test('a rate limit is kept', async () => {
  const receiver = await startReceiver();
  const tidings = await startTestService();
  const { tenant } = await makeTenant(tidings, {}, { url: receiver.url, rate_limit: { per_second: 5 } });
  await tidings.call('POST', `/v1/tenants/${tenant}/events/batch`, {
    events: Array.from({ length: 15 }, (_, n) => ({ type: 'a.b', data: n })),
  });
  const received = await receiver.until(15, 40_000);
  for (let at = 6; at < received.length; at += 1) {
    const span = (received[at]?.atMs ?? 0) - (received[at - 6]?.atMs ?? 0);
    expect(span).toBeGreaterThan(1000);
  }
  await tidings.stop();
}, 90_000);

test('the test button sends one attempt, tells nobody, and works while the endpoint is disabled', async () => {
  const receiver = await startReceiver(500);
  const tidings = await startTestService();
  const { tenant, endpoint } = await makeTenant(
    tidings,
    { profile: 'reading-steps' },
    { url: receiver.url, enabled: false },
  );
  const { status, body } = await tidings.call('POST', `/v1/tenants/${tenant}/endpoints/${endpoint}/test`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'failed',
    is_test: true,
    attempt_count: 1,
    attempts: [{ trigger: 'test' }],
  });
  expect(JSON.parse(receiver.received[0]?.body.toString() ?? '')).toMatchObject({
    event: 'test',
    organization_id: tenant,
    data: { message: 'This is a test webhook' },
  });
  const { body: told } = await tidings.call('GET', '/v1/operational-events');
  expect(told.items.filter((event: any) => event.tenant_id === tenant)).toEqual([]);
  await tidings.stop();
});
