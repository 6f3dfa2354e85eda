/** The explanation of events that an endpoint did not get, asked of the service after changes of the endpoint. */
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

async function tenantWithEndpoints() {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Explained' });
  const base = `/v1/tenants/${tenant.id}`;
  const receiver = await startReceiver();
  const create = async (more: object = {}) =>
    (await tidings.call('POST', `${base}/endpoints`, { url: receiver.url, retry_schedule: [], ...more })).body
      .id as string;
  const emit = async (type = 'a.one') =>
    (await tidings.call('POST', `${base}/events`, { type, data: {} })).body;
  const change = (id: string, body: object) => tidings.call('PATCH', `${base}/endpoints/${id}`, body);
  const explain = async (event: string, query = '') =>
    (await tidings.call('GET', `${base}/events/${event}/explain${query}`)).body;
  const reasons = async (event: string): Promise<Record<string, string>> =>
    Object.fromEntries((await explain(event)).items.map((row: any) => [row.endpoint_id, row.reason]));
  return { tenant: tenant.id as string, base, receiver, create, emit, change, explain, reasons };
}

test('each endpoint that got nothing has a row with its reason, as it was when the event came', async () => {
  const { base, create, emit, change, explain, reasons } = await tenantWithEndpoints();
  const gets = await create();
  const wantsOthers = await create({ event_types: ['b.*'] });
  const wantedOthers = await create({ event_types: ['b.*'] });
  const isOff = await create({ enabled: false });
  const wasOff = await create();
  const gone = await create();
  const failing = await create({ url: (await startReceiver(500)).url });
  await change(wasOff, { enabled: false });
  await tidings.call('DELETE', `${base}/endpoints/${gone}`);

  const event = await emit();
  for (const { id } of event.deliveries) await tidings.settled(id);
  await change(wantedOthers, { event_types: ['a.*'] });
  await change(wasOff, { enabled: true });
  await change(isOff, { description: 'still off' });
  const late = await create();
  await tidings.call('DELETE', `${base}/endpoints/${late}`);

  expect(await reasons(event.id)).toEqual({
    [wantsOthers]: 'not_subscribed',
    [wantedOthers]: 'not_subscribed',
    [isOff]: 'disabled',
    [wasOff]: 'disabled',
    [gone]: 'deleted',
    [late]: 'created_later',
    [failing]: 'failed',
  });
  const { items, next_cursor } = await explain(event.id);
  expect(next_cursor).toBeNull();
  expect(items.map((row: any) => row.endpoint_id)).not.toContain(gets);
  const rowOf = (id: string) => items.find((row: any) => row.endpoint_id === id);
  expect(rowOf(wantsOthers)).toMatchObject({
    delivery: null,
    since: null,
    replayable: false,
    explanation: 'The event types of the endpoint did not include a.one when the event came.',
  });
  expect(rowOf(wantedOthers)).toMatchObject({ replayable: true });
  expect(rowOf(wasOff)).toMatchObject({ replayable: true, since: expect.any(String) });
  expect(rowOf(failing)).toMatchObject({
    delivery: { id: expect.stringMatching(/^dlv_/), status: 'failed' },
    explanation: expect.stringContaining('One attempt was made'),
    replayable: true,
  });

  // What it says of a replay is what a replay would do.
  const obstacles = Object.fromEntries(items.map((row: any) => [row.endpoint_id, row.obstacle]));
  expect(obstacles).toEqual({
    [wantsOthers]: 'not_subscribed',
    [wantedOthers]: null,
    [isOff]: 'disabled',
    [wasOff]: null,
    [gone]: 'deleted',
    [late]: 'deleted',
    [failing]: null,
  });
  for (const { endpoint_id: id, replayable, obstacle } of items) {
    const asked = { event_ids: [event.id], dry_run: true };
    const { status, body } = await tidings.call('POST', `${base}/endpoints/${id}/replay`, asked);
    expect([obstacle, status === 200 && body.matched > 0]).toEqual([obstacle, replayable]);
    expect(replayable).toBe(obstacle === null);
  }

  // Page by page it is the same, and each page goes further.
  const paged: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await explain(event.id, `?limit=2${cursor && `&cursor=${cursor}`}`);
    paged.push(...page.items.map((row: any) => row.endpoint_id));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(paged).toEqual(items.map((row: any) => row.endpoint_id));
});

test('an endpoint that was switched off for its answers was disabled for what came then', async () => {
  const { create, emit, change, reasons } = await tenantWithEndpoints();
  const endpoint = await create({ url: (await startReceiver(410)).url });
  const first = await emit();
  await tidings.settled(first.deliveries[0].id);
  const missed = await emit();
  expect(missed.deliveries).toEqual([]);
  expect(await reasons(missed.id)).toEqual({ [endpoint]: 'disabled' });
  await change(endpoint, { enabled: true });
  expect(await reasons(missed.id)).toEqual({ [endpoint]: 'disabled' });
  // The change after that was made to one that was on: it says nothing of the time before.
  await change(endpoint, { enabled: true });
  expect(await reasons(missed.id)).toEqual({ [endpoint]: 'disabled' });
});

test('where what was before a change was not noted, it says that it does not know', async () => {
  const { tenant, create, emit, reasons } = await tenantWithEndpoints();
  const endpoint = await create({ event_types: ['b.*'] });
  const event = await emit();
  await tidings.database.db.query(
    `insert into audit_log (id, actor, tenant_id, action, object_id, details, request_id)
     select 'aud_7zzzzzzzzzzzzzzzzzzzzzzzz' || n, 'admin', $1, 'endpoint.updated', $2, d::json, 'r'
     from unnest(array['null', '[]', '{"fields":7}', '{"fields":["event_types"],"was":{"event_types":{}}}']) with ordinality u (d, n)`,
    [tenant, endpoint],
  );
  expect(await reasons(event.id)).toEqual({ [endpoint]: 'unknown' });
});

test('what was erased, and what is a test, is said to be', async () => {
  const { base, create, emit, explain, reasons } = await tenantWithEndpoints();
  const other = await create({ event_types: ['b.*'] });
  const waits = await create({ url: (await startReceiver(500)).url, retry_schedule: [3_600] });
  const event = await emit();
  await tidings.settled(event.deliveries[0].id, ['retrying']);
  expect(await reasons(event.id)).toEqual({ [other]: 'not_subscribed' });
  await tidings.call('DELETE', `${base}/events/${event.id}/payload`);
  expect(await reasons(event.id)).toEqual({ [other]: 'not_subscribed', [waits]: 'erased' });
  expect((await explain(event.id)).items.map((row: any) => row.obstacle)).toEqual(['erased', 'erased']);

  await tidings.call('POST', `${base}/endpoints/${other}/test`, {});
  const { body } = await eventually(
    () => tidings.call('GET', `${base}/events`),
    (answer) => answer.body.items.length === 2,
  );
  expect(await reasons(body.items[0].id)).toMatchObject({ [waits]: 'test' });
});

test('an event of another tenant, or none, is a 404', async () => {
  const mine = await tenantWithEndpoints();
  const other = await tenantWithEndpoints();
  const event = await mine.emit();
  const { body: key } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: other.tenant,
    scopes: ['read'],
  });
  const call = apiClient(tidings.url, key.key);
  expect((await call('GET', `${mine.base}/events/${event.id}/explain`)).status).toBe(404);
  expect((await call('GET', `${other.base}/events/${event.id}/explain`)).status).toBe(404);
  expect((await call('GET', `${other.base}/events/none/explain`)).status).toBe(404);
});
