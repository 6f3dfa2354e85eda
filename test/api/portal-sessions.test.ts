/** Portal sessions: a link that opens one tenant's portal once, and does there what it was made for, until it ends. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { ActivityDeps } from '../../activities/deps.ts';
import { prunePayloads } from '../../activities/prune-payloads.ts';
import { CAPABILITIES, type Capability, PORTAL_ROUTES } from '../../src/domain/access.ts';
import { eraseTenantItself } from '../../src/store/erasure.ts';
import { transaction } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { apiClient } from '../helpers/service.ts';

let database: TestDatabase;
let tidings: TestProcess;
let other: TestProcess;
let tenant: string;
let endpoint: string;
let delivery: string;
let event: string;
let key: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const settings = { databaseUrl: database.url, taskQueue: `portal-${randomUUID()}` };
  [tidings, other] = await Promise.all([
    startProcess('api', {
      ...settings,
      TIDINGS_LOG_LEVEL: 'trace',
      TIDINGS_PORTAL_SESSIONS_PER_TENANT: '100',
      TIDINGS_PUBLIC_URL: 'https://hooks.example.com',
    }),
    startProcess('api', { ...settings, TIDINGS_WRONG_KEY_RATE: '1' }),
  ]);
  tenant = (await tidings.call('POST', '/v1/tenants', { name: 'Customer', external_id: 'customer' })).body.id;
  endpoint = (await tidings.call('POST', `${path()}/endpoints`, { url: 'https://example.com/?token=geheim' }))
    .body.id;
  const { body } = await tidings.call('POST', `${path()}/events`, { type: 'a.b', data: {} });
  delivery = body.deliveries[0].id;
  event = body.id;
  key = (await newKey()).key;
});
afterAll(async () => {
  await Promise.all([tidings?.stop(), other?.stop()]);
  await database?.drop();
});

const path = () => `/v1/tenants/${tenant}`;
const newKey = async () =>
  (await tidings.call('POST', '/v1/keys', { kind: 'tenant', tenant, scopes: ['manage'] })).body;
const noKey = { 'x-api-key': '' };
const codeOf = (url: string) => new URL(url).hash.replace('#code=', '');
const exchange = (code: unknown) => tidings.call('POST', '/v1/portal-sessions/exchange', { code }, noKey);
const asPortal =
  (bearer: string, at: TestProcess = tidings) =>
  (method: string, url: string, body?: unknown) =>
    at.call(method, url, body, { ...noKey, authorization: `Bearer ${bearer}` });

async function link(body: object = {}, call = tidings.call): Promise<{ id: string; code: string }> {
  const answer = await call('POST', `${path()}/portal-sessions`, body);
  expect(answer.status).toBe(201);
  return { id: answer.body.id, code: codeOf(answer.body.url) };
}

async function portal(body: object = {}, call = tidings.call): Promise<{ id: string; bearer: string }> {
  const { id, code } = await link(body, call);
  const answer = await exchange(code);
  expect(answer.status).toBe(200);
  return { id, bearer: answer.body.bearer };
}

test('a link leads to the portal, and holds a code where no server sees it', async () => {
  const { body } = await tidings.call('POST', '/v1/tenants/customer/portal-sessions', {});
  expect(body).toEqual({
    id: expect.stringMatching(/^prt_/),
    url: expect.stringMatching(/^https:\/\/hooks\.example\.com\/portal\/#code=tidings_link_[\w-]{43}$/),
    expires_at: expect.any(String),
  });
  const { rows } = await database.db.query(
    'select extract(epoch from expires_at - created_at)::int as s from portal_sessions where id = $1',
    [body.id],
  );
  expect(rows).toEqual([{ s: 3_600 }]);
});

test('the code is exchanged once; the answer says whose portal it is, what may be done there, and how it looks', async () => {
  const theme = {
    name: 'Hillside',
    logo: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==',
    accent: '#0A7',
    mode: 'dark',
    navigation: false,
  };
  const { id, code } = await link({
    capabilities: ['retry'],
    expires_in_seconds: 604_800,
    return_url: 'https://example.com/back?a=b',
    theme,
  });
  const answers = await Promise.all(Array.from({ length: 5 }, () => exchange(code)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  const { bearer, ...own } = answers.find(({ status }) => status === 200)?.body ?? {};
  expect(own).toMatchObject({
    id,
    tenant_id: tenant,
    capabilities: ['view', 'retry'],
    return_url: 'https://example.com/back?a=b',
    theme,
  });
  expect((await asPortal(bearer, other)('GET', '/v1/portal-sessions/current')).body).toEqual(own);
  expect(await exchange(code)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});

test.each([
  ['is no JSON', '\u202e{'],
  ['is something else', '[1]'],
  ['holds a logo that was never allowed', '{"logo":"data:image/svg+xml;base64,PHN2Zz4="}'],
])('a stored theme that %s keeps nobody out', async (_what, stored) => {
  const { id, code } = await link({ theme: { name: 'Hillside' } });
  await database.db.query('update portal_sessions set theme = $2 where id = $1', [id, stored]);
  const { status, body } = await exchange(code);
  const plain = { mode: 'auto', navigation: true };
  expect([status, body.theme]).toEqual([200, plain]);
  expect((await asPortal(body.bearer)('GET', '/v1/portal-sessions/current')).body.theme).toEqual(plain);
});

test('a session that asks for nothing may do everything but see secrets', async () => {
  const { bearer } = await portal();
  const { body } = await asPortal(bearer)('GET', '/v1/portal-sessions/current');
  expect(body.capabilities).toEqual(['view', 'endpoints', 'send_test', 'retry', 'replay']);
  expect(body.theme).toEqual({ mode: 'auto', navigation: true });
});

describe('each capability opens what it is for, and nothing else', () => {
  /** A request that changes nothing that another test needs, and what it is answered when it is allowed. */
  const ASKS: Record<Capability, [method: string, url: () => string, body: unknown, status: number][]> = {
    view: [
      ['GET', path, undefined, 200],
      ['GET', () => `${path()}/endpoints`, undefined, 200],
      ['GET', () => `/v1/deliveries/${delivery}`, undefined, 200],
      ['GET', () => '/v1/operational-events', undefined, 200],
      ['GET', () => `${path()}/events/${event}/explain`, undefined, 200],
      ['GET', () => `/v1/search?q=${endpoint}`, undefined, 200],
    ],
    endpoints: [
      ['PATCH', () => `${path()}/endpoints/${endpoint}`, { description: 'Mine' }, 200],
      ['GET', () => '/v1/audit-log', undefined, 200],
    ],
    secrets: [
      ['GET', () => `${path()}/endpoints/${endpoint}/secret`, undefined, 200],
      ['GET', () => `${path()}/endpoints/${endpoint}?reveal=true`, undefined, 200],
      ['GET', () => `/v1/deliveries/${delivery}?reveal=true`, undefined, 200],
      ['GET', () => `/v1/deliveries/${delivery}/curl?reveal=true`, undefined, 200],
    ],
    // Nothing runs tests, workflows and operations here: that it is let in shows by what else it is refused for.
    send_test: [['POST', () => `${path()}/endpoints/none/test`, {}, 404]],
    retry: [
      ['POST', () => '/v1/deliveries/none/retry', undefined, 404],
      ['POST', () => '/v1/deliveries/none/cancel', undefined, 404],
      ['POST', () => `${path()}/deliveries/retry`, { endpoint_id: 'none' }, 404],
      ['POST', () => `${path()}/deliveries/bulk-retry`, { filter: {}, dry_run: true }, 200],
      ['POST', () => `${path()}/deliveries/bulk-cancel`, { filter: {}, dry_run: true }, 200],
    ],
    replay: [
      ['POST', () => `${path()}/endpoints/none/replay`, { since: '2024-01-15T10:30:00Z' }, 404],
      ['POST', () => `${path()}/endpoints/none/recover`, { since: '2024-01-15T10:30:00Z' }, 404],
    ],
  };

  test.each(CAPABILITIES)('%s', async (capability) => {
    const { bearer } = await portal({ capabilities: [capability] });
    for (const [needed, asks] of Object.entries(ASKS)) {
      for (const [method, url, body, status] of asks) {
        const answer = await asPortal(bearer)(method, url(), body);
        const isOpen = needed === 'view' || needed === capability;
        expect([method, url(), answer.status]).toEqual([method, url(), isOpen ? status : 403]);
      }
    }
  });

  test('and none opens keys, emits, other sessions or the events of all tenants', async () => {
    const { bearer } = await portal({ capabilities: CAPABILITIES });
    const closed: [method: string, url: string, body?: unknown][] = [
      ['POST', `${path()}/events`, { type: 'a.b', data: {} }],
      ['POST', `${path()}/portal-sessions`, {}],
      ['GET', `${path()}/portal-sessions`],
      ['GET', '/v1/sessions'],
      ['GET', '/v1/sessions/current'],
      ['GET', '/v1/keys'],
      ['GET', '/v1/tenants'],
      ['DELETE', path()],
    ];
    for (const [method, url, body] of closed) {
      expect([method, url, (await asPortal(bearer)(method, url, body)).status]).toEqual([method, url, 403]);
    }
    // Nor is there a session of a key in it.
    expect((await exchange(bearer)).status).toBe(401);
    const asKey = await tidings.call('POST', '/v1/sessions', { key: bearer }, noKey);
    expect(asKey.status).toBe(401);
  });
});

test('its search finds what its tenant has, and nothing of another', async () => {
  const { body: stranger } = await tidings.call('POST', '/v1/tenants', {
    name: 'Customer',
    external_id: 'customer-2',
  });
  const { body: strange } = await tidings.call('POST', `/v1/tenants/${stranger.id}/endpoints`, {
    url: 'https://example.com/theirs',
  });
  const { bearer } = await portal();
  const found = async (q: string) => {
    const { status, body } = await asPortal(bearer)('GET', `/v1/search?q=${encodeURIComponent(q)}`);
    expect([q, status]).toEqual([q, 200]);
    return body.items.map(({ id }: any) => id);
  };
  expect(await found('example.com')).toEqual([endpoint]);
  expect(await found(event)).toEqual([event]);
  expect(await found('Customer')).toEqual([tenant]);
  for (const q of [strange.id, stranger.id, 'customer-2', 'key_', strange.url])
    expect(await found(q)).toEqual([]);
  const asked = await asPortal(bearer)('GET', `/v1/search?q=example.com&tenant=${stranger.id}`);
  expect(asked).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

test('every route of the table is a route of the reference', async () => {
  const { paths } = (await tidings.call('GET', '/openapi.json')).body;
  const routes = Object.entries<Record<string, object>>(paths).flatMap(([url, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${url.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(Object.keys(PORTAL_ROUTES).filter((route) => !routes.includes(route))).toEqual([]);
});

test('contacts that a portal session sets must be verified, and it sets nothing else of its tenant', async () => {
  const { bearer } = await portal();
  const { status, body } = await asPortal(bearer)('PATCH', path(), { contacts: ['me@example.com'] });
  expect([status, body.contact_states]).toMatchObject([
    200,
    [{ address: 'me@example.com', state: 'pending' }],
  ]);
  for (const change of [{ name: 'Mine' }, { payload_retention_days: 1 }, { external_id: 'mine' }]) {
    const refused = await asPortal(bearer)('PATCH', path(), { contacts: [], ...change });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  }
});

describe('it ends at once, in every process', () => {
  type Made = { id: string; bearer: string; keyId: string };
  const ends: [how: string, end: (made: Made) => Promise<unknown>, others: 'and all others' | 'alone'][] = [
    ['when it is ended', ({ id }) => tidings.call('DELETE', `${path()}/portal-sessions/${id}`), 'alone'],
    [
      'when it ends itself',
      ({ bearer }) => asPortal(bearer)('DELETE', '/v1/portal-sessions/current'),
      'alone',
    ],
    [
      'when its time is over',
      ({ id }) => database.db.query('update portal_sessions set expires_at = now() where id = $1', [id]),
      'alone',
    ],
    [
      'with the key that made it',
      ({ keyId }) => tidings.call('DELETE', `/v1/keys/${keyId}`),
      'and all others',
    ],
    [
      'with the key, revoked by a version that knows no sessions',
      ({ keyId }) => database.db.query('update api_keys set revoked_at = now() where id = $1', [keyId]),
      'and all others',
    ],
  ];
  test.each(ends)('%s', async (_how, end, others) => {
    const made = await newKey();
    const call = apiClient(tidings.url, made.key);
    const open = await portal({}, call);
    const waiting = await link({}, call);
    expect((await asPortal(open.bearer, other)('GET', path())).status).toBe(200);
    await end({ ...open, keyId: made.id });
    for (const at of [tidings, other])
      expect((await asPortal(open.bearer, at)('GET', path())).status).toBe(401);
    expect((await exchange(waiting.code)).status).toBe(others === 'alone' ? 200 : 401);
    const { body } = await tidings.call('GET', `${path()}/portal-sessions?limit=200`);
    const ids = body.items.map((item: any) => item.id);
    expect([ids.includes(open.id), ids.includes(waiting.id)]).toEqual([false, others === 'alone']);
  });

  test("when the environment's admin key, which made it, is changed; links that are not used yet, too", async () => {
    const made = await portal();
    const waiting = await link();
    const ofKey = await portal({}, apiClient(tidings.url, key));
    const changed = await startProcess('api', {
      databaseUrl: database.url,
      taskQueue: `portal-${randomUUID()}`,
      TIDINGS_ADMIN_KEY: 'another-admin-key-0123456789',
    });
    try {
      expect((await asPortal(made.bearer, changed)('GET', path())).status).toBe(401);
      const exchanged = await changed.call(
        'POST',
        '/v1/portal-sessions/exchange',
        { code: waiting.code },
        noKey,
      );
      expect(exchanged).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect((await asPortal(ofKey.bearer, changed)('GET', path())).status).toBe(200);
      // With the old key it is as it was.
      expect((await asPortal(made.bearer)('GET', path())).status).toBe(200);
      expect((await exchange(waiting.code)).status).toBe(200);
    } finally {
      await changed.stop();
    }
  });

  test('but not with an upgrade: what the version before has made or exchanged goes on', async () => {
    const made = await portal();
    const waiting = await link();
    await database.db.query(
      'update portal_sessions set bearer_proof = null, code_proof = null where id = any($1)',
      [[made.id, waiting.id]],
    );
    expect((await asPortal(made.bearer)('GET', path())).status).toBe(200);
    expect((await exchange(waiting.code)).status).toBe(200);
  });

  test('with its tenant', async () => {
    const { body: gone } = await tidings.call('POST', '/v1/tenants', { name: 'Gone' });
    const { body } = await tidings.call('POST', `/v1/tenants/${gone.id}/portal-sessions`, {});
    const { bearer } = (await exchange(codeOf(body.url))).body;
    const get = () => asPortal(bearer, other)('GET', `/v1/tenants/${gone.id}`);
    expect((await get()).status).toBe(200);
    await tidings.call('DELETE', `/v1/tenants/${gone.id}`);
    expect((await get()).status).toBe(401);
  });
});

test('a tenant lists and ends its own, and no other tenant does', async () => {
  const { body: stranger } = await tidings.call('POST', '/v1/tenants', { name: 'Stranger' });
  const { body: strange } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: stranger.id,
    scopes: ['manage'],
  });
  const { id, bearer } = await portal();
  const own = (await apiClient(tidings.url, key)('GET', `${path()}/portal-sessions?limit=200`)).body.items;
  expect(own.find((item: any) => item.id === id)).toMatchObject({
    key_id: 'admin',
    exchanged_at: expect.any(String),
  });
  const asStranger = apiClient(tidings.url, strange.key);
  expect((await asStranger('GET', `${path()}/portal-sessions`)).status).toBe(404);
  expect((await asStranger('DELETE', `${path()}/portal-sessions/${id}`)).status).toBe(404);
  expect((await asStranger('DELETE', `/v1/tenants/${stranger.id}/portal-sessions/${id}`)).status).toBe(404);
  expect((await asPortal(bearer)('GET', path())).status).toBe(200);
  expect((await asPortal(bearer)('GET', `/v1/tenants/${stranger.id}`)).status).toBe(404);
  expect((await apiClient(tidings.url, key)('DELETE', `${path()}/portal-sessions/${id}`)).status).toBe(204);
});

test.each([
  ['capabilities.0', { capabilities: ['admin'] }],
  ['capabilities', { capabilities: 'view' }],
  ['expires_in_seconds', { expires_in_seconds: 0 }],
  ['expires_in_seconds', { expires_in_seconds: 604_801 }],
  ['expires_in_seconds', { expires_in_seconds: 1.5 }],
  ['return_url', { return_url: 'javascript:alert(1)' }],
  ['return_url', { return_url: '/back' }],
  ['return_url', { return_url: 'https://user:secret@example.com/' }],
  ['theme.logo', { theme: { logo: 'data:image/svg+xml;base64,PHN2Zy8+' } }],
  ['theme.logo', { theme: { logo: `data:image/png;base64,iVBORw0KGgo${'A'.repeat(64_000)}` } }],
  ['theme.accent', { theme: { accent: 'red;background:url(//x)' } }],
  ['theme.mode', { theme: { mode: 'sepia' } }],
  ['theme.navigation', { theme: { navigation: 'no' } }],
  ['theme.name', { theme: { name: 'x'.repeat(101) } }],
  ['theme.name', { theme: { name: ' ' } }],
])('%s is named when it is wrong (%#)', async (field, body) => {
  const answer = await tidings.call('POST', `${path()}/portal-sessions`, body);
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(answer.body.errors.map((error: any) => error.path)).toContain(field);
});

test('a tenant may have a limited number of them, and is told what to do', async () => {
  const { body: busy } = await tidings.call('POST', '/v1/tenants', { name: 'Busy' });
  const make = () => tidings.call('POST', `/v1/tenants/${busy.id}/portal-sessions`, {});
  for (let n = 0; n < 100; n += 1) expect((await make()).status).toBe(201);
  expect(await make()).toMatchObject({ status: 422, body: { code: 'limit_reached' } });
});

test('the audit log says who made it, who used its link, and what was done through it', async () => {
  const { id, bearer } = await portal({}, apiClient(tidings.url, key));
  await asPortal(bearer)('PATCH', `${path()}/endpoints/${endpoint}`, { description: 'By the customer' });
  await asPortal(bearer)('DELETE', '/v1/portal-sessions/current');
  const { body } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant}&limit=4`);
  const actor = { key_id: id };
  expect(body.items).toMatchObject([
    { action: 'portal_session.ended', object_id: id, actor },
    { action: 'endpoint.updated', object_id: endpoint, actor },
    { action: 'portal_session.exchanged', object_id: id, actor },
    { action: 'portal_session.created', object_id: id, details: { capabilities: expect.any(Array) } },
  ]);
});

test('no code and no bearer stands in the database or in the log', async () => {
  const waiting = await link();
  const used = await link();
  const { bearer } = (await exchange(used.code)).body;
  await asPortal(bearer)('GET', path());
  await asPortal(bearer)('GET', '/v1/nothing');
  await exchange(used.code);
  const { rows } = await database.db.query<{ row: string }>(
    `select row_to_json(p)::text as row from portal_sessions p union all select row_to_json(a)::text from audit_log a`,
  );
  for (const secret of [waiting.code, used.code, bearer]) {
    expect(rows.map(({ row }) => row).join()).not.toContain(secret);
    expect(tidings.log.join('\n')).not.toContain(secret);
  }
});

test('a link whose session has ended opens nothing', async () => {
  const ended = await link();
  await tidings.call('DELETE', `${path()}/portal-sessions/${ended.id}`);
  const expired = await link();
  await database.db.query('update portal_sessions set expires_at = now() where id = $1', [expired.id]);
  for (const { code } of [ended, expired])
    expect(await exchange(code)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});

test.each([{}, { code: 1 }, { code: '' }, { code: 'c'.repeat(2_000) }, { code: 'x', more: 1 }])(
  'an exchange of %j is refused',
  async (body) => {
    const answer = await tidings.call('POST', '/v1/portal-sessions/exchange', body, noKey);
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  },
);

test('the erasure of a tenant leaves nothing of its sessions', async () => {
  const { body: gone } = await tidings.call('POST', '/v1/tenants', { name: 'Gone' });
  const grant = { kind: 'tenant', tenant: gone.id, scopes: ['read'] };
  const { body: made } = await tidings.call('POST', '/v1/keys', grant);
  await tidings.call('POST', '/v1/sessions', { key: made.key }, noKey);
  await tidings.call('POST', `/v1/tenants/${gone.id}/portal-sessions`, { theme: { name: 'Personal' } });
  const left = async () => {
    const { rows } = await database.db.query(
      'select id from sessions where tenant_id = $1 union all select id from portal_sessions where tenant_id = $1',
      [gone.id],
    );
    return rows.length;
  };
  expect(await left()).toBe(2);
  await transaction(database.db, (client) => eraseTenantItself(client, gone.id));
  expect(await left()).toBe(0);
});

test('what has ended is deleted when payloads are pruned, and what is in force stays', async () => {
  const { id } = await portal();
  await database.db.query(`update portal_sessions set expires_at = now() - interval '1 s' where id <> $1`, [
    id,
  ]);
  const deps = { db: database.db, payloadRetentionDays: 30 } as ActivityDeps;
  await prunePayloads(deps, { tenantId: '', after: null });
  expect((await database.db.query('select id from portal_sessions')).rows).toEqual([{ id }]);
});

test('a flood of wrong codes from an address is refused in part; a bearer in use there is not, and a new link works afterwards', async () => {
  const { bearer } = await portal();
  // Whatever is wrong counts together: wrong keys keep the address suspect while codes get no answer.
  let isOver = false;
  const wrongKey = () => other.call('GET', path(), undefined, { 'x-api-key': randomUUID() });
  const round = () => Promise.all(Array.from({ length: 15 }, wrongKey));
  expect(new Set((await round()).map(({ status }) => status))).toEqual(new Set([401]));
  const rounds = (async () => {
    while (!isOver) await round();
  })();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // While it is locked nothing is found, so that those that come wait together.
  await client.query('begin; lock table portal_sessions');
  const flood = Array.from({ length: 700 }, async () =>
    other.call('POST', '/v1/portal-sessions/exchange', { code: randomUUID() }, noKey),
  );
  const answers: Awaited<(typeof flood)[number]>[] = [];
  for (const each of flood) void each.then((answer) => answers.push(answer));
  try {
    await eventually(
      () => answers.length,
      (count) => count > 0,
      30_000,
    );
    // What is answered while nothing can be found was not looked for.
    expect(answers[0]).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(answers[0]?.body.detail).toContain('Too many wrong codes came from this address');
    expect(answers[0]?.headers.get('retry-after')).toBe('1');
  } finally {
    await client.query('commit');
    await client.end();
    isOver = true;
  }
  await rounds;
  await Promise.all(flood);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
  expect((await asPortal(bearer, other)('GET', '/v1/portal-sessions/current')).status).toBe(200);
  const { code } = await link();
  expect((await other.call('POST', '/v1/portal-sessions/exchange', { code }, noKey)).status).toBe(200);
});
