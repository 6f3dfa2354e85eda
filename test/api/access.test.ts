/**
 * Every route of the API reference refuses access without a key, with a wrong key, another tenant's key, or too little scope; with a portal
 * session of another tenant, one that has ended and one without the capability; with a cookie and without the header.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPABILITIES, type Capability, PORTAL_ROUTES } from '../../src/domain/access.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, apiClient, startTestService, type TestService } from '../helpers/service.ts';

type Operation = { method: string; path: string; access: string | undefined; body: unknown };

const document = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'docs', 'openapi.json'), 'utf8'));
const operations: Operation[] = Object.entries<Record<string, any>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const schema = operation.requestBody?.content['application/json'].schema;
      const name = (schema?.$ref ?? schema?.anyOf?.[0]?.$ref)?.split('/').pop();
      return {
        method: method.toUpperCase(),
        path,
        access: operation['x-access'],
        body: name && document.components.schemas[name].examples[0],
      };
    }),
);
const guarded = operations.filter(({ access }) => access !== undefined);
const label = ({ method, path }: Operation) => `${method} ${path}`;
const named = guarded.map((operation) => [label(operation), operation] as const);

let tidings: TestService;
const names: Record<string, string> = {};
const keys: Record<string, string> = {};
/** bearers of portal sessions */
const portals: Record<string, string> = {};
const cookies: Record<string, string> = {};

beforeAll(async () => {
  tidings = await startTestService();
  const receiver = await startReceiver();
  for (const who of ['mine', 'other']) {
    const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: who, profile: 'scorm-api' });
    for (const scopes of [['emit'], ['read'], ['manage'], ['emit', 'manage', 'read']]) {
      const { body } = await tidings.call('POST', '/v1/keys', { kind: 'tenant', tenant: tenant.id, scopes });
      keys[`${who} ${scopes.join('+')}`] = body.key;
    }
    if (who === 'mine') names.tenant = tenant.id;
    portals[who] = (await openPortal(tenant.id, CAPABILITIES)).bearer;
    for (const capability of CAPABILITIES) {
      const others = CAPABILITIES.filter((each) => each !== capability);
      portals[`${who} without ${capability}`] = (await openPortal(tenant.id, others)).bearer;
    }
  }
  const ended = await openPortal(names.tenant ?? '', CAPABILITIES);
  portals.ended = ended.bearer;
  await tidings.call('DELETE', `/v1/tenants/${names.tenant}/portal-sessions/${ended.id}`);
  const expired = await openPortal(names.tenant ?? '', CAPABILITIES);
  portals.expired = expired.bearer;
  await tidings.database.db.query('update portal_sessions set expires_at = now() where id = $1', [
    expired.id,
  ]);
  const { body: gone } = await tidings.call('POST', '/v1/tenants', { name: 'gone' });
  portals['of a deleted tenant'] = (await openPortal(gone.id, CAPABILITIES)).bearer;
  await tidings.call('DELETE', `/v1/tenants/${gone.id}`);
  cookies.admin = await signIn();
  cookies.ended = await signIn();
  const end = { ...noKey, cookie: cookies.ended, 'x-tidings-csrf': '1' };
  await tidings.call('DELETE', '/v1/sessions/current', undefined, end);
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${names.tenant}/endpoints`, {
    url: receiver.url,
  });
  const { body: event } = await tidings.call('POST', `/v1/tenants/${names.tenant}/events`, {
    type: 'session.created',
    data: { session_id: 's', package_id: 'p', user_id: 'u' },
  });
  names.endpoint = endpoint.id;
  names.webhook = endpoint.id.replace('ep_', 'webhook_');
  names.event = event.id;
  names.delivery = event.deliveries[0].id;
  await tidings.settled(event.deliveries[0].id);
});
afterAll(() => tidings?.stop());

const noKey = { 'x-api-key': '' };

async function openPortal(tenant: string, capabilities: readonly Capability[]) {
  const made = await tidings.call('POST', `/v1/tenants/${tenant}/portal-sessions`, { capabilities });
  const code = new URL(made.body.url).hash.replace('#code=', '');
  const { body } = await tidings.call('POST', '/v1/portal-sessions/exchange', { code }, noKey);
  return { id: made.body.id as string, bearer: body.bearer as string };
}

async function signIn(): Promise<string> {
  const { headers } = await tidings.call('POST', '/v1/sessions', { key: ADMIN_KEY }, noKey);
  return headers.get('set-cookie')?.split(';')[0] ?? '';
}

function ask(operation: Operation, key: string, withBody?: unknown) {
  return askWith(operation, { 'x-api-key': key }, withBody);
}

function askWith(
  { method, path, body }: Operation,
  headers: Record<string, string>,
  withBody: unknown = body,
) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? 'none');
  const url =
    filled === '/api/v1/webhooks' && method === 'GET' ? `${filled}?tenant_id=${names.tenant}` : filled;
  return tidings.call(method, url, withBody, headers);
}

test('the reference says of every route who may use it, but for the public ones', () => {
  const open = operations.filter(({ access }) => access === undefined).map(label);
  expect(open.filter((each) => !/^GET \/(healthz|readyz|metrics)$/.test(each))).toEqual([]);
  expect(guarded.length).toBeGreaterThan(30);
});

test.each(named)('%s: no key is a 401', async (_name, operation) => {
  expect(await ask(operation, '')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});

test.each(named)('%s: a wrong key is a 401', async (_name, operation) => {
  const wrong = `${keys['mine emit+manage+read']}x`;
  expect(await ask(operation, wrong)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});

// Some need any key, and some look for the credential in the body.
const scoped = named.filter(([, { access }]) => access !== 'any' && access !== 'credential');
test.each(scoped)('%s: a key without the scope is a 403', async (_name, operation) => {
  const poor = {
    emit: 'mine manage',
    manage: 'mine read',
    read: 'mine emit',
    admin: 'mine emit+manage+read',
  };
  const key = keys[poor[operation.access as keyof typeof poor]] ?? '';
  expect(await ask(operation, key)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
});

// Those without a tenant or an id in their path show a tenant its own things only.
const aboutSomething = named.filter(
  ([, { path, access }]) =>
    access !== 'admin' && access !== 'credential' && (path.includes('{') || path === '/api/v1/webhooks'),
);
test.each(aboutSomething)("%s: another tenant's is a 404", async (_name, operation) => {
  const { body } = operation;
  const about = body && operation.path === '/api/v1/webhooks' ? { ...body, tenant_id: names.tenant } : body;
  const answer = await ask(operation, keys['other emit+manage+read'] ?? '', about);
  expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

const asPortal = (operation: Operation, portal: string) =>
  askWith(operation, { ...noKey, authorization: `Bearer ${portals[portal]}` });
const neededBy = ({ method, path }: Operation) =>
  PORTAL_ROUTES[`${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`];

describe('a portal session', () => {
  const withKey = named.filter(([, { access }]) => access !== 'credential');

  test.each(withKey)('%s: one that has ended is a 401', async (_name, operation) => {
    for (const portal of ['ended', 'expired', 'of a deleted tenant']) {
      const answer = await asPortal(operation, portal);
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
  });

  const closed = withKey.filter(([, operation]) => neededBy(operation) === undefined);
  test.each(closed)('%s: it is a 403 with every capability', async (_name, operation) => {
    expect(await asPortal(operation, 'mine')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  const open = withKey.filter(([, operation]) => neededBy(operation) !== undefined);
  test.each(open.filter(([, { path }]) => path.includes('{')))(
    "%s: another tenant's is a 404",
    async (_name, operation) => {
      expect(await asPortal(operation, 'other')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    },
  );

  // Those that need one of several are opened by either; `view` is always there.
  const particular = open.flatMap(([name, operation]) => {
    const [needed, another] = neededBy(operation) ?? [];
    return another === undefined && needed !== 'view' ? [[name, needed, operation] as const] : [];
  });
  test.each(particular)('%s: without the capability %s it is a 403', async (_name, needed, operation) => {
    const answer = await asPortal(operation, `mine without ${needed}`);
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('opens what the table says, and there is something in it for each capability', () => {
    expect(open.length).toBe(Object.keys(PORTAL_ROUTES).length);
    expect(new Set(Object.values(PORTAL_ROUTES).flat())).toEqual(new Set(CAPABILITIES));
  });

  test.each(['/v1/operational-events', '/v1/audit-log'])(
    'GET %s shows it nothing of another tenant',
    async (path) => {
      const operation = { method: 'GET', path, access: undefined, body: undefined };
      const { status, body } = await asPortal(operation, 'other');
      expect(status).toBe(200);
      expect(body.items.filter((item: any) => item.tenant_id === names.tenant)).toEqual([]);
    },
  );
});

describe('a cookie', () => {
  const withKey = named.filter(([, { access }]) => access !== 'credential');
  const changing = withKey.filter(([, { method }]) => method !== 'GET');

  test.each(changing)(
    '%s: without the header that no form can send it is a 403',
    async (_name, operation) => {
      const answer = await askWith(operation, { ...noKey, cookie: cookies.admin ?? '' });
      expect(answer).toMatchObject({ status: 403, body: { code: 'header_required' } });
    },
  );

  test.each(withKey)('%s: of a session that has ended it is a 401', async (_name, operation) => {
    const headers = { ...noKey, cookie: cookies.ended ?? '', 'x-tidings-csrf': '1' };
    expect(await askWith(operation, headers)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });
});

test.each(['/v1/operational-events', '/v1/audit-log'])(
  'GET %s shows a tenant nothing of another',
  async (path) => {
    const { body } = await apiClient(tidings.url, keys['other manage'])('GET', path);
    expect(body.items.filter((item: any) => item.tenant_id === names.tenant)).toEqual([]);
  },
);

test('a key with the scope gets what it asks for, as X-API-Key and as a bearer token', async () => {
  const path = `/v1/tenants/${names.tenant}`;
  expect(await apiClient(tidings.url, keys['mine read'])('GET', path)).toMatchObject({ status: 200 });
  expect(await apiClient(tidings.url, keys['mine manage'])('GET', path)).toMatchObject({ status: 200 });
  const bearer = { 'x-api-key': '', authorization: `Bearer ${keys['mine read']}` };
  expect(await apiClient(tidings.url)('GET', path, undefined, bearer)).toMatchObject({ status: 200 });
});

test('revealing a URL needs the scope manage', async () => {
  for (const path of [
    `/v1/deliveries/${names.delivery}`,
    `/v1/deliveries/${names.delivery}/curl`,
    `/v1/tenants/${names.tenant}/endpoints/${names.endpoint}`,
  ]) {
    const url = `${path}?reveal=true`;
    expect([path, (await apiClient(tidings.url, keys['mine read'])('GET', url)).status]).toEqual([path, 403]);
    expect([path, (await apiClient(tidings.url, keys['mine manage'])('GET', url)).status]).toEqual([
      path,
      200,
    ]);
  }
});

test("a tenant's key cannot change its external_id, which goes out on the wire", async () => {
  const call = apiClient(tidings.url, keys['mine manage']);
  expect(await call('PATCH', `/v1/tenants/${names.tenant}`, { external_id: 'mine-now' })).toMatchObject({
    status: 403,
  });
  expect(await call('PATCH', `/v1/tenants/${names.tenant}`, { contacts: ['a@example.com'] })).toMatchObject({
    status: 200,
  });
});
