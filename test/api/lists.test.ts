/** Lists as people use them: tenants by what is known of them, endpoints that are in trouble, what waits, and a test call's whole exchange. */
import { readdirSync } from 'node:fs';
import { MIGRATIONS, VERSION } from '../../src/package-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_DISABLE_AFTER_S: '86400' });
});
afterAll(() => tidings?.stop());

async function newTenant(name: string, more: object = {}): Promise<string> {
  const { status, body } = await tidings.call('POST', '/v1/tenants', { name, ...more });
  expect([name, status]).toEqual([name, 201]);
  return body.id;
}

/** All items of a list, page by page. */
async function all(path: string, limit = 50): Promise<any[]> {
  const items: any[] = [];
  for (let cursor = ''; ; ) {
    const glue = path.includes('?') ? '&' : '?';
    const { status, body } = await tidings.call(
      'GET',
      `${path}${glue}limit=${limit}${cursor && `&cursor=${cursor}`}`,
    );
    expect([path, status]).toEqual([path, 200]);
    items.push(...body.items);
    if (body.next_cursor === null) return items;
    cursor = body.next_cursor;
  }
}

describe('tenants by what is known of them', () => {
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    ids.hill = await newTenant('Hillside School', { external_id: 'cust-17' });
    ids.uphill = await newTenant('The Uphill Gardeners', { external_id: 'hill-2' });
    ids.turkish = await newTenant('ÖRDEK & Söhne 100%', { external_id: 'a_b' });
    ids.other = await newTenant('Other');
    ids.named = await newTenant('cust-17 is my name');
  });

  const found = async (q: string, limit?: number) =>
    (await all(`/v1/tenants?q=${encodeURIComponent(q)}`, limit)).map(({ id }) => id);

  test('what begins with it comes first, then what holds it, each once', async () => {
    // An external_id counts more than a name.
    expect(await found('hill')).toEqual([ids.uphill, ids.hill]);
    expect(await found('HILLS')).toEqual([ids.hill]);
    expect(await found('side')).toEqual([ids.hill]);
    expect(await found('cust-17')).toEqual([ids.hill, ids.named]);
    expect(await found('17')).toEqual([ids.named, ids.hill]);
    expect(await found(ids.other ?? '')).toEqual([ids.other]);
    expect(await found('  gardeners ')).toEqual([ids.uphill]);
  });

  test.each([
    ['ÖRDEK', 'turkish'],
    ['100%', 'turkish'],
    ['a_b', 'turkish'],
    ['%', 'turkish'],
    ['_', 'turkish'],
  ])('%j is text, and no pattern', async (q, who) => {
    expect(await found(q)).toEqual([ids[who]]);
  });

  test.each(["'", '\\', '\u{10FFFF}', 'x'.repeat(200), "' or true --"])('%j finds nothing', async (q) => {
    expect(await found(q)).toEqual([]);
  });

  test('an empty search is the whole list, and what is too long is refused', async () => {
    expect(await found('')).toEqual((await all('/v1/tenants')).map(({ id }) => id));
    const refused = await tidings.call('GET', `/v1/tenants?q=${'x'.repeat(201)}`);
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'q' }] } });
    const nul = await tidings.call('GET', '/v1/tenants?q=%00');
    expect(nul).toMatchObject({ status: 422, body: { errors: [{ path: 'q' }] } });
  });

  test('deleted ones and the operator are not among them', async () => {
    const gone = await newTenant('Gone Fishing', { external_id: 'gone-1' });
    expect(await found('Gone')).toEqual([gone]);
    await tidings.call('DELETE', `/v1/tenants/${gone}`);
    for (const q of ['Gone', 'gone-1', 'Fishing', gone]) expect(await found(q)).toEqual([]);
  });

  test('pages of any length hold the same, also where more match than a page walks', async () => {
    await tidings.database.db.query(
      `insert into tenants (id, external_id, name, profile, contacts, created_at)
       select 'ten_0' || lpad(n::text, 5, '0'), case when n % 2 = 0 then 'many-' || n end,
         case when n % 3 = 0 then 'Many ' || n when n % 3 = 1 then 'So many ' || n else 'Few ' || n end, 'leah', '{}', now()
       from generate_series(1, 5000) n`,
    );
    const expected = await tidings.database.db.query(
      `select id from tenants where position('many' in lower(name)) > 0 or position('many' in external_id) > 0`,
    );
    const once = await found('many', 200);
    expect(new Set(once)).toEqual(new Set(expected.rows.map(({ id }) => id)));
    expect(once.length).toBe(expected.rows.length);
    expect((await found('ten_000', 7)).length).toBe(999);
    expect(await found('no such tenant', 200)).toEqual([]);
  });

  test.each([
    'bm90LWEtY3Vyc29y',
    Buffer.from('name:').toString('base64url'),
    Buffer.from('nothing:x').toString('base64url'),
  ])('a cursor that nobody gave, %s, is no error of ours', async (cursor) => {
    expect((await tidings.call('GET', `/v1/tenants?q=hill&cursor=${cursor}`)).status).toBe(200);
  });
});

test('a list of tenants says, when asked, how much each has sent and how its endpoints are', async () => {
  const receiver = await startReceiver((response, { path }) =>
    response.writeHead(path.includes('bad') ? 500 : 200).end(),
  );
  const tenant = await newTenant('Active');
  const add = async (body: object) =>
    (await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, body)).body.id;
  await add({ url: receiver.url });
  await add({ url: `${receiver.url}/bad`, retry_schedule: [] });
  await add({ url: receiver.url, enabled: false });
  await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });
  const activity = async () => (await all('/v1/tenants?q=Active&activity=true'))[0].activity;
  expect(await eventually(activity, ({ attempts }) => attempts === 2, 30_000)).toEqual({
    attempts: 2,
    failed: 1,
    standing: { failed: 1 },
    endpoints: { healthy: 1, failing: 1, disabled: 1 },
  });
  expect((await all('/v1/tenants?q=Active'))[0].activity).toBeUndefined();
});

test('an endpoint says in words how it is, and the operator finds those of all tenants that are in trouble', async () => {
  const receiver = await startReceiver(500);
  const tenant = await newTenant('Troubled', { external_id: 'troubled', disable_after_s: 7_200 });
  const lessonly = await newTenant('Stalls', { profile: 'lessonly' });
  const add = async (to: string, body: object) =>
    (await tidings.call('POST', `/v1/tenants/${to}/endpoints`, { url: receiver.url, ...body })).body;
  const failing = await add(tenant, { retry_schedule: [] });
  const off = await add(tenant, { enabled: false });
  const fine = await add(tenant, { event_types: ['nothing.for.it'] });
  const stalled = await add(lessonly, { retry_schedule: [] });
  expect(fine.health).toEqual({
    state: 'healthy',
    summary: expect.stringMatching(/^It is enabled, /),
    disables_at: null,
  });
  await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });
  const { body: types } = await tidings.call('GET', `/v1/tenants/${lessonly}/event-types`);
  await tidings.call('POST', `/v1/tenants/${lessonly}/events`, {
    type: 'lesson.completed',
    data: types.items[0].example,
  });
  const health = async (to: string, id: string) =>
    (await tidings.call('GET', `/v1/tenants/${to}/endpoints/${id}`)).body;
  const shown = await eventually(
    () => health(tenant, failing.id),
    ({ health }) => health.state === 'failing',
    30_000,
  );
  // The tenant's own setting counts, not the operator's.
  expect(Date.parse(shown.health.disables_at) - Date.parse(shown.failing_since)).toBe(7_200_000);
  await eventually(
    () => health(lessonly, stalled.id),
    ({ health }) => health.state === 'stalled',
    30_000,
  );
  const { items } = (await tidings.call('GET', `/v1/tenants/${tenant}/endpoints`)).body;
  expect(items.map((item: any) => [item.id, item.health.state])).toEqual([
    [fine.id, 'healthy'],
    [off.id, 'disabled'],
    [failing.id, 'failing'],
  ]);
  const ours = [failing.id, off.id, fine.id, stalled.id];
  const found = async (state: string, limit?: number) =>
    (await all(`/v1/endpoints${state && `?state=${state}`}`, limit)).filter(({ id }) => ours.includes(id));
  const idsOf = (listed: any[]) => listed.map(({ id }) => id);
  expect(idsOf(await found('failing'))).toEqual([failing.id]);
  expect(idsOf(await found('stalled'))).toEqual([stalled.id]);
  expect(idsOf(await found('disabled'))).toEqual([off.id]);
  expect(idsOf(await found('troubled', 1))).toEqual([stalled.id, off.id, failing.id]);
  expect(idsOf(await found(''))).toEqual([stalled.id, fine.id, off.id, failing.id]);
  const [listed] = await found('failing');
  expect(listed).toEqual({ ...shown, tenant: { name: 'Troubled', external_id: 'troubled' } });
});

test('a tenant says which settings apply, its own or those of the operator', async () => {
  const tenant = await newTenant('Settings');
  const get = async () => (await tidings.call('GET', `/v1/tenants/${tenant}`)).body;
  expect(await get()).toMatchObject({
    disable_after_s: null,
    payload_retention_days: null,
    in_force: { disable_after_s: 86_400, payload_retention_days: 30 },
  });
  await tidings.call('PATCH', `/v1/tenants/${tenant}`, { disable_after_s: 60, payload_retention_days: 7 });
  expect((await get()).in_force).toEqual({ disable_after_s: 60, payload_retention_days: 7 });
  await tidings.call('PATCH', `/v1/tenants/${tenant}`, { disable_after_s: null });
  expect((await get()).in_force).toEqual({ disable_after_s: 86_400, payload_retention_days: 7 });
});

test('metrics of a tenant say what waits of it and for what', async () => {
  const receiver = await startReceiver(500);
  const tenant = await newTenant('Waits');
  await newTenant('Waits not');
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, {
    url: receiver.url,
    retry_schedule: [3_600],
    ordered: true,
  });
  const waiting = async () => (await tidings.call('GET', `/v1/tenants/${tenant}/metrics`)).body.waiting;
  expect(await waiting()).toEqual([]);
  for (let n = 0; n < 3; n += 1)
    await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: n });
  const expected = [
    { status: 'held', held_reason: 'ordered', count: 2 },
    { status: 'retrying', held_reason: null, count: 1 },
  ];
  const sorted = async () => (await waiting()).sort((a: any, b: any) => (a.status < b.status ? -1 : 1));
  await eventually(sorted, (now) => JSON.stringify(now) === JSON.stringify(expected), 30_000);
});

test("a test call's answer holds the whole exchange: what was sent, what came back, why, and where to look again", async () => {
  const receiver = await startReceiver((response) =>
    response.writeHead(401, { 'x-why': 'no key' }).end('who are you?'),
  );
  const tenant = await newTenant('Hillside', { profile: 'reading-steps' });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, {
    url: receiver.url,
  });
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/endpoints/${endpoint.id}/test`, {});
  const [received] = receiver.received;
  expect(body).toMatchObject({
    id: expect.stringMatching(/^dlv_/),
    status: 'failed',
    is_test: true,
    body: received?.body.toString(),
    explanation: { summary: expect.any(String), action: expect.any(String), who: expect.any(String) },
    attempts: [
      {
        trigger: 'test',
        request: {
          method: 'POST',
          url: receiver.url,
          headers: { 'X-ReadingSteps-Signature': received?.headers['x-readingsteps-signature'] },
        },
        response: { status: 401, body: 'who are you?', headers: { 'x-why': 'no key' } },
        error: { code: 'http_status' },
        explanation: { cause: expect.any(String) },
      },
    ],
  });
  expect(JSON.parse(body.body)).toMatchObject({ event: 'test' });
  expect((await tidings.call('GET', `/v1/deliveries/${body.id}`)).body.body).toBe(body.body);
  await tidings.call('DELETE', `/v1/tenants/${tenant}/events/${body.event_id}/payload`);
  expect((await tidings.call('GET', `/v1/deliveries/${body.id}`)).body.body).toBeNull();
});

test('lists of all tenants are for admins alone', async () => {
  const tenant = await newTenant('Curious');
  const { body } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant,
    scopes: ['manage', 'emit'],
  });
  for (const path of ['/v1/endpoints', '/v1/tenants?q=a']) {
    expect((await apiClient(tidings.url, body.key)('GET', path)).status).toBe(403);
  }
});

test("the operator sees what runs, whether each part works, and the bounds in force; nobody's secret is among them", async () => {
  const { status, body } = await tidings.call('GET', '/v1/operator/status');
  expect(status).toBe(200);
  expect(body).toEqual({
    versions: {
      tidings: VERSION,
      node: process.version,
      postgresql: expect.stringMatching(/^\d+/),
      temporal: expect.stringMatching(/^\d+\.\d+/),
      schema: readdirSync(MIGRATIONS)
        .filter((name) => name.endsWith('.sql'))
        .sort()
        .at(-1),
    },
    readiness: (await tidings.call('GET', '/readyz')).body,
  });
  const { body: limits } = await tidings.call('GET', '/v1/operator/limits');
  const of = (name: string) => limits.items.find((each: any) => each.name === name);
  expect(of('TIDINGS_DISABLE_AFTER_S')).toMatchObject({
    value: 86_400,
    default: 432_000,
    description: expect.any(String),
  });
  expect(of('TIDINGS_MAX_OWN_EVENT_TYPES')).toMatchObject({ value: 200, default: 200, min: 0, max: 100_000 });
  expect(of('TIDINGS_PAGES')).toMatchObject({ value: 'on', default: 'on', min: null });
  const names = limits.items.map(({ name }: any) => name);
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(name).not.toMatch(/KEYS?$|URL|_PORT$|CIDRS|FILE|DIR|HOST/);
});

test('what is away is said, and is no error', async () => {
  const without = await startTestService({}, { temporalAddress: '127.0.0.1:1', untilWorking: false });
  try {
    const { status, body } = await without.call('GET', '/v1/operator/status');
    expect([status, body.versions.temporal, body.readiness.temporal]).toEqual([200, null, 'away']);
  } finally {
    await without.stop();
  }
});
