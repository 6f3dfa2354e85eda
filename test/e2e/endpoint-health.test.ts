/** The owner of an endpoint that always fails is warned before it is disabled, and notified when it is; so is the operator. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../helpers/eventually.ts';
import { startMailServer } from '../helpers/mail-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const operationalEvents = async (tidings: TestService, endpoint: string) =>
  (await tidings.call('GET', '/v1/operational-events?limit=200')).body.items.filter(
    (item: any) => item.endpoint_id === endpoint,
  );

test('failing for the whole of its time: two warnings, then it is switched off; the next success after that is told too', async () => {
  const mail = await startMailServer();
  const receiver = await startReceiver(500);
  const tidings = await startTestService({ SMTP_URL: mail.url, TIDINGS_NOTICE_INTERVAL_S: '1' });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', {
    name: 'Acme',
    contacts: ['ops@example.com'],
    disable_after_s: 1_000,
  });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await tidings.call('POST', base, {
    url: receiver.url,
    retry_schedule: [3_600],
  });
  const emit = async () =>
    (await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} })).body
      .deliveries[0]?.id;
  const [first, second] = [await emit(), await emit()];
  for (const id of [first, second]) await tidings.settled(id, ['retrying']);
  const now = async () => (await tidings.call('GET', `${base}/${endpoint.id}`)).body;
  /** As if it had begun to fail so long ago, and then fails once more. */
  const failAfter = async (seconds: number) => {
    const { consecutive_failures: before } = await now();
    await tidings.database.db.query(
      'update endpoints set failing_since = now() - make_interval(secs => $2) where id = $1',
      [endpoint.id, seconds],
    );
    await tidings.call('POST', `/v1/deliveries/${first}/retry`);
    await eventually(now, (body: any) => body.consecutive_failures > before);
  };
  /** What comes within one interval is told together: here each shall have a message of its own. */
  const toldOf = async (count: number) => {
    await eventually(
      () => mail.received.length,
      (found) => found === count,
    );
    await sleep(1_000);
  };
  for (const seconds of [499, 501]) await failAfter(seconds);
  await toldOf(1);
  for (const seconds of [700, 899, 901, 999]) await failAfter(seconds);
  await toldOf(2);
  expect(await now()).toMatchObject({ enabled: true });
  await failAfter(1_001);
  await toldOf(3);
  const off = await now();
  expect(off).toMatchObject({
    disabled_reason: 'failing',
    disabled_at: expect.any(String),
    failing_since: expect.any(String),
  });
  expect(off).toMatchObject({ enabled: false, consecutive_failures: 9 });
  expect(Date.parse(off.disabled_at) - Date.parse(off.failing_since)).toBeGreaterThanOrEqual(1_000_000);
  // Everything that waited is over, and nobody is left untold.
  for (const id of [first, second]) expect((await tidings.settled(id)).status).toBe('failed');
  expect(await emit()).toBeUndefined();
  const events = await operationalEvents(tidings, endpoint.id);
  expect(events.map((event: any) => [event.type, event.data.percent ?? event.data.reason])).toEqual([
    ['endpoint.disabled', 'failing'],
    ['endpoint.failing', 90],
    ['endpoint.failing', 50],
  ]);
  expect(Date.parse(events[1].data.disabled_at) - Date.parse(events[1].data.failing_since)).toBe(1_000_000);

  receiver.answer(200);
  await tidings.call('PATCH', `${base}/${endpoint.id}`, { enabled: true });
  expect((await tidings.settled(await emit())).status).toBe('succeeded');
  expect((await operationalEvents(tidings, endpoint.id))[0]).toMatchObject({
    type: 'endpoint.recovered',
    data: { failing_since: off.failing_since },
  });
  const subjects = await eventually(
    async () => mail.received.map((message) => message.subject),
    (list) => list.some((subject) => subject?.includes('works again')),
  );
  expect(subjects.filter((subject) => subject?.includes('keeps failing'))).toHaveLength(2);
  expect(subjects.filter((subject) => subject?.includes('was switched off'))).toHaveLength(1);
  expect(subjects.filter((subject) => subject?.includes('works again'))).toHaveLength(1);
  const switchedOff = mail.received.find((message) => message.subject?.includes('was switched off'));
  expect(switchedOff?.text).toContain('/recover');
  expect(switchedOff?.text).toMatch(/\d+ attempts in a row/);
  // A second success is no news.
  await tidings.settled(await emit());
  expect(await operationalEvents(tidings, endpoint.id)).toHaveLength(4);
  await tidings.stop();
  await mail.close();
}, 90_000);

test('a backlog too large to end together with its endpoint ends soon after, unsent', async () => {
  const receiver = await startReceiver(500);
  const tidings = await startTestService({ TIDINGS_RECONCILE_AFTER_S: '2' });
  const left = await tidings.deliverTo({ url: receiver.url, retry_schedule: [3_600] });
  const { endpoint_id: endpoint } = await tidings.settled(left, ['retrying']);
  // As it is left by the change of an endpoint where more than a page waits.
  await tidings.database.db.query(
    "update endpoints set enabled = false, disabled_reason = 'manual' where id = $1",
    [endpoint],
  );
  expect(await tidings.settled(left)).toMatchObject({
    status: 'failed',
    last_error: 'endpoint_disabled',
    attempt_count: 1,
  });
  expect(receiver.received).toHaveLength(1);
  await tidings.stop();
}, 60_000);

test('an endpoint that gets through now and then is never switched off', async () => {
  const receiver = await startReceiver(500, 500, 200, 500, 500, 200, 500, 500, 200);
  const tidings = await startTestService({ TIDINGS_DISABLE_AFTER_S: '5' });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Flaky' });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await tidings.call('POST', base, {
    url: receiver.url,
    retry_schedule: [1, 1, 1],
  });
  for (let n = 0; n < 3; n += 1) {
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
    expect((await tidings.settled(body.deliveries[0].id)).status).toBe('succeeded');
    const { body: now } = await tidings.call('GET', `${base}/${endpoint.id}`);
    expect(now).toMatchObject({ enabled: true, failing_since: null, consecutive_failures: 0 });
  }
  const said = (await operationalEvents(tidings, endpoint.id)).map((event: any) => event.type);
  expect(said).not.toContain('endpoint.disabled');
  await tidings.stop();
}, 60_000);

test("the operator's endpoint hears of it, signed; what does not reach it tells nobody and switches nothing off", async () => {
  const mail = await startMailServer();
  const ops = await startReceiver(500, 200);
  const dead = await startReceiver(410);
  const tidings = await startTestService({ SMTP_URL: mail.url });
  const put = (body: object) => tidings.call('PUT', '/v1/operator/endpoint', body);
  expect(await tidings.call('GET', '/v1/operator/endpoint')).toMatchObject({ status: 404 });
  const { status, body: operator } = await put({ url: ops.url, retry_schedule: [1] });
  expect(status).toBe(200);
  expect((await tidings.call('GET', '/v1/tenants')).text).not.toContain(operator.tenant_id);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Acme' });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: dead.url,
  });
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: {},
  });
  await tidings.settled(event.deliveries[0].id);
  // delivery.exhausted and endpoint.disabled; the first answer was a 500, so one of them came twice.
  await ops.until(3);
  const bodies = ops.received.map(({ headers, body }) => {
    new Webhook(operator.secret).verify(body, headers as never);
    return JSON.parse(body.toString());
  });
  expect([...new Set(bodies.map(({ type }) => type))].sort()).toEqual([
    'delivery.exhausted',
    'endpoint.disabled',
  ]);
  expect(bodies.find(({ type }) => type === 'endpoint.disabled').data).toMatchObject({
    tenant_id: tenant.id,
    endpoint_id: endpoint.id,
    reason: 'gone',
  });

  ops.answer(410);
  await put({ url: ops.url, retry_schedule: [] });
  const { body: another } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: dead.url,
  });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  const failed = await eventually(
    async () =>
      (await tidings.call('GET', `/v1/tenants/${operator.tenant_id}/deliveries?status=failed`)).body.items,
    (items) => items.length === 2,
  );
  expect(failed[0]).toMatchObject({ last_response_status: 410, endpoint_id: operator.id });
  expect((await operationalEvents(tidings, another.id)).length).toBe(2);
  expect(await operationalEvents(tidings, operator.id)).toEqual([]);
  expect((await tidings.call('GET', '/v1/operator/endpoint')).body).toMatchObject({
    enabled: true,
    failing_since: null,
  });
  expect(mail.received).toEqual([]);
  expect(await tidings.call('DELETE', '/v1/operator/endpoint')).toMatchObject({ status: 204 });
  await tidings.stop();
  await mail.close();
}, 60_000);
