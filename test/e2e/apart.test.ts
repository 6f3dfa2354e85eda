/** API and worker as separate processes: the API accepts alone, the worker delivers, and a manual retry reaches the worker. */
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

test('two APIs and three workers on one PostgreSQL and one Temporal: one of each is killed, and every accepted event arrives', async () => {
  const database = await createTestDatabase();
  const settings = {
    databaseUrl: database.url,
    taskQueue: `test-${randomUUID()}`,
    TIDINGS_RECONCILE_AFTER_S: '2',
  };
  const receiver = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), 10));
  const apis = await Promise.all([startProcess('api', settings), startProcess('api', settings)]);
  const workers = await Promise.all([1, 2, 3].map(() => startProcess('worker', settings)));
  const [first, second] = apis;
  const { body: tenant } = await first.call('POST', '/v1/tenants', { name: 'Many' });
  await first.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    timeout_ms: 5_000,
    retry_schedule: [1, 1, 1, 1],
  });
  const accepted: string[] = [];
  const emit = async (n: number) => {
    const api = n % 2 === 0 ? first : second;
    const answer = await api
      .call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: { n } })
      .catch(() => null);
    if (answer?.status === 202) accepted.push(answer.body.id);
  };
  for (let n = 0; n < 400; n += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => emit(n + i)));
    if (n === 140) await workers[0]?.kill();
    if (n === 240) await first.kill();
  }
  // Half of what came after the API was killed went to the other one.
  expect(accepted.length).toBeGreaterThanOrEqual(260 + 70);
  const arrivals = () => receiver.received.map(({ headers }) => headers['webhook-id']);
  const deadline = Date.now() + 120_000;
  while (accepted.some((id) => !arrivals().includes(id)) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 200));
  expect(accepted.filter((id) => !arrivals().includes(id))).toEqual([]);
  const duplicates = arrivals().length - new Set(arrivals()).size;
  // Only what the killed worker had in hand can come twice: its two slots and its concurrency for one endpoint.
  expect(duplicates).toBeLessThanOrEqual(64);
  for (const process of [second, ...workers.slice(1)]) expect(await process.stop()).toBe(0);
}, 240_000);
