/** The log says of every failure who must act and what to do, and links to where that is described. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

async function deliver(url: string, before?: (tenantId: string, endpointId: string) => Promise<unknown>) {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Customer' });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url,
    retry_schedule: [],
  });
  await before?.(tenant.id, endpoint.id);
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  return tidings.settled(body.deliveries[0].id);
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.each([
  ['404', async () => (await startReceiver(404)).url, 'not_found', 'customer'],
  ['503', async () => (await startReceiver(503)).url, 'unavailable', 'receiver'],
  ['a closed port', async () => `http://127.0.0.1:${await unusedPort()}/`, 'connection_refused', 'receiver'],
  [
    'a sign-in page',
    async () =>
      (await startReceiver((response) => response.writeHead(302, { location: '/login?a=b' }).end())).url,
    'redirect_to_sign_in',
    'receiver',
  ],
])('%s is explained at the attempt and at the delivery', async (_what, serve, cause, who) => {
  const log = await deliver(await serve());
  expect(log).toMatchObject({ status: 'failed', explanation: { cause, who } });
  expect(log.attempts[0].explanation).toEqual(log.explanation);
  const [path, anchor] = log.explanation.docs_url.split('#');
  const page = await fetch(tidings.url + path);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await page.text()).toContain(`id="${anchor}"`);
});

test('a success needs no explanation, and tells how long each phase took', async () => {
  const { url } = await startReceiver();
  const log = await deliver(url);
  expect(log.attempts[0]).toMatchObject({
    timings: {
      resolve_ms: expect.any(Number),
      first_byte_ms: expect.any(Number),
      tls_ms: null,
      reused: false,
    },
    remote_address: new URL(url).host,
    tls: null,
  });
  expect(log).toMatchObject({ status: 'succeeded', explanation: null });
  expect(log.attempts[0].explanation).toBeNull();
});

test('a 401 is explained by the rotation that came before it, and by none that came later', async () => {
  const receiver = await startReceiver(401);
  const rotate = (tenantId: string, endpointId: string) =>
    tidings.call('POST', `/v1/tenants/${tenantId}/endpoints/${endpointId}/secret/rotate`, {});
  const before = await deliver(receiver.url, rotate);
  expect(before.explanation).toMatchObject({ cause: 'unauthorized_after_rotation', who: 'receiver' });
  const after = await deliver(receiver.url);
  await rotate(after.tenant_id, after.endpoint_id);
  const { body } = await tidings.call('GET', `/v1/deliveries/${after.id}`);
  expect(body.explanation).toMatchObject({ cause: 'unauthorized' });
});

test('a delivery that its disabled endpoint has ended says so, although an attempt has failed otherwise', async () => {
  const receiver = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Customer' });
  const path = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await tidings.call('POST', path, { url: receiver.url, retry_schedule: [3600] });
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  const waiting = await tidings.settled(body.deliveries[0].id, ['retrying']);
  expect(waiting.explanation).toMatchObject({ cause: 'server_error' });
  await tidings.call('PATCH', `${path}/${endpoint.id}`, { enabled: false });
  const ended = await tidings.settled(waiting.id);
  expect(ended.explanation).toMatchObject({ cause: 'endpoint_disabled', who: 'customer' });
  expect(ended.attempts[0].explanation).toMatchObject({ cause: 'server_error' });
  const explained = async () => (await tidings.call('GET', `/v1/deliveries/${waiting.id}`)).body.explanation;
  await tidings.call('PATCH', `${path}/${endpoint.id}`, { enabled: true });
  expect(await explained()).toMatchObject({
    cause: 'endpoint_enabled_again',
    action: expect.stringMatching(/^Retry/),
  });
  await tidings.call('DELETE', `${path}/${endpoint.id}`);
  expect(await explained()).toMatchObject({ cause: 'endpoint_disabled_then_deleted' });
});

test('the duration of an attempt that was lost, or had no request, is not known', async () => {
  const { id } = await deliver((await startReceiver(503)).url);
  const { db } = tidings.database;
  // As where the history is gone: the rows alone tell.
  await db.query('update deliveries set workflow_id = null, run_id = null where id = $1', [id]);
  for (const [code, isKnown] of [
    ['http_status', true],
    ['timeout', true],
    ['outcome_unknown', false],
    ['secret_unreadable', false],
    ['profile_unknown', false],
    ['unsendable', false],
  ] as const) {
    await db.query(
      'update attempts set error_code = $2, workflow_id = null, run_id = null, duration_ms = 0 where delivery_id = $1',
      [id, code],
    );
    const { body } = await tidings.call('GET', `/v1/deliveries/${id}`);
    expect([code, body.attempts[0].duration_ms]).toEqual([code, isKnown ? 0 : null]);
  }
});
