/** One endpoint's trouble is its own: the others of the same event are delivered and recorded meanwhile. */
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

test('an endpoint whose secrets cannot be opened waits, uses up no attempt, and is served when they can', async () => {
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
  expect(await tidings.settled(waiting ?? '')).toMatchObject({ status: 'succeeded', attempt_count: 1 });
});
