/** A backup of the database, with the encryption keys, is enough: a new Temporal delivers what the backup holds. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyDatabase, createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';

const EVENTS = 60;

test('a copy made in the middle of everything, started on an empty Temporal, delivers all that was accepted before', async () => {
  const database = await createTestDatabase();
  const quick = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), 50));
  // Refuses at first, so that the copy finds some waiting for their next attempt.
  let accepts = false;
  const refusing = await startReceiver((response) => response.writeHead(accepts ? 200 : 503).end());
  // Never answers while the original lives, so that the copy finds some under way.
  const hanging = await startReceiver((response) => {
    if (accepts) response.writeHead(200).end();
  });
  const original = await startProcess('serve', {
    databaseUrl: database.url,
    taskQueue: `test-${randomUUID()}`,
  });
  const { body: tenant } = await original.call('POST', '/v1/tenants', { name: 'Restored' });
  for (const endpoint of [
    { url: quick.url, timeout_ms: 5_000, retry_schedule: [1, 1, 1] },
    { url: refusing.url, timeout_ms: 5_000, retry_schedule: [3, 3, 3, 3, 3, 3] },
    { url: hanging.url, timeout_ms: 60_000, retry_schedule: [1, 1, 1] },
  ])
    await original.call('POST', `/v1/tenants/${tenant.id}/endpoints`, endpoint);

  const accepted: string[] = [];
  const emitting = emitUntilGone(original, tenant.id, accepted);
  const statusesOf = async ({ db }: TestDatabase) =>
    (await db.query<{ status: string }>('select distinct status from deliveries')).rows.map(
      ({ status }) => status,
    );
  const inTheMiddle = ['delivering', 'retrying', 'succeeded'];
  const isInTheMiddle = async () => {
    const now = await statusesOf(database);
    return accepted.length >= EVENTS && inTheMiddle.every((status) => now.includes(status));
  };
  while (!(await isInTheMiddle())) await sleep(5);
  const before = [...accepted];
  const copy = await copyDatabase(database);
  // The machine is gone, and its Temporal with it.
  await original.kill();
  await emitting;
  expect(await statusesOf(copy)).toEqual(expect.arrayContaining(inTheMiddle));
  // A restore takes longer than an attempt may: what leases and claims allow has passed by then.
  await copy.db.query(`update deliveries set leased_until = now() where leased_until is not null`);
  await copy.db.query(`update deliveries set claim_deadline = now() where claim_deadline is not null`);

  accepts = true;
  const restored = await startProcess('serve', {
    databaseUrl: copy.url,
    taskQueue: `test-${randomUUID()}`,
    // It is made at start, and is as empty as a new Temporal.
    TEMPORAL_NAMESPACE: `restored-${randomUUID()}`,
    TIDINGS_RECONCILE_AFTER_S: '2',
  });
  const open = async () =>
    (await copy.db.query(`select id, status, last_error from deliveries where status <> 'succeeded'`)).rows;
  const deadline = Date.now() + 120_000;
  while ((await open()).length > 0 && Date.now() < deadline) await sleep(500);
  expect(await open()).toEqual([]);
  for (const receiver of [quick, refusing, hanging]) {
    const arrived = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect(before.filter((id) => !arrived.has(id))).toEqual([]);
  }
  const { rows: unknown } = await copy.db.query(
    `select count(*) as n from attempts where error_code = 'outcome_unknown'`,
  );
  expect(unknown[0].n).toBeGreaterThan(0);
  expect(await restored.stop()).toBe(0);
}, 240_000);

async function emitUntilGone({ call }: TestProcess, tenant: string, accepted: string[]): Promise<void> {
  for (;;) {
    const answer = await call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} }).catch(
      () => null,
    );
    if (answer === null) return;
    if (answer.status === 202) accepted.push(answer.body.id);
  }
}
