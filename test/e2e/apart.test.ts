/** API and worker as processes of their own: the API accepts alone, the worker delivers, and a press finds its way. */
import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '../helpers/database.ts';
import { startProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';

test('an API without a worker accepts; a worker that comes later delivers; a retry pressed at the API is carried out', async () => {
  const database = await createTestDatabase();
  const settings = { databaseUrl: database.url, taskQueue: `test-${randomUUID()}` };
  const receiver = await startReceiver(200, 500, 200);
  const api = await startProcess('api', settings);
  const { body: tenant } = await api.call('POST', '/v1/tenants', { name: 'Apart' });
  await api.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url, retry_schedule: [3600] });
  const emit = async () =>
    (await api.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: 1 })).body;

  await emit();
  expect((await api.call('GET', '/readyz')).body).toMatchObject({ ready: true, worker: 'away' });
  const worker = await startProcess('worker', settings);
  await receiver.until(1, 30_000);

  const second = await emit();
  await receiver.until(2);
  const path = `/v1/deliveries/${second.deliveries[0].id}`;
  while ((await api.call('GET', path)).body.status !== 'retrying')
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await api.call('POST', `${path}/retry`)).status).toBe(202);
  await receiver.until(3);
  while ((await api.call('GET', path)).body.status !== 'succeeded')
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await api.call('GET', path)).body).toMatchObject({ log_source: 'history', attempt_count: 2 });

  expect(await worker.stop()).toBe(0);
  expect(await api.stop()).toBe(0);
}, 120_000);
