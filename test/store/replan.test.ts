/**
 * Waiting deliveries are planned anew when their schedule is changed: page by page, from the end of their last attempt, and never
 * twice.
 */
import { beginReplan, listToReplan, releaseMoved, replanLate, replanPage } from '../../src/store/replan.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep_1']);
});
afterEach(() => database?.drop());

type Row = { id: string; in: number | null; moved: boolean; status: string };
const rows = async (): Promise<Row[]> =>
  (
    await database.db.query<Row>(
      `select id, round(extract(epoch from next_attempt_at - now()))::int as in, moved, status from deliveries order by id`,
    )
  ).rows;

const ago = (seconds: number) => `now() - interval '${seconds} seconds'`;
const ahead = (seconds: number) => `now() + interval '${seconds} seconds'`;

test.each([
  [
    'sooner',
    { slots_used: '1', attempted_at: ago(10), next_attempt_at: ahead(3590) },
    [60],
    { in: 50, moved: true },
  ],
  [
    'at once, where that is past',
    { slots_used: '1', attempted_at: ago(100), next_attempt_at: ahead(3500) },
    [60],
    { in: 0, moved: true },
  ],
  [
    'later',
    { slots_used: '1', attempted_at: ago(10), next_attempt_at: ahead(50) },
    [3600],
    { in: 3590, moved: false },
  ],
  [
    'by the slot that it is in',
    { slots_used: '2', attempted_at: ago(10), next_attempt_at: ahead(50) },
    [1, 100, 3600],
    { in: 90, moved: false },
  ],
  [
    'not at all, after its end',
    { slots_used: '3', attempted_at: ago(10), next_attempt_at: ahead(50) },
    [1, 1],
    { in: 50, moved: false },
  ],
  [
    'not at all, before its first attempt',
    { slots_used: '0', next_attempt_at: ahead(5) },
    [3600],
    { in: 5, moved: false },
  ],
  [
    'not before the receiver allows it',
    { slots_used: '1', attempted_at: ago(10), not_before: ahead(500), next_attempt_at: ahead(3590) },
    [1],
    { in: 500, moved: true },
  ],
])('%s', async (_name, columns, delaysS, expected) => {
  await insertDeliveries(database.db, 'ep_1', ['dlv_1'], { status: "'retrying'", ...columns });
  await beginReplan(database.db, 'ep_1', { delaysS, jitter: 0 });
  await replanPage(database.db, 'ep_1');
  expect(await rows()).toEqual([expect.objectContaining({ ...expected, status: 'retrying' })]);
});

test('a delivery that an earlier version has recorded is planned from its last attempt', async () => {
  const { db } = database;
  await insertDeliveries(db, 'ep_1', ['dlv_1'], {
    status: "'retrying'",
    slots_used: '1',
    attempt_count: '1',
    next_attempt_at: ahead(3590),
  });
  await db.query(
    `insert into attempts (delivery_id, number, trigger, started_at, duration_ms) values ('dlv_1', 1, 'schedule', ${ago(12)}, 2000)`,
  );
  await beginReplan(db, 'ep_1', { delaysS: [60], jitter: 0 });
  await replanPage(db, 'ep_1');
  expect(await rows()).toMatchObject([{ in: 50, moved: true }]);
});

test('pages follow one another until all are planned, whoever takes the next', async () => {
  const { db } = database;
  const ids = Array.from({ length: 12 }, (_, n) => `dlv_${String(n).padStart(2, '0')}`);
  await insertDeliveries(db, 'ep_1', ids, {
    status: "'retrying'",
    slots_used: '1',
    attempted_at: ago(0),
    next_attempt_at: ahead(3600),
  });
  await beginReplan(db, 'ep_1', { delaysS: [60], jitter: 0 });
  expect(await listToReplan(db, 10)).toEqual(['ep_1']);
  expect(await replanPage(db, 'ep_1', 5)).toBe(true);
  expect((await rows()).filter(({ moved }) => moved)).toHaveLength(5);
  expect(await replanPage(db, 'ep_1', 5)).toBe(true);
  expect(await replanPage(db, 'ep_1', 5)).toBe(false);
  expect((await rows()).filter(({ moved }) => moved)).toHaveLength(12);
  expect(await listToReplan(db, 10)).toEqual([]);
  expect(await replanPage(db, 'ep_1', 5)).toBe(false);
});

test('an attempt that began before the change is planned by the new schedule too, one that began after it is left', async () => {
  const { db } = database;
  const columns = {
    status: "'retrying'",
    slots_used: '1',
    attempted_at: ago(0),
    next_attempt_at: ahead(3600),
  };
  await insertDeliveries(db, 'ep_1', ['dlv_after', 'dlv_before'], columns);
  await db.query(`update endpoints set plan_version = 1, replan_delays = '{60}', replan_jitter = 0`);
  await replanLate(db, [
    { deliveryId: 'dlv_before', planVersion: 0 },
    { deliveryId: 'dlv_after', planVersion: 1 },
  ]);
  expect(await rows()).toMatchObject([
    { id: 'dlv_after', in: 3600, moved: false },
    { id: 'dlv_before', in: 60, moved: true },
  ]);
});

test('a delivery that was moved to an earlier time is released when it is due, although its workflow still sleeps', async () => {
  const { db } = database;
  const columns = { status: "'retrying'", workflow_id: "'old'", run_id: "'run'" };
  await insertDeliveries(db, 'ep_1', ['dlv_due'], { ...columns, moved: 'true', next_attempt_at: ago(1) });
  await insertDeliveries(db, 'ep_1', ['dlv_later'], {
    ...columns,
    moved: 'true',
    next_attempt_at: ahead(60),
  });
  await insertDeliveries(db, 'ep_1', ['dlv_still'], { ...columns, moved: 'false', next_attempt_at: ago(1) });
  expect(await releaseMoved(db, 10)).toBe(1);
  const { rows: now } = await db.query('select id, status, workflow_id, moved from deliveries order by id');
  expect(now).toEqual([
    { id: 'dlv_due', status: 'pending', workflow_id: null, moved: false },
    { id: 'dlv_later', status: 'retrying', workflow_id: 'old', moved: true },
    { id: 'dlv_still', status: 'retrying', workflow_id: 'old', moved: false },
  ]);
});
