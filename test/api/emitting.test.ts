/** Emitting: a repeated request makes one event, a batch is accepted whole or not at all, and no byte of `data` is changed. */
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let tenant: string;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());
beforeEach(async () => {
  tenant = (await tidings.call('POST', '/v1/tenants', { name: 'Emitter' })).body.id;
});

const emit = (body: unknown, headers = {}) =>
  tidings.call('POST', `/v1/tenants/${tenant}/events`, body, headers);
const emitBatch = (body: unknown, headers = {}) =>
  tidings.call('POST', `/v1/tenants/${tenant}/events/batch`, body, headers);
const events = async () => (await tidings.call('GET', `/v1/tenants/${tenant}/events?limit=200`)).body.items;

test('the same Idempotency-Key twenty times at once is one event, and all get the same answer', async () => {
  const receiver = await startReceiver();
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: receiver.url });
  const body = { type: 'a.b', data: { n: 1 } };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => emit(body, { 'idempotency-key': 'k1' })),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  expect(new Set(answers.map((answer) => answer.body.deliveries[0].id)).size).toBe(1);
  expect(await events()).toHaveLength(1);
});

test('a key that comes again with another body is 409; so is an id', async () => {
  await emit({ type: 'a.b', data: 1 }, { 'idempotency-key': 'k2' });
  const clash = await emit({ type: 'a.b', data: 2 }, { 'idempotency-key': 'k2' });
  expect(clash.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
  await emit({ type: 'a.b', data: 1, id: 'mine' });
  expect((await emit({ type: 'a.b', data: 2, id: 'mine' })).body).toMatchObject({
    code: 'idempotency_conflict',
  });
  expect(await events()).toHaveLength(2);
});

test("the caller's own id is the event's id, the same again is the same event, and another tenant may use it too", async () => {
  const body = '{"type":"a.b","data":{},"id":"order-1"}';
  const first = await emit(body);
  expect(first.body.id).toBe('order-1');
  expect((await emit(body)).body).toEqual(first.body);
  const other = (await tidings.call('POST', '/v1/tenants', { name: 'Other' })).body.id;
  const receiver = await startReceiver();
  await tidings.call('POST', `/v1/tenants/${other}/endpoints`, { url: receiver.url });
  expect((await tidings.call('POST', `/v1/tenants/${other}/events`, body)).status).toBe(202);
  const [request] = await receiver.until(1);
  expect(request?.headers['webhook-id']).toBe('order-1');
});

test('two tenants emit with the same id at once: both are delivered', async () => {
  const receiver = await startReceiver();
  const ids = await Promise.all(
    ['A', 'B'].map(async (name) => {
      const { body } = await tidings.call('POST', '/v1/tenants', { name });
      await tidings.call('POST', `/v1/tenants/${body.id}/endpoints`, { url: receiver.url });
      return body.id;
    }),
  );
  await Promise.all(
    ids.map((id) => tidings.call('POST', `/v1/tenants/${id}/events`, { type: 'a.b', data: id, id: 'same' })),
  );
  const received = await receiver.until(2);
  expect(new Set(received.map((request) => JSON.parse(request.body.toString()).data))).toEqual(new Set(ids));
});

test('a batch is all or nothing', async () => {
  await emit({ type: 'a.b', data: 1, id: 'taken' });
  const batch = {
    events: [
      { type: 'a.b', data: 1, id: 'new' },
      { type: 'a.b', data: 2, id: 'taken' },
    ],
  };
  expect((await emitBatch(batch)).status).toBe(409);
  expect((await events()).map((event: any) => event.id)).toEqual(['taken']);
  const good = await emitBatch({ events: Array.from({ length: 500 }, (_, n) => ({ type: 'a.b', data: n })) });
  expect(good.status).toBe(202);
  expect(good.body.events).toHaveLength(500);
  expect((await emitBatch({ events: Array(501).fill({ type: 'a.b', data: 1 }) })).status).toBe(422);
});

test('a batch that is repeated under its key is accepted once', async () => {
  const batch = {
    events: [
      { type: 'a.b', data: 1 },
      { type: 'a.c', data: 2 },
    ],
  };
  const answers = await Promise.all([1, 2, 3].map(() => emitBatch(batch, { 'idempotency-key': 'batch' })));
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  expect(await events()).toHaveLength(2);
});

test('data is delivered and shown byte for byte', async () => {
  const receiver = await startReceiver();
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: receiver.url });
  const data =
    '{ "z":1.0, "a":1e3,"big":12345678901234567890, "e":"\\u00e9é", "nul":"\\u0000", "lone":"\\ud800" }';
  const accepted = await emit(`{"type":"a.b","data":${data}}`);
  const [request] = await receiver.until(1);
  expect(request?.body.toString()).toBe(
    `{"type":"a.b","timestamp":"${accepted.body.timestamp}","data":${data}}`,
  );
  const shown = await tidings.call('GET', `/v1/tenants/${tenant}/events/${accepted.body.id}`);
  expect(shown.text).toContain(`"data":${data}`);
});

test('an event that nobody subscribes to is accepted, with no deliveries', async () => {
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, {
    url: 'https://example.com',
    event_types: ['x.*'],
  });
  expect((await emit({ type: 'a.b', data: 1 })).body.deliveries).toEqual([]);
});

test('endpoints get what they subscribe to, by name and by prefix, and a disabled one gets nothing', async () => {
  const receiver = await startReceiver();
  const create = (body: object) =>
    tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: receiver.url, ...body });
  const all = (await create({})).body.id;
  const prefix = (await create({ event_types: ['student.*'] })).body.id;
  const exact = (await create({ event_types: ['student.created'] })).body.id;
  await create({ enabled: false });
  const targets = async (type: string) =>
    (await emit({ type, data: 1 })).body.deliveries.map((delivery: any) => delivery.endpoint_id).sort();
  expect(await targets('student.created')).toEqual([all, exact, prefix].sort());
  expect(await targets('student.deleted')).toEqual([all, prefix].sort());
  expect(await targets('student')).toEqual([all]);
});

test('lists are newest first, and pages follow one another without gap or overlap', async () => {
  const receiver = await startReceiver();
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: receiver.url });
  await emitBatch({
    events: Array.from({ length: 25 }, (_, n) => ({ type: n % 2 ? 'a.odd' : 'a.even', data: n })),
  });
  await receiver.until(25);
  const collect = async (query: string) => {
    const ids: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await tidings.call(
        'GET',
        `/v1/tenants/${tenant}/deliveries?limit=10${query}${cursor}`,
      );
      ids.push(...body.items.map((item: any) => item.id));
      if (body.next_cursor === null) return ids;
      cursor = `&cursor=${body.next_cursor}`;
    }
  };
  const ids = await collect('');
  expect(ids).toHaveLength(25);
  expect(ids).toEqual([...new Set(ids)].sort().reverse());
  expect(await collect('&event_type=a.odd')).toHaveLength(12);
  const { body: middle } = await tidings.call('GET', `/v1/deliveries/${ids[12]}`);
  const later = await collect(`&after=${middle.created_at}`);
  const earlier = await collect(`&before=${middle.created_at}`);
  expect(later).not.toContain(ids[12]);
  expect(earlier).not.toContain(ids[12]);
});

test('deliveries of all tenants are one list for an admin key, and of one for a tenant key, whatever the filter says', async () => {
  const receiver = await startReceiver();
  const made: { tenant: string; endpoint: string; delivery: string }[] = [];
  for (const name of ['One', 'Two']) {
    const { body: created } = await tidings.call('POST', '/v1/tenants', { name });
    const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${created.id}/endpoints`, {
      url: receiver.url,
    });
    const { body: event } = await tidings.call('POST', `/v1/tenants/${created.id}/events`, {
      type: 'all.tenants',
      data: 1,
    });
    made.push({ tenant: created.id, endpoint: endpoint.id, delivery: event.deliveries[0].id });
  }
  await receiver.until(2);
  const [one, two] = made as [(typeof made)[0], (typeof made)[0]];
  const idsOf = async (query: string, call = tidings.call) =>
    (await call('GET', `/v1/deliveries?${query}`)).body.items.map((item: any) => item.id);
  expect(await idsOf('event_type=all.tenants')).toEqual([two.delivery, one.delivery]);
  expect(await idsOf(`endpoint_id=${one.endpoint}`)).toEqual([one.delivery]);
  await tidings.settled(one.delivery);
  expect(await idsOf('event_type=all.tenants&response_status=200&limit=200')).toContain(one.delivery);
  expect(await idsOf('event_type=all.tenants&response_status=500')).toEqual([]);
  const { body: key } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: one.tenant,
    scopes: ['read'],
  });
  const call = apiClient(tidings.url, key.key);
  expect(await idsOf('', call)).toEqual([one.delivery]);
  expect(await idsOf(`endpoint_id=${two.endpoint}`, call)).toEqual([]);
  expect(await idsOf(`endpoint_id=${two.endpoint}&status=succeeded&event_type=all.tenants`, call)).toEqual(
    [],
  );
});
