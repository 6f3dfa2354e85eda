/** The routes of the SCORM API accept the requests of its document word for word. */
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
const TENANT = '550e8400-e29b-41d4-a716-446655440000';
beforeAll(async () => {
  tidings = await startTestService();
  await tidings.call('POST', '/v1/tenants', { name: 'LMS', profile: 'scorm-api', external_id: TENANT });
});
afterAll(() => tidings?.stop());

const register = (body: object) =>
  tidings.call('POST', '/api/v1/webhooks', { tenant_id: TENANT, event_type: 'session.created', ...body });

test("the document's registration answers as the document shows, and never echoes the secret", async () => {
  const { status, body, text } = await tidings.call('POST', '/api/v1/webhooks', {
    tenant_id: TENANT,
    url: 'https://your-app.com/api/webhooks/scorm',
    secret: 'your-webhook-secret',
    event_type: 'package.processing.completed',
  });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.stringMatching(/^webhook_/),
    tenant_id: TENANT,
    url: 'https://your-app.com/api/webhooks/scorm',
    event_type: 'package.processing.completed',
    is_active: true,
    created_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
  });
  expect(text).not.toContain('your-webhook-secret');
});

test('webhooks are listed, read, changed and deleted', async () => {
  const { body: webhook } = await register({ url: 'https://a.example/' });
  const listed = await tidings.call('GET', `/api/v1/webhooks?tenant_id=${TENANT}`);
  expect(listed.body.items.map((item: any) => item.id)).toContain(webhook.id);
  const path = `/api/v1/webhooks/${webhook.id}`;
  expect((await tidings.call('GET', path)).body).toEqual(webhook);
  const changed = await tidings.call('PATCH', path, { is_active: false, event_type: 'session.progress' });
  expect(changed.body).toMatchObject({ is_active: false, event_type: 'session.progress' });
  expect((await tidings.call('DELETE', path)).status).toBe(204);
  expect((await tidings.call('GET', path)).status).toBe(404);
});

test('the delivery history shows status, attempts, response status and error', async () => {
  const receiver = await startReceiver(500, 200);
  const { body: webhook } = await register({ url: receiver.url });
  const data = { session_id: 's', package_id: 'p', user_id: 'u' };
  const event = await tidings.call('POST', `/v1/tenants/${TENANT}/events`, { type: 'session.created', data });
  await receiver.until(1);
  const [{ id }] = event.body.deliveries;
  await tidings.settled(id, ['retrying']);
  const history = () => tidings.call('GET', `/api/customer/webhooks/${webhook.id}/deliveries`);
  expect((await history()).body.items).toEqual([
    {
      id: id.replace('dlv_', 'delivery_'),
      event_type: 'session.created',
      status: 'retrying',
      attempts: 1,
      response_status: 500,
      error: expect.stringContaining('status'),
      created_at: expect.any(String),
      delivered_at: null,
    },
  ]);
  await tidings.call('POST', `/v1/deliveries/${id}/retry`);
  await tidings.settled(id);
  expect((await history()).body.items[0]).toMatchObject({ status: 'succeeded', attempts: 2, error: null });
  const sent = receiver.received[0];
  expect(sent?.headers['x-allure-signature']).toBeUndefined();
  expect(JSON.parse(sent?.body.toString() ?? '').delivery_id).toBe(id.replace('dlv_', 'delivery_'));
  expect(receiver.received[1]?.body.equals(sent?.body ?? Buffer.alloc(0))).toBe(true);
});

test.each([
  [404, { tenant_id: 'nobody', url: 'https://a.example/' }],
  [422, { url: 'https://a.example/', event_type: 'no.such' }],
  [422, { url: 'nowhere' }],
])('bad input is a %i: %j', async (status, body) => {
  expect((await register(body)).status).toBe(status);
});

test('a batch whose deliveries, each with a body of its own, would be too much in all is refused before any is made', async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Many', profile: 'scorm-api' });
  const base = `/v1/tenants/${tenant.id}`;
  for (let at = 0; at < 12; at += 1) {
    await tidings.call('POST', `${base}/endpoints`, {
      url: 'https://example.invalid/',
      event_types: ['session.created'],
    });
  }
  const data = { session_id: 's', package_id: 'p', user_id: 'u', more: 'x'.repeat(250_000) };
  const answer = await tidings.call('POST', `${base}/events/batch`, {
    events: Array.from({ length: 24 }, () => ({ type: 'session.created', data })),
  });
  expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
    413,
    'payload_too_large',
    'The batch would make bodies of 69 MiB in all, since each delivery of this profile has its own; at most 64 MiB are allowed. Split it.',
  ]);
  expect((await tidings.call('GET', `${base}/events`)).body.items).toEqual([]);
});
