/**
 * An endpoint that fails or hangs does not delay other endpoints: their deliveries of the same event are sent and recorded
 * meanwhile.
 */
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

async function fanOut(
  ...endpoints: object[]
): Promise<{ tenant: string; ids: string[]; emit(): Promise<string[]> }> {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Fan-out' });
  const ids: string[] = [];
  for (const endpoint of endpoints) {
    ids.push((await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, endpoint)).body.id);
  }
  return {
    tenant: tenant.id,
    ids,
    async emit() {
      const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
        type: 'a.b',
        data: 1,
      });
      const byEndpoint = new Map(body.deliveries.map((delivery: any) => [delivery.endpoint_id, delivery.id]));
      return ids.map((id) => byEndpoint.get(id) as string);
    },
  };
}

test('an endpoint that hangs until its timeout does not hold up the others', async () => {
  const good = await startReceiver();
  const hanging = await startReceiver(() => {});
  // A short timeout puts both into the same activity.
  const { emit } = await fanOut(
    { url: good.url, timeout_ms: 6000 },
    { url: hanging.url, timeout_ms: 6000, retry_schedule: [] },
  );
  const [fine, hung] = await emit();
  await hanging.until(1);
  expect((await tidings.settled(fine ?? '')).status).toBe('succeeded');
  expect((await tidings.call('GET', `/v1/deliveries/${hung}`)).body.status).toBe('delivering');
  expect(await tidings.settled(hung ?? '')).toMatchObject({ status: 'failed', last_error: 'timeout' });
});

test('an endpoint whose secrets cannot be opened fails by its schedule, and is served when they can', async () => {
  const good = await startReceiver();
  const locked = await startReceiver();
  const { ids, emit } = await fanOut(
    { url: good.url, timeout_ms: 6000 },
    { url: locked.url, timeout_ms: 6000 },
  );
  const { db } = tidings.database;
  const { rows } = await db.query('select sealed from endpoints where id = $1', [ids[1]]);
  await db.query(`update endpoints set sealed = '\\x00' where id = $1`, [ids[1]]);
  const [fine, waiting] = await emit();
  expect((await tidings.settled(fine ?? '')).status).toBe('succeeded');
  await db.query('update endpoints set sealed = $2 where id = $1', [ids[1], rows[0].sealed]);
  // The attempt that could not be made is in the log, and the schedule went on.
  const log = await tidings.settled(waiting ?? '');
  expect(log).toMatchObject({ status: 'succeeded', attempt_count: 2 });
  expect(log.attempts[0]).toMatchObject({
    request: null,
    response: null,
    error: { code: 'secret_unreadable' },
  });
  expect(locked.received).toHaveLength(1);
});

test('however much is sent to an endpoint that fails, others are served at once, and in the end all of it is sent', async () => {
  const good = await startReceiver();
  const dead = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Busy' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: dead.url, retry_schedule: [] });
  const { emit } = await fanOut({ url: good.url });
  const path = `/v1/tenants/${tenant.id}/events`;
  const first = await tidings.call('POST', path, { type: 'a.b', data: 1 });
  await tidings.settled(first.body.deliveries[0].id, ['failed']);

  // More than may wait in memory for one endpoint that fails. Its lane rests the longer the busier the machine is, also by other programs.
  const EVENTS = 1_200;
  const BATCH = 400;
  const batch = { events: Array.from({ length: BATCH }, () => ({ type: 'a.b', data: 1 })) };
  const emitted = await Promise.all(
    Array.from({ length: EVENTS / BATCH }, () => tidings.call('POST', `${path}/batch`, batch)),
  );
  expect(emitted.map(({ status }) => status)).toEqual(emitted.map(() => 202));
  const [fine] = await emit();
  const { status } = await tidings.settled(fine ?? '', ['succeeded'], 15_000);
  expect(status).toBe('succeeded');
  expect(dead.received.length).toBeLessThan(1 + EVENTS);

  await dead.until(1 + EVENTS, 120_000);
  const counts = async () =>
    (
      await tidings.database.db.query(
        'select status, count(*) from deliveries where tenant_id = $1 group by status',
        [tenant.id],
      )
    ).rows;
  await eventually(counts, (rows) => rows.length === 1);
  expect(await counts()).toEqual([{ status: 'failed', count: 1 + EVENTS }]);
  expect(dead.received).toHaveLength(1 + EVENTS);
}, 180_000);
