/**
 * Outgoing requests never reach Tidings' own services, and no attempt is counted while the operator's egress proxy does not work.
 */
import { answer, startConnectProxy } from '../helpers/connect-proxy.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

async function newEndpoint({ call }: TestService, url: string, more: object = {}): Promise<string> {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Egress' });
  const created = await call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url,
    retry_schedule: [],
    ...more,
  });
  if (created.status !== 201) throw new Error(created.text);
  return tenant.id;
}

async function emit({ call }: TestService, tenant: string): Promise<string> {
  const { body } = await call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: 1 });
  return body.deliveries[0].id;
}

const asIs = async ({ call }: TestService, id: string) => (await call('GET', `/v1/deliveries/${id}`)).body;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('while the proxy is out of order no attempt is made; when it works again, the delivery arrives at its first', async () => {
  const [proxy, receiver] = [await startConnectProxy({ auth: 'user:word' }), await startReceiver()];
  await proxy.die();
  const tidings = await startTestService({ TIDINGS_EGRESS_PROXY: proxy.url });
  const tenant = await newEndpoint(tidings, receiver.url);
  const id = await emit(tidings, tenant);
  // It is put off by five seconds each time: here it is not reached, and then refuses us.
  await pause(2_000);
  expect(await asIs(tidings, id)).toMatchObject({ attempt_count: 0, attempts: [] });
  proxy.behave(answer(407));
  await proxy.rise();
  while (proxy.targets.length === 0) await pause(100);
  await pause(500);
  expect(await asIs(tidings, id)).toMatchObject({ attempt_count: 0, attempts: [] });
  proxy.behave(null);
  const delivered = await tidings.settled(id);
  expect(delivered).toMatchObject({ status: 'succeeded', attempt_count: 1 });
  expect(delivered.attempts).toHaveLength(1);
  expect(receiver.received).toHaveLength(1);
  expect(proxy.targets.at(-1)).toBe(new URL(receiver.url).host);
  await tidings.stop();
});

test('a retry by hand while the proxy hangs is carried out when it is back', async () => {
  const [proxy, receiver] = [await startConnectProxy(), await startReceiver(500, 200)];
  const tidings = await startTestService({ TIDINGS_EGRESS_PROXY: proxy.url });
  const tenant = await newEndpoint(tidings, receiver.url, { timeout_ms: 500 });
  const id = await emit(tidings, tenant);
  expect(await tidings.settled(id)).toMatchObject({ status: 'failed', attempt_count: 1 });
  await proxy.die();
  await proxy.rise();
  proxy.behave(() => {});
  expect((await tidings.call('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202);
  while (proxy.targets.length < 2) await pause(100);
  await pause(3_000);
  expect(await asIs(tidings, id)).toMatchObject({ attempt_count: 1 });
  proxy.behave(null);
  await receiver.until(2, 30_000);
  expect(await tidings.settled(id, ['succeeded'])).toMatchObject({ attempt_count: 2 });
  await tidings.stop();
});

test('a destination that the proxy cannot reach is an attempt that failed', async () => {
  const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
  const tidings = await startTestService({ TIDINGS_EGRESS_PROXY: proxy.url });
  const tenant = await newEndpoint(tidings, receiver.url);
  await receiver.close();
  expect(await tidings.settled(await emit(tidings, tenant))).toMatchObject({
    status: 'failed',
    attempts: [{ error: { code: 'connection_refused' } }],
  });
  await tidings.stop();
});

test('the API and the database are no endpoints, although loopback is allowed', async () => {
  const tidings = await startTestService();
  const ports = [tidings.url, tidings.database.url].map((url) => new URL(url).port);
  for (const port of ports) {
    await expect(newEndpoint(tidings, `http://127.0.0.1:${port}/`)).rejects.toThrow(
      /service of Tidings itself/,
    );
    // A name is looked up when it is dialled.
    const tenant = await newEndpoint(tidings, `http://localhost:${port}/`);
    expect(await tidings.settled(await emit(tidings, tenant))).toMatchObject({
      status: 'failed',
      attempts: [{ response: null, error: { code: 'address_blocked' } }],
    });
  }
  await tidings.stop();
});
