/** A value that is shown masked cannot be sent back: the mask is never stored in its place. */
import { MASK } from '../../src/domain/endpoint.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let standard: string;
let scorm: string;
const url = 'https://example.com/hook?token=s3cret&plain';

beforeAll(async () => {
  tidings = await startTestService();
  standard = await tenantOf('standard-webhooks');
  scorm = await tenantOf('scorm-api');
});
afterAll(() => tidings?.stop());

async function tenantOf(profile: string): Promise<string> {
  const { body } = await tidings.call('POST', '/v1/tenants', { name: profile, profile });
  return body.id;
}

const ENCODED = encodeURIComponent(MASK);
const MASKED_FIELDS: [path: string, body: Record<string, unknown>][] = [
  ['url', { url: `https://example.com/hook?token=${MASK}&${MASK}` }],
  ['url', { url: `https://other.example.com/hook?token=${ENCODED}` }],
  ['url', { url: `https://example.com/hook?token=${ENCODED.toLowerCase()}` }],
  ['url', { url: `https://example.com/hook?token=new${MASK}` }],
  ['url', { url: `https://example.com/${MASK}` }],
  ['headers.x-key', { headers: { 'x-key': MASK } }],
  ['headers.x-key', { headers: { 'x-other': 'whole', 'x-key': `Bearer ${MASK}` } }],
  ['auth.password', { auth: { type: 'basic', username: 'a', password: MASK } }],
  ['auth.username', { auth: { type: 'basic', username: `a${MASK}`, password: 'b' } }],
  ['auth.token', { auth: { type: 'bearer', token: MASK } }],
  ['auth.value', { auth: { type: 'authorization', value: `Basic ${MASK}` } }],
];

function expectRefused({ status, body }: { status: number; body: any }, path: string): void {
  expect({ status, code: body.code }).toEqual({ status: 422, code: 'validation_failed' });
  expect(body.errors).toEqual([
    { path, message: expect.stringMatching(/stands for a value that is not shown: give the whole value/) },
  ]);
}

test.each(MASKED_FIELDS)('a new endpoint with a mask at %s is refused (%j)', async (path, body) => {
  expectRefused(await tidings.call('POST', `/v1/tenants/${standard}/endpoints`, { url, ...body }), path);
});

test.each(MASKED_FIELDS)(
  'a change with a mask at %s is refused and changes nothing (%j)',
  async (path, body) => {
    const base = `/v1/tenants/${standard}/endpoints`;
    const auth = { type: 'bearer', token: 'whole' };
    const { body: made } = await tidings.call('POST', base, { url, auth, headers: { 'x-key': 'whole' } });
    expectRefused(await tidings.call('PATCH', `${base}/${made.id}`, body), path);
    const { body: shown } = await tidings.call('GET', `${base}/${made.id}?reveal=true`);
    expect(shown).toMatchObject({ url, auth: { type: 'bearer' }, updated_at: made.updated_at });
  },
);

test("the operator's endpoint and the routes of the SCORM API take no mask either", async () => {
  const masked = `https://example.com/?a=${MASK}`;
  expectRefused(await tidings.call('PUT', '/v1/operator/endpoint', { url: masked }), 'url');
  const webhook = { tenant_id: scorm, event_type: 'session.created' };
  const create = (more: object) => tidings.call('POST', '/api/v1/webhooks', { ...webhook, url, ...more });
  expectRefused(await create({ url: masked }), 'url');
  expectRefused(await create({ secret: `${MASK}${MASK}` }), 'secret');
  const { body: made } = await create({ secret: 'your-webhook-secret' });
  expect(made.url).toContain(MASK);
  expectRefused(await tidings.call('PATCH', `/api/v1/webhooks/${made.id}`, { url: made.url }), 'url');
});

test('a secret that is a mask is refused where it is set and where it is rotated', async () => {
  const base = `/v1/tenants/${scorm}/endpoints`;
  expectRefused(await tidings.call('POST', base, { url, secret: MASK.repeat(4) }), 'secret');
  const { body: made } = await tidings.call('POST', base, { url, secret: 'your-webhook-secret' });
  const rotate = await tidings.call('POST', `${base}/${made.id}/secret/rotate`, { secret: MASK.repeat(4) });
  expectRefused(rotate, 'secret');
});

test('what the API shows of an endpoint, sent back field by field, never stores a mask', async () => {
  const base = `/v1/tenants/${standard}/endpoints`;
  const { body: made } = await tidings.call('POST', base, {
    url,
    auth: { type: 'bearer', token: 'whole' },
    headers: { 'x-key': 'whole' },
  });
  const { body: shown } = await tidings.call('GET', `${base}/${made.id}`);
  for (const [name, value] of Object.entries(shown)) {
    const { status } = await tidings.call('PATCH', `${base}/${made.id}`, { [name]: value });
    if (JSON.stringify(value).includes(MASK)) expect([name, status]).toEqual([name, 422]);
  }
  const { body: now } = await tidings.call('GET', `${base}/${made.id}?reveal=true`);
  expect(now.url).toBe(url);
});
