/** Attempts that end at the same time are recorded together, and a locked endpoint holds up only its own records. */

import { noEffects } from '../../src/store/endpoint-effects.ts';
import { createRecorder } from '../../src/store/recorder.ts';
import type { AttemptRecord } from '../../src/store/records.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep_dead', 'ep_well']);
});
afterAll(() => database?.drop());
beforeEach(() => database.db.query('truncate events, deliveries, attempts cascade'));

/** Deliveries under way: claimed by the run `run`. */
const claimed = (endpointId: string, ids: string[]) =>
  insertDeliveries(database.db, endpointId, ids, {
    status: "'delivering'",
    claim_number: '1',
    claim_run: "'run'",
    claim_trigger: "'schedule'",
    claim_from: "'pending'",
    claim_started_at: 'now()',
  });

function recordOf(deliveryId: string, endpointId: string, succeeded: boolean): AttemptRecord {
  return {
    deliveryId,
    number: 1,
    trigger: 'schedule',
    pressId: null,
    workflowId: 'workflow',
    runId: 'run',
    claimRunId: 'run',
    startedAtMs: Date.now(),
    durationMs: 1,
    responseStatus: succeeded ? 200 : 500,
    errorCode: succeeded ? null : 'http_status',
    errorMessage: null,
    exchange: null,
    next: succeeded ? { status: 'succeeded' } : { status: 'retrying', afterMs: 1_000 },
    slotsUsed: 1,
    endedAgoMs: 0,
    notBeforeMs: null,
    planVersion: 0,
    effects: { ...noEffects(endpointId), health: succeeded ? null : 'failing' },
  };
}

const ids = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}_${n}`);

test('two hundred failures at one endpoint are each recorded and counted, in few transactions', async () => {
  const failing = ids(200, 'dlv');
  await claimed('ep_dead', failing);
  const recorder = createRecorder(database.db, { disableAfterMs: 1e9 });
  const statuses = await Promise.all(failing.map((id) => recorder.record([recordOf(id, 'ep_dead', false)])));
  statuses.forEach((status, at) => {
    expect(status.get(failing[at] ?? '')).toBe('retrying');
  });
  const { rows } = await database.db.query(
    `select (select consecutive_failures from endpoints where id = 'ep_dead') as failures,
       count(*) as attempts, count(distinct xmin::text) as transactions from attempts`,
  );
  expect(rows[0]).toMatchObject({ failures: 200, attempts: 200 });
  expect(rows[0].transactions).toBeLessThan(20);
});

test('while an endpoint is locked, the attempts at others are recorded, and take no connection away', async () => {
  const failing = ids(60, 'dlv_dead');
  await claimed('ep_dead', failing);
  await claimed('ep_well', ['dlv_well', 'dlv_next']);
  const recorder = createRecorder(database.db, { disableAfterMs: 1e9 });
  const client = await database.db.connect();
  await client.query("begin; select 1 from endpoints where id = 'ep_dead' for update");
  const waiting = Promise.all(failing.map((id) => recorder.record([recordOf(id, 'ep_dead', false)])));
  const ordered = recordOf('dlv_next', 'ep_well', true);
  ordered.effects = { ...ordered.effects, releaseNext: true, health: 'healthy' };
  const statuses = await recorder.record([recordOf('dlv_well', 'ep_well', true), ordered]);
  expect(Object.fromEntries(statuses)).toEqual({ dlv_well: 'succeeded', dlv_next: 'succeeded' });
  const waiters = async () =>
    (
      await database.db.query(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      )
    ).rowCount;
  await eventually(waiters, (count) => (count ?? 0) > 0);
  expect(await waiters()).toBeLessThanOrEqual(2);
  await client.query('rollback');
  client.release();
  expect((await waiting).every((each, at) => each.get(failing[at] ?? '') === 'retrying')).toBe(true);
});

test('an attempt that was recorded before changes nothing, and the others are recorded', async () => {
  await claimed('ep_well', ['dlv_1', 'dlv_2']);
  const recorder = createRecorder(database.db, { disableAfterMs: 1e9 });
  await recorder.record([recordOf('dlv_1', 'ep_well', true)]);
  const both = await recorder.record([
    recordOf('dlv_1', 'ep_well', false),
    recordOf('dlv_2', 'ep_well', false),
  ]);
  expect([...both]).toEqual([['dlv_2', 'retrying']]);
});
