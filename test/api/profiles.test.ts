/** Profiles as data: whoever knows nothing but `GET /v1/profiles` makes an endpoint of each, and recognises what it receives. */
import { CAPABILITIES } from '../../src/domain/access.ts';
import { PROFILES } from '../../src/profiles/index.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const NAMES = PROFILES.map(({ name }) => name);

test('the list holds every profile, the default one first, as the single ones are', async () => {
  const { status, body } = await tidings.call('GET', '/v1/profiles');
  expect(status).toBe(200);
  expect(body.items.map(({ name }: any) => name)).toEqual(NAMES);
  expect(body.items.map((each: any) => each.is_default)).toEqual(NAMES.map((_, at) => at === 0));
  for (const item of body.items) {
    expect((await tidings.call('GET', `/v1/profiles/${item.name}`)).body).toEqual(item);
  }
});

test.each(['nobody', 'constructor', 'Leah', '%00'])('there is no profile %s', async (name) => {
  expect(await tidings.call('GET', `/v1/profiles/${name}`)).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  });
});

test.each(NAMES)(
  'an endpoint of %s is made from the document, and receives what it announces',
  async (name) => {
    const { body: profile } = await tidings.call('GET', `/v1/profiles/${name}`);
    const receiver = await startReceiver();
    const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name, profile: name });
    const [scheme] = profile.auth.schemes;
    const values = scheme.fields.map((field: any) => [field.name, 'x'.repeat(field.min_length ?? 1)]);
    const endpoint = {
      url: profile.url.https_only ? receiver.url.replace('http:', 'https:') : receiver.url,
      auth: { type: scheme.type, ...Object.fromEntries(values) },
      ...(profile.secret.rule === 'chosen' && { secret: 'a-secret-of-my-own' }),
    };
    const path = `/v1/tenants/${tenant.id}/endpoints`;
    if (profile.url.https_only) {
      const refused = await tidings.call('POST', path, { ...endpoint, url: receiver.url });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'url' }] } });
    }
    const { status, body: made } = await tidings.call('POST', path, endpoint);
    expect([status, made.secret !== undefined]).toEqual([201, profile.secret.rule !== 'never']);
    // Nothing that a form cannot know is needed; https would need a certificate.
    if (profile.url.https_only) return;
    const { body: test } = await tidings.call('POST', `${path}/${made.id}/test`, {});
    expect(test).toMatchObject({ status: 'succeeded', event_type: profile.test_event.type });
    const [request] = receiver.received;
    for (const header of profile.headers) {
      expect(Object.keys(request?.headers ?? {})).toContain(header.name.toLowerCase());
    }
    const shapeOf = (text: string) => Object.keys(JSON.parse(text));
    expect(shapeOf(String(request?.body))).toEqual(shapeOf(profile.test_event.body));
  },
);

test("a tenant's key and a portal session may read them, whoever they are of", async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Customer' });
  const { body: key } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['emit'],
  });
  expect((await apiClient(tidings.url, key.key)('GET', '/v1/profiles')).status).toBe(200);
  const made = await tidings.call('POST', `/v1/tenants/${tenant.id}/portal-sessions`, {
    capabilities: CAPABILITIES.slice(0, 1),
  });
  const code = new URL(made.body.url).hash.replace('#code=', '');
  const { body } = await tidings.call('POST', '/v1/portal-sessions/exchange', { code }, { 'x-api-key': '' });
  expect((await apiClient(tidings.url, body.bearer)('GET', '/v1/profiles/leah')).status).toBe(200);
});
