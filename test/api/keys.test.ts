/** API keys are shown once, told apart in lists, limited in number, and revoked. */
import { startProcess } from '../helpers/process.ts';
import { ADMIN_KEY, apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let tenant: string;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_TENANT_KEY_RATE: '20' });
  tenant = (await tidings.call('POST', '/v1/tenants', { name: 'Key holder', external_id: 'holder' })).body.id;
});
afterAll(() => tidings?.stop());

const make = async (more: object = {}) =>
  (await tidings.call('POST', '/v1/keys', { kind: 'tenant', tenant: 'holder', scopes: ['read'], ...more }))
    .body;

test('a key is shown once; lists and the database hold nothing that works', async () => {
  const { key, ...made } = await make({ name: 'CRM' });
  expect(made).toMatchObject({
    kind: 'tenant',
    tenant_id: tenant,
    scopes: ['read'],
    name: 'CRM',
    last_used_at: null,
  });
  const { text, body } = await tidings.call('GET', `/v1/keys?tenant=${tenant}`);
  expect(body.items).toContainEqual(made);
  expect(text).not.toContain(key);
  const { rows } = await tidings.database.db.query('select row_to_json(k)::text as row from api_keys k');
  expect(rows.map(({ row }) => row).join()).not.toContain(key);
});

test('the time when a key was last used is stored', async () => {
  const { key, id } = await make();
  await apiClient(tidings.url, key)('GET', `/v1/tenants/${tenant}`);
  const { body } = await tidings.call('GET', '/v1/keys?limit=200');
  expect(Date.parse(body.items.find((item: any) => item.id === id).last_used_at)).toBeLessThanOrEqual(
    Date.now(),
  );
});

test('a revoked key is refused at once, and within a second by another process', async () => {
  const { key, id } = await make();
  const other = await startProcess('api', {
    databaseUrl: tidings.database.url,
    taskQueue: tidings.taskQueue,
  });
  const path = `/v1/tenants/${tenant}`;
  expect(await apiClient(tidings.url, key)('GET', path)).toMatchObject({ status: 200 });
  expect(await apiClient(other.url, key)('GET', path)).toMatchObject({ status: 200 });
  expect(await tidings.call('DELETE', `/v1/keys/${id}`)).toMatchObject({ status: 204 });
  expect(await apiClient(tidings.url, key)('GET', path)).toMatchObject({ status: 401 });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await apiClient(other.url, key)('GET', path)).toMatchObject({ status: 401 });
  expect(await tidings.call('DELETE', `/v1/keys/${id}`)).toMatchObject({ status: 404 });
  expect((await tidings.call('GET', '/v1/keys?limit=200')).text).not.toContain(id);
  await other.stop();
});

test("a deleted tenant's keys open nothing", async () => {
  const { body: gone } = await tidings.call('POST', '/v1/tenants', { name: 'Gone' });
  const { key } = await make({ tenant: gone.id });
  await tidings.call('DELETE', `/v1/tenants/${gone.id}`);
  expect(await apiClient(tidings.url, key)('GET', `/v1/tenants/${gone.id}`)).toMatchObject({ status: 401 });
});

test('an admin key made here may do everything, until it is revoked', async () => {
  const { key, id } = (await tidings.call('POST', '/v1/keys', { kind: 'admin', name: 'second' })).body;
  const call = apiClient(tidings.url, key);
  expect(await call('GET', '/v1/tenants')).toMatchObject({ status: 200 });
  expect(await call('DELETE', `/v1/keys/${id}`)).toMatchObject({ status: 204 });
  expect(await call('GET', '/v1/tenants')).toMatchObject({ status: 401 });
});

test.each([
  ['a tenant key without scopes', { kind: 'tenant', tenant: 'holder', scopes: [] }],
  ['an unknown scope', { kind: 'tenant', tenant: 'holder', scopes: ['write'] }],
  ['a tenant key without a tenant', { kind: 'tenant', scopes: ['read'] }],
  ['an admin key with scopes', { kind: 'admin', scopes: ['read'] }],
  ['an unknown kind', { kind: 'root' }],
])('%s is refused with the field', async (_name, body) => {
  const answer = await tidings.call('POST', '/v1/keys', body);
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'validation_failed', errors: expect.any(Array) },
  });
});

test('a key that asks too often is told when to ask again; others are served meanwhile', async () => {
  const [greedy, modest, roomy] = [
    await make(),
    await make(),
    await make({ rate_limit: { per_second: 500 } }),
  ];
  const statuses = async (key: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => apiClient(tidings.url, key)('GET', `/v1/tenants/${tenant}`)),
    );
  const answers = await statuses(greedy.key, 80);
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(20);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({ body: { code: 'too_many_requests' } });
  expect(refused[0]?.headers.get('retry-after')).toBe('1');
  expect((await statuses(modest.key, 5)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect((await statuses(roomy.key, 80)).every(({ status }) => status === 200)).toBe(true);
  expect((await statuses(ADMIN_KEY, 80)).every(({ status }) => status === 200)).toBe(true);
});

test('while the database is away the admin key still works, and other keys are not refused as unknown', async () => {
  const lonely = await startTestService();
  const { key } = (await lonely.call('POST', '/v1/keys', { kind: 'admin' })).body;
  await lonely.database.db.query(`alter table api_keys rename to api_keys_away`);
  expect((await apiClient(lonely.url, key)('GET', '/v1/keys')).status).toBe(500);
  expect((await apiClient(lonely.url)('GET', '/v1/tenants')).status).toBe(200);
  await lonely.stop();
});
