/** Sessions: a key's rights in a browser, by a cookie that no script reads and no other site can use; codes that sign in once. */
import { randomUUID } from 'node:crypto';
import { createSessionLookup, PORTAL_PREFIX, type SessionLookup } from '../../src/api/session-lookup.ts';
import { createWrongKeyLimiter } from '../../src/api/wrong-key-limiter.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createSignInCode, deleteEnded, newToken, SESSIONS_PER_KEY } from '../../src/store/sessions.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { ADMIN_KEY, type Answer, apiClient } from '../helpers/service.ts';

let database: TestDatabase;
let tidings: TestProcess;
let other: TestProcess;
let tenant: string;
const keys: Record<string, { id: string; key: string }> = {};

beforeAll(async () => {
  database = await createTestDatabase();
  const settings = { databaseUrl: database.url, taskQueue: `sessions-${randomUUID()}` };
  [tidings, other] = await Promise.all([
    startProcess('api', { ...settings, TIDINGS_LOG_LEVEL: 'trace' }),
    startProcess('api', settings),
  ]);
  tenant = (await tidings.call('POST', '/v1/tenants', { name: 'Signed in' })).body.id;
  keys.manage = await newKey(['manage']);
  keys.read = await newKey(['read']);
  const { body: stranger } = await tidings.call('POST', '/v1/tenants', { name: 'Stranger' });
  keys.stranger = await newKey(['manage'], stranger.id);
});
afterAll(async () => {
  await Promise.all([tidings?.stop(), other?.stop()]);
  await database?.drop();
});

const newKey = async (scopes: string[], of = tenant) =>
  (await tidings.call('POST', '/v1/keys', { kind: 'tenant', tenant: of, scopes })).body;

const noKey = { 'x-api-key': '' };
const signIn = (body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  apiClient(tidings.url, '')('POST', '/v1/sessions', body, headers);

/** What a browser keeps of the answer. */
const cookieOf = (answer: Answer) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';

/** Calls as the pages do, or without the header that they send. */
function page(cookie: string, at: TestProcess = tidings, hasHeader = true) {
  const headers = { ...noKey, cookie, ...(hasHeader && { 'x-tidings-csrf': '1' }) };
  return (method: string, path: string, body?: unknown) => at.call(method, path, body, headers);
}

async function session(key: string) {
  const answer = await signIn({ key });
  expect(answer.status).toBe(201);
  return { ...answer.body, cookie: cookieOf(answer) } as { id: string; cookie: string };
}

test('a key is exchanged for a cookie that no script can read, no other site can send, and that ends after 12 hours', async () => {
  const answer = await signIn({ key: keys.read?.key });
  expect(answer).toMatchObject({
    status: 201,
    body: {
      id: expect.stringMatching(/^ses_/),
      kind: 'tenant',
      tenant_id: tenant,
      scopes: ['read'],
      key: { id: keys.read?.id },
    },
  });
  expect(answer.headers.get('set-cookie')).toMatch(
    /^tidings_session=tidings_session_[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
  );
  const { created_at: from, expires_at: to } = answer.body;
  expect(Date.parse(to) - Date.parse(from)).toBe(12 * 3600 * 1000);
  expect(await signIn({ key: ADMIN_KEY })).toMatchObject({
    status: 201,
    body: { kind: 'admin', tenant_id: null, key: { id: 'admin' } },
  });
});

test('behind https the cookie is for https alone, and cannot come from a neighbouring host', async () => {
  const https = { 'x-forwarded-proto': 'https' };
  const answer = await signIn({ key: keys.read?.key }, https);
  expect(answer.headers.get('set-cookie')).toMatch(/^__Host-tidings_session=.*; Secure$/);
  const get = (cookie: string) =>
    tidings.call('GET', '/v1/sessions/current', undefined, { ...noKey, ...https, cookie });
  expect((await get(cookieOf(answer))).status).toBe(200);
  expect((await get(cookieOf(answer).replace('__Host-', ''))).status).toBe(401);
});

test('a session has the rights of its key, and no others', async () => {
  const read = page((await session(keys.read?.key ?? '')).cookie);
  const manage = page((await session(keys.manage?.key ?? '')).cookie);
  const admin = page((await session(ADMIN_KEY)).cookie);
  const stranger = page((await session(keys.stranger?.key ?? '')).cookie);
  const statuses = async (method: string, path: string, body?: object) =>
    Promise.all([read, manage, admin, stranger].map(async (call) => (await call(method, path, body)).status));
  expect(await statuses('GET', `/v1/tenants/${tenant}`)).toEqual([200, 200, 200, 404]);
  expect(await statuses('PATCH', `/v1/tenants/${tenant}`, { name: 'Changed' })).toEqual([403, 200, 200, 404]);
  expect(await statuses('GET', '/v1/keys')).toEqual([403, 403, 200, 403]);
});

test('what changes something needs a header that a form cannot send; a key needs none', async () => {
  const { cookie } = await session(keys.manage?.key ?? '');
  const form = page(cookie, tidings, false);
  for (const [method, path] of [
    ['PATCH', `/v1/tenants/${tenant}`],
    ['POST', `/v1/tenants/${tenant}/endpoints`],
    ['DELETE', '/v1/sessions/current'],
  ] as const) {
    expect(await form(method, path, {})).toMatchObject({ status: 403, body: { code: 'header_required' } });
  }
  expect((await form('GET', `/v1/tenants/${tenant}`)).status).toBe(200);
  expect((await page(cookie)('PATCH', `/v1/tenants/${tenant}`, { name: 'By page' })).status).toBe(200);
  const both = { cookie, 'x-api-key': keys.manage?.key ?? '' };
  expect((await tidings.call('PATCH', `/v1/tenants/${tenant}`, { name: 'By key' }, both)).status).toBe(200);
});

test('a form of another site cannot sign anybody in', async () => {
  const body = new URLSearchParams({ key: keys.read?.key ?? '' });
  const asForm = await fetch(`${tidings.url}/v1/sessions`, { method: 'POST', body });
  expect(asForm.status).toBe(415);
  const asText = await fetch(`${tidings.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ key: keys.read?.key }),
  });
  expect(asText.status).toBe(415);
});

describe('a session ends at once, in every process', () => {
  const isOpen = async (cookie: string) => {
    const answers = await Promise.all(
      [tidings, other].map((at) => page(cookie, at)('GET', `/v1/tenants/${tenant}`)),
    );
    const statuses = answers.map(({ status }) => status);
    expect([200, 401]).toContain(statuses[0]);
    expect(statuses[1]).toBe(statuses[0]);
    return statuses[0] === 200;
  };
  const ends: [string, (made: { id: string; cookie: string; keyId: string }) => Promise<unknown>][] = [
    ['by signing out', ({ cookie }) => page(cookie)('DELETE', '/v1/sessions/current')],
    ['by an admin key', ({ id }) => tidings.call('DELETE', `/v1/sessions/${id}`)],
    [
      "by a key of its tenant's that may manage",
      ({ id }) => apiClient(tidings.url, keys.manage?.key)('DELETE', `/v1/sessions/${id}`),
    ],
    ['with its key', ({ keyId }) => tidings.call('DELETE', `/v1/keys/${keyId}`)],
    [
      'with its key, revoked by a version that knows no sessions',
      ({ keyId }) => database.db.query('update api_keys set revoked_at = now() where id = $1', [keyId]),
    ],
    [
      'when its time is over',
      ({ id }) => database.db.query('update sessions set expires_at = now() where id = $1', [id]),
    ],
  ];
  test.each(ends)('%s', async (_how, end) => {
    const key = await newKey(['read']);
    const made = await session(key.key);
    expect(await isOpen(made.cookie)).toBe(true);
    await end({ ...made, keyId: key.id });
    expect(await isOpen(made.cookie)).toBe(false);
    const { body } = await tidings.call('GET', `/v1/sessions?tenant=${tenant}&limit=200`);
    expect(body.items.map((item: any) => item.id)).not.toContain(made.id);
  });

  test('with its tenant', async () => {
    const { body: gone } = await tidings.call('POST', '/v1/tenants', { name: 'Gone' });
    const { cookie } = await session((await newKey(['read'], gone.id)).key);
    expect((await page(cookie, other)('GET', `/v1/tenants/${gone.id}`)).status).toBe(200);
    await tidings.call('DELETE', `/v1/tenants/${gone.id}`);
    expect((await page(cookie, other)('GET', `/v1/tenants/${gone.id}`)).status).toBe(401);
  });

  test('when what binds it to the admin key is damaged, which is no error of ours', async () => {
    for (const damaged of ["'\\x00'", "''"]) {
      const made = await session(ADMIN_KEY);
      expect((await page(made.cookie)('GET', '/v1/keys')).status).toBe(200);
      await database.db.query(`update sessions set admin_proof = ${damaged}::bytea where id = $1`, [made.id]);
      expect((await page(made.cookie)('GET', '/v1/keys')).status).toBe(401);
    }
  });

  test('when the admin key of the environment is another one', async () => {
    const { cookie } = await session(ADMIN_KEY);
    const renewed = await startProcess('api', {
      databaseUrl: database.url,
      taskQueue: `sessions-${randomUUID()}`,
      TIDINGS_ADMIN_KEY: 'another-admin-key-0123456789',
    });
    expect((await page(cookie, renewed)('GET', '/v1/keys')).status).toBe(401);
    expect((await page(cookie, other)('GET', '/v1/keys')).status).toBe(200);
    await renewed.stop();
  });
});

test('signing out removes the cookie', async () => {
  const { cookie } = await session(keys.read?.key ?? '');
  const answer = await page(cookie)('DELETE', '/v1/sessions/current');
  expect(answer.headers.get('set-cookie')).toMatch(/^tidings_session=; .*Max-Age=0/);
});

test('sessions are listed for an admin, and for a tenant its own; another tenant can end none of them', async () => {
  const mine = await session(keys.read?.key ?? '');
  const ids = async (key: string) =>
    (await apiClient(tidings.url, key)('GET', '/v1/sessions?limit=200')).body.items.map(
      (item: any) => item.id,
    );
  expect(await ids(ADMIN_KEY)).toContain(mine.id);
  expect(await ids(keys.manage?.key ?? '')).toContain(mine.id);
  expect(await ids(keys.stranger?.key ?? '')).not.toContain(mine.id);
  const asStranger = apiClient(tidings.url, keys.stranger?.key);
  expect((await asStranger('DELETE', `/v1/sessions/${mine.id}`)).status).toBe(404);
  expect((await page(mine.cookie)('GET', '/v1/sessions/current')).body.id).toBe(mine.id);
  expect((await apiClient(tidings.url, keys.read?.key)('GET', '/v1/sessions/current')).status).toBe(404);
});

test('of too many sessions of one key, the oldest end', async () => {
  const { key } = await newKey(['read']);
  const first = await session(key);
  for (let n = 1; n < SESSIONS_PER_KEY; n += 1) await session(key);
  expect((await page(first.cookie)('GET', '/v1/sessions/current')).status).toBe(200);
  const last = await session(key);
  expect((await page(first.cookie)('GET', '/v1/sessions/current')).status).toBe(401);
  expect((await page(last.cookie)('GET', '/v1/sessions/current')).status).toBe(200);
});

test('the audit log says who signed in, who signed out, and through which session something was changed', async () => {
  const made = await session(keys.manage?.key ?? '');
  await page(made.cookie)('PATCH', `/v1/tenants/${tenant}`, { name: 'Audited' });
  await page(made.cookie)('DELETE', '/v1/sessions/current');
  const { body } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant}&limit=3`);
  const actor = { key_id: keys.manage?.id, name: null };
  expect(body.items).toMatchObject([
    { action: 'session.ended', object_id: made.id, actor },
    { action: 'tenant.updated', object_id: tenant, actor, details: { session_id: made.id } },
    { action: 'session.created', object_id: made.id, actor, details: { by: 'key' } },
  ]);
});

describe('a sign-in code', () => {
  test("is exchanged once for a session with the admin key's rights", async () => {
    const code = await createSignInCode(database.db, ADMIN_KEY);
    const answers = await Promise.all(Array.from({ length: 5 }, () => signIn({ code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401, 401]);
    const good = answers.find(({ status }) => status === 201) as Answer;
    expect((await page(cookieOf(good))('GET', '/v1/keys')).status).toBe(200);
    expect(await signIn({ code })).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  test('comes in a link from the admin key of the environment, and from nothing else', async () => {
    const { status, body } = await tidings.call('POST', '/v1/sign-in-codes');
    expect([status, body]).toEqual([
      201,
      { url: expect.stringMatching(/\/dashboard\/#code=tidings_code_[\w-]{43}$/), expires_in_seconds: 300 },
    ]);
    const code = new URL(body.url).hash.replace('#code=', '');
    const good = await signIn({ code });
    expect(good).toMatchObject({ status: 201, body: { kind: 'admin', key: { id: 'admin' } } });
    // A session would live on for ever if it made codes, and another key's rights would outlive that key.
    const { body: other } = await tidings.call('POST', '/v1/keys', { kind: 'admin' });
    const asOther = apiClient(tidings.url, other.key);
    const asSession = (method: string, path: string) => page(cookieOf(good))(method, path);
    for (const call of [asOther, asSession, apiClient(tidings.url, keys.manage?.key)]) {
      expect(await call('POST', '/v1/sign-in-codes')).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    }
  });

  test('does nothing after five minutes, nor where the admin key is another one', async () => {
    const old = await createSignInCode(database.db, ADMIN_KEY);
    const { rows } = await database.db.query(
      `update sign_in_codes set expires_at = expires_at - interval '5 minutes' returning expires_at <= now() as over`,
    );
    expect(rows).toEqual([{ over: true }]);
    expect((await signIn({ code: old })).status).toBe(401);
    const foreign = await createSignInCode(database.db, 'another-admin-key-0123456789');
    expect((await signIn({ code: foreign })).status).toBe(401);
  });
});

test.each([
  ['nothing', {}],
  ['both', { key: 'a', code: 'b' }],
  ['a number', { key: 1 }],
  ['a list', { key: ['a'] }],
  ['an unknown field', { key: 'a', remember: true }],
  ['an empty key', { key: '' }],
  ['a long key', { key: 'k'.repeat(2_000) }],
])('signing in with %s is refused with the field', async (_what, body) => {
  expect(await signIn(body)).toMatchObject({ status: 422, body: { errors: expect.any(Array) } });
});

test.each(['x', '', '%00', 'a;b=c', `tidings_session_${'x'.repeat(12_000)}`, '"quoted"', 'a=b=c'])(
  'a cookie of "%s" opens nothing, and is no error of ours',
  async (value) => {
    expect((await page(`other=1; tidings_session=${value}; b`)('GET', '/v1/keys')).status).toBe(401);
  },
);

test.each<[what: string, prefix: string, look: keyof SessionLookup]>([
  ['sign-in codes', 'tidings_code_', 'isSignInCode'],
  ['cookies', 'tidings_session_', 'findSession'],
  ['codes of links', 'tidings_link_', 'findPortalCode'],
  ['bearers', PORTAL_PREFIX, 'findPortalSession'],
])(
  'wrong %s count as wrong keys of their address; sessions in use there are not slowed down',
  async (_what, prefix, look) => {
    const wrongKeys = createWrongKeyLimiter(1);
    const lookup = createSessionLookup(
      { db: database.db, adminKey: ADMIN_KEY, logger: createLogger('silent') },
      wrongKeys,
    );
    const cookie = (await session(keys.read?.key ?? '')).cookie.split('=')[1] ?? '';
    const address = '192.0.2.1';
    expect(await lookup.findSession(cookie, address)).toMatchObject({ tenantId: tenant });
    for (let n = 0; n < 12; n += 1) await lookup[look](newToken(prefix), address);
    expect(wrongKeys.isSuspect(address)).toBe(true);
    const flood = Promise.allSettled(
      Array.from({ length: 1_500 }, () => lookup[look](newToken(prefix), address)),
    );
    expect(await lookup.findSession(cookie, address)).toMatchObject({ tenantId: tenant });
    const refused = (await flood).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['too_many_requests']));
  },
);

test('no cookie and no code stands in the database or in the log', async () => {
  const code = await createSignInCode(database.db, ADMIN_KEY);
  const waiting = await createSignInCode(database.db, ADMIN_KEY);
  const cookie = cookieOf(await signIn({ code }));
  await page(cookie)('GET', '/v1/sessions/current');
  await page(cookie)('GET', '/v1/nothing');
  await signIn({ code });
  const { rows } = await database.db.query<{ row: string }>(
    `select row_to_json(s)::text as row from sessions s union all select row_to_json(c)::text from sign_in_codes c
     union all select row_to_json(a)::text from audit_log a`,
  );
  const token = cookie.split('=')[1] ?? '';
  for (const secret of [code, waiting, token, ADMIN_KEY]) {
    expect(rows.map(({ row }) => row).join()).not.toContain(secret);
    expect(tidings.log.join('\n')).not.toContain(secret);
  }
});

test('what has ended is deleted, and what is in force stays', async () => {
  const kept = await session(keys.read?.key ?? '');
  await database.db.query(`update sessions set expires_at = now() - interval '1 s' where id <> $1`, [
    kept.id,
  ]);
  await createSignInCode(database.db, ADMIN_KEY);
  await database.db.query(`update sign_in_codes set expires_at = now() - interval '1 s'`);
  await deleteEnded(database.db, 2);
  const left = await database.db.query('select id from sessions');
  expect(left.rows).toEqual([{ id: kept.id }]);
  expect((await database.db.query('select 1 from sign_in_codes')).rows).toEqual([]);
});

test('the time of last use is kept', async () => {
  const { cookie, id } = await session(keys.read?.key ?? '');
  const read = async () => (await page(cookie)('GET', '/v1/sessions/current')).body;
  expect(await eventually(read, (body) => body.last_used_at !== null)).toMatchObject({ id });
});
