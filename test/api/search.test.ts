/** Search: whatever a person has at hand is found, by its beginning too, and nobody finds what belongs to others. */
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
const names: Record<string, string> = {};
const keys: Record<string, string> = {};

beforeAll(async () => {
  tidings = await startTestService();
  const receiver = await startReceiver();
  for (const who of ['mine', 'other']) {
    const { body: tenant } = await tidings.call('POST', '/v1/tenants', {
      name: `Hillside ${who}`,
      external_id: `school-${who}`,
      profile: who === 'mine' ? 'scorm-api' : 'standard-webhooks',
    });
    const base = `/v1/tenants/${tenant.id}`;
    const { body: key } = await tidings.call('POST', '/v1/keys', {
      kind: 'tenant',
      tenant: tenant.id,
      scopes: ['read'],
    });
    const { body: endpoint } = await tidings.call('POST', `${base}/endpoints`, {
      url: `https://hooks.${who}.example.com:8443/Path/to?token=secret-${who}`,
      enabled: false,
    });
    const { body: working } = await tidings.call('POST', `${base}/endpoints`, { url: receiver.url });
    const { body: event } = await tidings.call(
      'POST',
      `${base}/events`,
      {
        id: `order-${who}-1`,
        type: 'session.created',
        data: { session_id: 's', package_id: 'p', user_id: 'u' },
      },
      { 'idempotency-key': `request-${who}` },
    );
    const type = await tidings.call('POST', `${base}/event-types`, { name: `own.${who}`, example: {} });
    expect(type.status).toBe(201);
    const since = new Date(0).toISOString();
    const { body: operation } = await tidings.call('POST', `${base}/endpoints/${working.id}/recover`, {
      since,
    });
    const { body: gone } = await tidings.call('POST', `${base}/endpoints`, {
      url: `https://gone.${who}.example.com/`,
    });
    await tidings.call('DELETE', `${base}/endpoints/${gone.id}`);
    const asked = { kind: 'tenant', tenant: tenant.id, scopes: ['manage'], name: `CRM of ${who}` };
    const { body: manager } = await tidings.call('POST', '/v1/keys', asked);
    const { body: session } = await tidings.call('POST', '/v1/sessions', { key: manager.key });
    const { body: link } = await tidings.call('POST', `${base}/portal-sessions`, {});
    const code = new URL(link.url).hash.replace('#code=', '');
    const { body: portal } = await tidings.call('POST', '/v1/portal-sessions/exchange', { code });
    keys[who] = key.key;
    keys[`${who} manager`] = manager.key;
    keys[`${who} portal`] = portal.bearer;
    Object.assign(names, {
      [`${who} tenant`]: tenant.id,
      [`${who} key`]: key.id,
      [`${who} endpoint`]: endpoint.id,
      [`${who} event`]: event.id,
      [`${who} delivery`]: event.deliveries[0].id,
      [`${who} operation`]: operation.id,
      [`${who} gone`]: gone.id,
      [`${who} session`]: session.id,
      [`${who} portal session`]: link.id,
    });
  }
});
afterAll(() => tidings?.stop());

const find = async (q: string, call: TestService['call'] = tidings.call, more = '') => {
  const { status, body } = await call('GET', `/v1/search?q=${encodeURIComponent(q)}${more}`);
  expect(status).toBe(200);
  return body.items as any[];
};
const filled = (text: string) => text.replace(/\{(.*?)\}/g, (_, name: string) => names[name] ?? name);

type Case = [q: string, type: string, id: string, matched: string, exact: boolean];
const CASES: Case[] = [
  ['{mine tenant}', 'tenant', '{mine tenant}', 'id', true],
  ['school-mine', 'tenant', '{mine tenant}', 'external_id', true],
  ['school-mi', 'tenant', '{mine tenant}', 'external_id', false],
  ['hillSIDE m', 'tenant', '{mine tenant}', 'name', false],
  ['Hillside mine', 'tenant', '{mine tenant}', 'name', true],
  ['  {mine endpoint}  ', 'endpoint', '{mine endpoint}', 'id', true],
  ['https://hooks.mine.example.com:8443/Path/to?token=another', 'endpoint', '{mine endpoint}', 'url', true],
  ['HTTPS://hooks.mine.example.com:8443/Path', 'endpoint', '{mine endpoint}', 'url', false],
  ['https://hooks.mi', 'endpoint', '{mine endpoint}', 'url', false],
  ['hooks.mine.example.com:8443/Pa', 'endpoint', '{mine endpoint}', 'url', false],
  ['Hooks.Mine.example.com:8443', 'endpoint', '{mine endpoint}', 'host', true],
  ['hooks.min', 'endpoint', '{mine endpoint}', 'host', false],
  ['{mine event}', 'event', '{mine event}', 'id', true],
  ['order-mine', 'event', '{mine event}', 'id', false],
  ['request-mine', 'event', '{mine event}', 'idempotency_key', true],
  ['{mine delivery}', 'delivery', '{mine delivery}', 'id', true],
  ['{mine operation}', 'operation', '{mine operation}', 'id', true],
  ['own.mine', 'event_type', 'own.mine', 'name', true],
  ['own.mi', 'event_type', 'own.mine', 'name', false],
  ['session.crea', 'event_type', 'session.created', 'name', false],
];

test.each(CASES)('%s is found: %s %s, by its %s', async (q, type, id, matched, exact) => {
  const hits = await find(filled(q));
  const hit = hits.find((each) => each.type === type && each.id === filled(id));
  expect(hit).toMatchObject({ matched, exact, deleted: false, title: expect.stringMatching(/./) });
  expect(JSON.stringify(hits)).not.toContain('secret-');
  // Where it leads, there is something.
  expect((await tidings.call('GET', hit.path)).status).toBe(200);
  // What is exactly meant comes first.
  expect(hits.findLastIndex((each) => each.exact)).toBe(hits.filter((each) => each.exact).length - 1);
});

test.each(CASES)(
  '%s: its own tenant finds it, with paths that it may use',
  async (q, type, id, _matched, exact) => {
    const call = apiClient(tidings.url, keys.mine);
    const hits = await find(filled(q), call);
    const hit = hits.find((each) => each.type === type && each.id === filled(id));
    expect(hit).toMatchObject({ exact, tenant_id: names['mine tenant'] });
    expect((await call('GET', hit.path)).status).toBe(200);
    expect(new Set(hits.map((each) => each.tenant_id))).toEqual(new Set([names['mine tenant']]));
  },
);

test.each(CASES)('%s: another tenant does not find it', async (q, type, id) => {
  const hits = await find(filled(q), apiClient(tidings.url, keys.other));
  expect(hits.filter((each) => each.tenant_id !== names['other tenant'])).toEqual([]);
  expect(
    hits.filter((each) => each.type === type && each.id === filled(id) && type !== 'event_type'),
  ).toEqual([]);
});

test('by the words of the SCORM API, its things are found', async () => {
  const asWebhook = names['mine endpoint']?.replace('ep_', 'webhook_') ?? '';
  expect(await find(asWebhook)).toMatchObject([{ type: 'endpoint', id: names['mine endpoint'] }]);
  const asDelivery = names['mine delivery']?.replace('dlv_', 'delivery_') ?? '';
  expect(await find(asDelivery)).toMatchObject([{ type: 'delivery', id: names['mine delivery'] }]);
});

test('a key is found by admins alone, and leads to what was done to it', async () => {
  const key = names['mine key'] ?? '';
  const [hit] = await find(key);
  expect(hit).toMatchObject({ type: 'key', id: key, exact: true });
  expect((await tidings.call('GET', hit.path)).body.items).toMatchObject([{ action: 'key.created' }]);
  expect(await find(key, apiClient(tidings.url, keys.mine))).toEqual([]);
});

test.each([
  ['session', '{mine session}', 'CRM of mine'],
  ['portal_session', '{mine portal session}', 'view, endpoints, send_test, retry, replay'],
])(
  'a %s is found by those who may list it, by its beginning too, and by nobody else',
  async (type, name, title) => {
    const id = filled(name);
    for (const key of [undefined, keys['mine manager']]) {
      const call = apiClient(tidings.url, key);
      for (const q of [id, id.slice(0, -3)]) {
        const hit = (await find(q, call)).find((each) => each.id === id);
        expect(hit).toMatchObject({
          type,
          title,
          tenant_id: names['mine tenant'],
          exact: q === id,
          deleted: false,
        });
        const { body } = await call('GET', hit.path);
        expect(body.items.map((entry: any) => entry.action)).toContain(`${type}.created`);
      }
      expect(await find(id, call, '&tenant=school-mine')).toHaveLength(1);
    }
    for (const key of [
      keys.mine,
      keys.other,
      keys['other manager'],
      keys['mine portal'],
      keys['other portal'],
    ]) {
      const call = apiClient(tidings.url, key);
      for (const q of [id, id.slice(0, -3), id.slice(0, 4)])
        expect((await find(q, call)).filter((each) => each.id === id)).toEqual([]);
    }
  },
);

test('a portal session finds what its tenant has, but no keys, no sessions, and no portal sessions', async () => {
  const call = apiClient(tidings.url, keys['mine portal']);
  for (const [name, id] of Object.entries(names)) {
    const isFound = name.startsWith('mine ') && !/key|session$/.test(name);
    expect([name, (await find(id, call)).some((each) => each.id === id)]).toEqual([name, isFound]);
  }
});

test('a session whose time is over is found as one that is no more, until it is pruned', async () => {
  const { body: made } = await tidings.call('POST', '/v1/tenants/school-mine/portal-sessions', {});
  const { body: session } = await tidings.call('POST', '/v1/sessions', { key: keys['mine manager'] });
  for (const table of ['sessions', 'portal_sessions'])
    await tidings.database.db.query(`update ${table} set expires_at = now() where id = any($1)`, [
      [made.id, session.id],
    ]);
  for (const id of [made.id, session.id])
    expect(await find(id)).toMatchObject([{ id, exact: true, deleted: true, path: null }]);
});

test('a deleted endpoint is found by its id and leads nowhere', async () => {
  expect(await find(names['mine gone'] ?? '')).toMatchObject([
    { type: 'endpoint', deleted: true, path: null },
  ]);
  expect(await find('gone.mine.example.com')).toEqual([]);
});

test("an admin may look through one tenant's things; a tenant's key not through another's", async () => {
  const both = await find('hooks.');
  expect(both.map((each) => each.tenant_id).sort()).toEqual(
    [names['mine tenant'], names['other tenant']].sort(),
  );
  const one = await find('hooks.', tidings.call, '&tenant=school-other');
  expect(one.map((each) => each.id)).toEqual([names['other endpoint']]);
  const refused = await apiClient(tidings.url, keys.mine)('GET', '/v1/search?q=hooks.&tenant=school-other');
  expect(refused).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

test.each([
  '%',
  '_',
  '%25',
  "'",
  'ep_%',
  'https://',
  'https://[',
  'http://a b/',
  'dlv_\u{10FFFF}',
  'é'.repeat(500),
  'own.*',
  '..',
  '\\',
])('%s is looked for as it stands, and nothing is found', async (q) => {
  expect(await find(q)).toEqual([]);
  expect(await find(q, apiClient(tidings.url, keys.mine))).toEqual([]);
});

test.each([
  ['nothing', ''],
  ['spaces', '?q=%20%20'],
  ['nothing in it', '?q='],
  ['NUL', '?q=a%00b'],
  ['more than a URL may be long', `?q=${'a'.repeat(2_049)}`],
])('a search for %s is refused', async (_name, query) => {
  const refused = await tidings.call('GET', `/v1/search${query}`);
  expect(refused).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
});
