/** Connections to PostgreSQL of a process that is API and worker in one: a worker that uses all of its own leaves the API some. */
import pg from 'pg';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

/** The pools that a statement is run in from now on, by a text that it contains. */
function poolsOf(text: string): Set<pg.Pool> {
  const pools = new Set<pg.Pool>();
  const { query } = pg.Pool.prototype;
  jest.spyOn(pg.Pool.prototype, 'query').mockImplementation(function (this: pg.Pool, ...args: any[]) {
    if (String(args[0]?.text ?? args[0]).includes(text)) pools.add(this);
    return (query as any).apply(this, args);
  } as never);
  return pools;
}

afterEach(() => jest.restoreAllMocks());

test('lists are answered while the worker uses all its connections, and deliveries go on when it has them back', async () => {
  const tidings = await startTestService();
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Acme' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const emit = () => tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  // The claim of an attempt is the worker's.
  const pools = poolsOf('claim_run');
  const { body: first } = await emit();
  await tidings.settled(first.deliveries[0].id);
  expect(pools.size).toBe(1);
  const [pool] = [...pools];
  if (pool === undefined) throw new Error('no claim was seen');
  // Some are in use for good, such as the one that listens. When no more comes, all others are held here.
  const asked = await Promise.allSettled(Array.from({ length: pool.options.max }, () => pool.connect()));
  const held = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    expect(held.length).toBeGreaterThan(pool.options.max / 2);
    await expect(pool.connect()).rejects.toThrow('timeout');
    const { status, body } = await tidings.call('GET', `/v1/tenants/${tenant.id}/deliveries`);
    expect([status, body.items?.length]).toEqual([200, 1]);
    expect((await emit()).status).toBe(202);
  } finally {
    for (const client of held) client.release();
  }
  await receiver.until(2);
  await receiver.close();
  await tidings.stop();
});
