/** A new user's first event, from the endpoint to the delivery. */
import { Webhook } from 'standardwebhooks';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

test('an event is accepted, signed, delivered and explained', async () => {
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'First' });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
  });
  const accepted = await tidings.call(
    'POST',
    `/v1/tenants/${tenant.id}/events`,
    '{"type":"a.b","data":{"n": 1.0}}',
  );
  expect(accepted.status).toBe(202);

  const [request] = await receiver.until(1);
  const headers = request?.headers as Record<string, string>;
  expect(new Webhook(endpoint.secret).verify(request?.body ?? '', headers)).toMatchObject({ type: 'a.b' });
  expect(request?.body.toString()).toContain('"data":{"n": 1.0}');

  const log = await tidings.settled(accepted.body.deliveries[0].id);
  expect(log).toMatchObject({ status: 'succeeded', log_source: 'history', attempts: [{ number: 1 }] });
  await receiver.close();
});

test('a failing endpoint is tried again until it accepts', async () => {
  const receiver = await startReceiver(500, 503, 200);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Second' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    retry_schedule: [1, 1],
  });
  const accepted = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  const log = await tidings.settled(accepted.body.deliveries[0].id);
  expect(log.attempts.map((attempt: any) => attempt.response.status)).toEqual([500, 503, 200]);
  await receiver.close();
});

test('an endpoint that never accepts is given up on, and that is said', async () => {
  const receiver = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Third' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    retry_schedule: [1],
  });
  const accepted = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  const [{ id }] = accepted.body.deliveries;
  const log = await tidings.settled(id);
  expect(log).toMatchObject({ status: 'failed', last_error: 'http_status', attempt_count: 2 });
  const { body: events } = await tidings.call('GET', '/v1/operational-events');
  expect(events.items).toContainEqual(
    expect.objectContaining({ type: 'delivery.exhausted', tenant_id: tenant.id }),
  );
  await receiver.close();
});
