/** Invalid input is refused with an error that names each field and says what to do. */
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
const tenants: Record<string, string> = {};
beforeAll(async () => {
  tidings = await startTestService();
  for (const profile of ['standard-webhooks', 'reading-steps', 'leah', 'scorm-api', 'lessonly']) {
    const { body } = await tidings.call('POST', '/v1/tenants', {
      name: profile,
      profile,
      external_id: `t-${profile}`,
    });
    tenants[profile] = body.id;
  }
});
afterAll(() => tidings?.stop());

const expectProblem = (answer: any, status: number, code: string, path?: string) => {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
  expect(answer.body.request_id).toMatch(/^req_/);
  expect(answer.status).toBe(status);
  if (path !== undefined) expect(answer.body.errors.map((error: any) => error.path)).toContain(path);
};

test.each([
  ['name', { profile: 'leah' }],
  ['name', { name: '' }],
  ['name', { name: 7 }],
  ['profile', { name: 'x', profile: 'unknown' }],
  ['external_id', { name: 'x', external_id: 'two words' }],
  ['external_id', { name: 'x', external_id: 'ten_mine' }],
  ['contacts', { name: 'x', contacts: 'ops@example.com' }],
  ['contacts.0', { name: 'x', contacts: ['nobody'] }],
])('a tenant: %s is named when it is wrong (%j)', async (path, body) => {
  expectProblem(await tidings.call('POST', '/v1/tenants', body), 422, 'validation_failed', path);
});

test('a field that does not exist is named', async () => {
  const answer = await tidings.call('POST', '/v1/tenants', { name: 'x', colour: 'red' });
  expectProblem(answer, 422, 'validation_failed');
  expect(answer.body.detail).toContain('colour');
});

test('a second tenant cannot have the same external_id', async () => {
  const answer = await tidings.call('POST', '/v1/tenants', { name: 'x', external_id: 't-leah' });
  expectProblem(answer, 409, 'conflict');
});

const url = 'https://example.com/hook';
test.each([
  ['url', { url: 'example.com' }, 'validation_failed'],
  ['url', { url: 'ftp://example.com/' }, 'validation_failed'],
  ['url', { url: 'https://user:secret@example.com/' }, 'validation_failed'],
  ['url', { url: 'https://10.0.0.1/' }, 'validation_failed'],
  ['url', { url: 'https://[::ffff:10.0.0.1]/' }, 'validation_failed'],
  ['url', { url: 'https://169.254.169.254/latest/meta-data' }, 'validation_failed'],
  ['url', { url: 'https://[64:ff9b::8.8.8.8]/' }, 'validation_failed'],
  ['url', { url: 'https://0xa9fea9fe/' }, 'validation_failed'],
  ['url', { url: 'https://example.com:25/' }, 'validation_failed'],
  ['url', { url: 'https://example.com:6667/' }, 'validation_failed'],
  ['url', { url: `https://example.com/${'a'.repeat(2049)}` }, 'validation_failed'],
  ['url', { url: `https://example.com/${'\u00e9'.repeat(700)}` }, 'validation_failed'],
  ['url', { url: `https://${'a'.repeat(64)}.example.com/` }, 'validation_failed'],
  ['url', { url: `https://${'\u00e4'.repeat(60)}.example.com/` }, 'validation_failed'],
  ['url', { url: `https://${'a23456789.'.repeat(25)}example.com/` }, 'validation_failed'],
  ['url', { url: 'https://a..example.com/' }, 'validation_failed'],
  ['url', { url: 'https://.example.com/' }, 'validation_failed'],
  ['url', { url: 'https://example.com../' }, 'validation_failed'],
  ['headers.__proto__', JSON.parse(`{"url":"${url}","headers":{"__proto__":"a"}}`), 'validation_failed'],
  ['__proto__', JSON.parse(`{"url":"${url}","__proto__":{"enabled":false}}`), 'validation_failed'],
  [
    'auth.__proto__',
    JSON.parse(`{"url":"${url}","auth":{"type":"none","__proto__":1}}`),
    'validation_failed',
  ],
  ['event_types', { url, event_types: [] }, 'validation_failed'],
  ['event_types.1', { url, event_types: ['a.b', 'a..b'] }, 'validation_failed'],
  ['timeout_ms', { url, timeout_ms: 99 }, 'validation_failed'],
  ['timeout_ms', { url, timeout_ms: 60_001 }, 'validation_failed'],
  ['retry_schedule', { url, retry_schedule: Array(31).fill(1) }, 'validation_failed'],
  ['retry_schedule', { url, retry_schedule: [604_800, 604_801] }, 'validation_failed'],
  ['retry_schedule.0', { url, retry_schedule: [-1] }, 'validation_failed'],
  ['rate_limit.per_second', { url, rate_limit: { per_second: 0 } }, 'validation_failed'],
  ['secret', { url, secret: 'short' }, 'validation_failed'],
  ['auth.username', { url, auth: { type: 'basic', username: 'a:b', password: 'c' } }, 'validation_failed'],
  ['auth.token', { url, auth: { type: 'bearer', token: 'two words' } }, 'validation_failed'],
  ['headers.Host', { url, headers: { Host: 'evil' } }, 'validation_failed'],
  ['headers.Webhook-Id', { url, headers: { 'Webhook-Id': 'x' } }, 'validation_failed'],
  ['headers.x-a', { url, headers: { 'x-a': 'a\r\nx-b: c' } }, 'validation_failed'],
  ['headers.x-a', { url, headers: { 'x-a': 'a\u0000' } }, 'validation_failed'],
  ['headers.x-a', { url, headers: { 'x-a': '€' } }, 'validation_failed'],
  ['headers.x\r\ny', { url, headers: { 'x\r\ny': 'a' } }, 'validation_failed'],
  ['headers.Proxy-Anything', { url, headers: { 'Proxy-Anything': 'a' } }, 'validation_failed'],
])('an endpoint: %s is named when it is wrong (%j)', async (path, body, code) => {
  const answer = await tidings.call('POST', `/v1/tenants/${tenants['standard-webhooks']}/endpoints`, body);
  expectProblem(answer, 422, code, path);
});

test.each([
  ['leah', 'url', { url: 'http://example.com/', auth: { type: 'bearer', token: 'abc' } }],
  ['leah', 'auth', { url }],
  ['leah', 'auth.type', { url, auth: { type: 'none' } }],
  ['leah', 'secret', { url, auth: { type: 'bearer', token: 'abc' }, secret: 'whsec_x' }],
  ['lessonly', 'auth.type', { url, auth: { type: 'bearer', token: 'abc' } }],
  ['scorm-api', 'signature', { url, signature: 'ed25519' }],
  [
    'reading-steps',
    'headers.X-ReadingSteps-Signature',
    { url, headers: { 'X-ReadingSteps-Signature': 'x' } },
  ],
])('%s refuses what its contract does not know: %s', async (profile, path, body) => {
  const answer = await tidings.call('POST', `/v1/tenants/${tenants[profile]}/endpoints`, body);
  expectProblem(answer, 422, path.startsWith('headers') ? 'validation_failed' : 'profile_rule', path);
});

test('lessonly has exactly one Callback URL, also when two are asked for at once', async () => {
  const create = () => tidings.call('POST', `/v1/tenants/${tenants.lessonly}/endpoints`, { url });
  const answers = await Promise.all([create(), create(), create()]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 422, 422]);
  const refused = answers.find((answer) => answer.status === 422);
  expectProblem(refused, 422, 'profile_rule');
  expect(refused?.body.detail).toMatch(/exactly one Callback URL/);
});

test.each(['reading-steps', 'leah', 'scorm-api'])(
  '%s refuses an unknown event type, in events and filters',
  async (profile) => {
    const base = `/v1/tenants/${tenants[profile]}`;
    expectProblem(
      await tidings.call('POST', `${base}/events`, { type: 'no.such', data: {} }),
      422,
      'unknown_event_type',
      'type',
    );
    const body = { url, auth: { type: 'basic', username: 'a', password: 'b' }, event_types: ['no.such'] };
    expectProblem(
      await tidings.call('POST', `${base}/endpoints`, body),
      422,
      'unknown_event_type',
      'event_types.0',
    );
  },
);

test.each([
  ['', 'type', { data: {} }],
  ['', 'type', { type: 'a..b', data: {} }],
  ['', 'data', { type: 'a.b' }],
  ['', 'timestamp', { type: 'a.b', data: {}, timestamp: 'yesterday' }],
  ['', 'timestamp', { type: 'a.b', data: {}, timestamp: '2024-01-15T10:30:00' }],
  ['', 'id', { type: 'a.b', data: {}, id: 'two words' }],
  ['/batch', 'events', { events: [] }],
  ['/batch', 'events.1.type', { events: [{ type: 'a.b', data: 1 }, { data: 1 }] }],
  ['/batch', 'events.1.data', { events: [{ type: 'a.b', data: 1 }, { type: 'a.b' }] }],
  [
    '/batch',
    'events.1.id',
    {
      events: [
        { type: 'a.b', data: 1, id: 'x' },
        { type: 'a.b', data: 1, id: 'x' },
      ],
    },
  ],
])('an event%s: %s is named when it is wrong (%j)', async (route, path, body) => {
  const answer = await tidings.call(
    'POST',
    `/v1/tenants/${tenants['standard-webhooks']}/events${route}`,
    body,
  );
  expectProblem(answer, 422, 'validation_failed', path);
});

test.each([
  ['retake_score', 101],
  ['retake_score', 50.5],
  ['score_percent', -1],
  ['user', undefined],
])('a lesson completion with a wrong %s is refused, naming it', async (field, value) => {
  const { body: types } = await tidings.call('GET', `/v1/tenants/${tenants.lessonly}/event-types`);
  const data = { ...types.items[0].example, [field]: value };
  const answer = await tidings.call('POST', `/v1/tenants/${tenants.lessonly}/events`, {
    type: 'lesson.completed',
    data,
  });
  expectProblem(answer, 422, 'schema_mismatch', `data.${field}`);
});

test.each([
  [400, 'invalid_json', '{"type":'],
  [400, 'invalid_json', '{"type":"a.b","data":{},}'],
  [422, 'duplicate_key', '{"type":"a.b","data":{"a":1,"a":2}}'],
  [422, 'validation_failed', '[]'],
])('a body that is not as it should be is %i %s: %s', async (status, code, body) => {
  const answer = await tidings.call('POST', `/v1/tenants/${tenants['standard-webhooks']}/events`, body);
  expectProblem(answer, status, code);
});

test('a body that is not UTF-8 is 400, another content type 415', async () => {
  const send = (body: Buffer | string, type: string) =>
    fetch(`${tidings.url}/v1/tenants/${tenants.leah}/events`, {
      method: 'POST',
      headers: { 'x-api-key': 'test-admin-key-0123456789', 'content-type': type },
      body,
    });
  expect((await send(Buffer.from([0x7b, 0xff, 0x7d]), 'application/json')).status).toBe(400);
  expect((await send('type=a', 'application/x-www-form-urlencoded')).status).toBe(415);
});

test('data over 256 KiB is 413, and just under it is accepted', async () => {
  const emit = (bytes: number) =>
    tidings.call('POST', `/v1/tenants/${tenants['standard-webhooks']}/events`, {
      type: 'a.b',
      data: 'x'.repeat(bytes - 2),
    });
  expectProblem(await emit(256 * 1024 + 1), 413, 'payload_too_large');
  expect((await emit(256 * 1024)).status).toBe(202);
});

test.each([
  ['GET', '/v1/tenants/nobody'],
  ['POST', '/v1/tenants/nobody/events'],
  ['GET', '/v1/deliveries/dlv_nothing'],
  ['POST', '/v1/deliveries/dlv_nothing/retry'],
  ['GET', '/api/v1/webhooks/webhook_nothing'],
  ['GET', '/v1/no/such/route'],
])('%s %s is a 404 that says so', async (method, path) => {
  const answer = await tidings.call(method, path, method === 'POST' ? { type: 'a.b', data: {} } : undefined);
  expectProblem(answer, 404, 'not_found');
});

test.each([
  'limit=0',
  'limit=201',
  'limit=x',
  'cursor=%20',
  'status=unknown',
  'error_code=unknown',
  'response_status=99',
  'response_status=ok',
  'after=yesterday',
])('a list with %s is refused', async (query) => {
  const answer = await tidings.call('GET', `/v1/tenants/${tenants.leah}/deliveries?${query}`);
  expectProblem(answer, 422, 'validation_failed', query.split('=')[0]);
});
