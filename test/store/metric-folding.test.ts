/** Attempts are counted once, in the transaction of their record, whatever happens between that and the intervals that are shown. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BUCKETS, bucketOf, INTERVALS, KEY_KINDS, percentilesOf } from '../../src/domain/attempt-metrics.ts';
import { ALL_TENANTS, readMetrics } from '../../src/store/attempt-metrics.ts';
import { noEffects } from '../../src/store/endpoint-effects.ts';
import { foldMetrics, pruneMetrics } from '../../src/store/metric-folding.ts';
import { createRecorder } from '../../src/store/recorder.ts';
import type { AttemptRecord } from '../../src/store/records.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

const DAY_MS = 86_400_000;
/** METRIC_ATTEMPTS=1000000 makes it larger. */
const ATTEMPTS = Number(process.env.METRIC_ATTEMPTS ?? 20_000);
const GROUP = 1_000;
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep']);
});
afterAll(() => database?.drop());
beforeEach(() =>
  database.db.query(
    'truncate events, deliveries, attempts, metric_parts, metric_totals, metric_keys cascade',
  ),
);

async function claimed(
  ids: string[],
  { created_at = 'now()', is_test = 'false', ...columns }: Record<string, string> = {},
) {
  await insertDeliveries(database.db, 'ep', ids, {
    ...{ status: "'delivering'", claim_number: '1', claim_run: "'run'", claim_trigger: "'schedule'" },
    ...{ claim_from: "'pending'", claim_started_at: 'now()' },
    ...columns,
  });
  await database.db.query(
    `update deliveries set created_at = ${created_at}, is_test = ${is_test} where id = any($1)`,
    [ids],
  );
}

const recordOf = (deliveryId: string, changes: Partial<AttemptRecord> = {}): AttemptRecord => ({
  ...{ deliveryId, number: 1, trigger: 'schedule', pressId: null, workflowId: 'w', runId: 'run' },
  ...{ claimRunId: 'run', startedAtMs: Date.now(), durationMs: 20, responseStatus: 200, errorCode: null },
  ...{ errorMessage: null, exchange: null, next: { status: 'succeeded' }, slotsUsed: 1, endedAgoMs: 0 },
  ...{ notBeforeMs: null, planVersion: 0, effects: noEffects('ep'), ...changes },
});
const failed: Partial<AttemptRecord> = { responseStatus: 503, errorCode: 'http_status' };
const record = (...records: AttemptRecord[]) =>
  createRecorder(database.db, { disableAfterMs: 1e9 }).record(records);

/** All that was counted in the day around now, in the intervals of a width. */
async function counted(interval: keyof typeof INTERVALS = '1d', tenantId = 'ten') {
  const width = INTERVALS[interval].seconds * 1000;
  const now = Math.floor(Date.now() / width) * width;
  const { intervals, keys } = await readMetrics(database.db, tenantId, {
    interval,
    fromMs: now - DAY_MS,
    toMs: now + DAY_MS,
  });
  const sum = (name: 'attempts' | 'failed' | 'delivered' | 'exhausted') =>
    intervals.reduce((total, each) => total + each[name], 0);
  return {
    totals: {
      attempts: sum('attempts'),
      failed: sum('failed'),
      delivered: sum('delivered'),
      exhausted: sum('exhausted'),
    },
    keys: Object.fromEntries(keys.map((each) => [`${each.kind} ${each.key}`, [each.attempts, each.failed]])),
    intervals,
  };
}

test('the program and the database put every time into the same bucket', async () => {
  const times = [0, 0.3, 1, 1.01, 2, 3, 4, 1000, 1024, 60_000, 2 ** 31, 1e12, -5].concat(
    Array.from({ length: 300 }, (_, at) => 1.13 ** at + 0.001),
  );
  const { rows } = await database.db.query(
    'select metric_bucket(ms) as bucket from unnest($1::double precision[]) with ordinality as t (ms, n) order by n',
    [times],
  );
  expect(rows.map(({ bucket }) => bucket)).toEqual(times.map(bucketOf));
  expect(Math.max(...rows.map(({ bucket }) => bucket))).toBe(BUCKETS - 1);
});

test('outcomes, codes and types are counted in intervals of every width, for the tenant and for all', async () => {
  await claimed(['a', 'b', 'c', 'd'], { created_at: "now() - interval '10 seconds'" });
  await record(
    recordOf('a'),
    recordOf('b', { ...failed, next: { status: 'retrying', afterMs: 1000 } }),
    recordOf('c', { ...failed, next: { status: 'failed' } }),
    recordOf('d', {
      ...{ responseStatus: null, errorCode: 'timeout', durationMs: 15_000 },
      next: { status: 'failed' },
    }),
  );
  expect(await counted()).toMatchObject({ totals: { attempts: 0 } });
  expect(await foldMetrics(database.db)).toBeGreaterThan(0);
  for (const interval of Object.keys(INTERVALS) as (keyof typeof INTERVALS)[]) {
    for (const tenantId of ['ten', ALL_TENANTS]) {
      const { totals, keys, intervals } = await counted(interval, tenantId);
      expect(totals).toEqual({ attempts: 4, failed: 3, delivered: 1, exhausted: 2 });
      expect(keys).toEqual({
        'type a.b': [4, 3],
        'error http_status': [2, 2],
        'error timeout': [1, 1],
        'status 200': [1, 0],
        'status 503': [2, 2],
      });
      expect(percentilesOf(intervals[0]?.latencies as number[])?.p50).toBeGreaterThan(9_000);
      expect(percentilesOf(intervals[0]?.durations as number[])).toMatchObject({ p50: expect.any(Number) });
    }
  }
});

test('a repeated record, a test and a later success count no delivery again', async () => {
  await claimed(['once']);
  await record(recordOf('once'));
  await record(recordOf('once'));
  await claimed(['test'], { is_test: 'true' });
  await record(recordOf('test'));
  // Pressed again after its success.
  await database.db.query(
    `update deliveries set status = 'delivering', claim_number = 2, claim_run = 'run', claim_trigger = 'manual', claim_from = 'succeeded'
     where id = 'once'`,
  );
  await record(recordOf('once', { number: 2, trigger: 'manual' }));
  await foldMetrics(database.db);
  expect((await counted()).totals).toEqual({ attempts: 2, failed: 0, delivered: 1, exhausted: 0 });
});

test(`of ${ATTEMPTS} attempts, which are recorded while others are folded, each is counted once`, async () => {
  const isFailed = 'n % 7 = 0';
  let isOver = false;
  const folding = (async () => {
    while (!isOver) await foldMetrics(database.db);
  })();
  for (let from = 0; from < ATTEMPTS; from += GROUP) {
    const ids = Array.from({ length: GROUP }, (_, n) => `dlv_${from + n}`);
    await claimed(ids, { status: "'succeeded'", ended_at: 'now()' });
    await database.db.query(
      `insert into attempts (delivery_id, number, trigger, started_at, duration_ms, response_status, error_code)
       select 'dlv_' || n, 1, 'schedule', now(), n % 1000, case when ${isFailed} then 503 else 200 end, case when ${isFailed} then 'http_status' end
       from generate_series($1::int, $2::int) n`,
      [from, from + GROUP - 1],
    );
  }
  isOver = true;
  await folding;
  while ((await foldMetrics(database.db)) > 0);
  const failures = Math.ceil(ATTEMPTS / 7);
  for (const tenantId of ['ten', ALL_TENANTS]) {
    const { totals, keys } = await counted('1d', tenantId);
    expect(totals).toMatchObject({ attempts: ATTEMPTS, failed: failures });
    expect(keys['status 503']).toEqual([failures, failures]);
    expect(keys['status 200']).toEqual([ATTEMPTS - failures, 0]);
  }
}, 900_000);

test('an attempt that an older version records is counted, too: it writes no column that the count needs', async () => {
  await claimed(['old'], { status: "'succeeded'", ended_at: 'now()' });
  await database.db.query(
    `insert into attempts (delivery_id, number, trigger, started_at, duration_ms, response_status, error_code)
     values ('old', 1, 'schedule', now(), 12, 500, 'http_status')`,
  );
  await foldMetrics(database.db);
  expect((await counted()).totals).toMatchObject({ attempts: 1, failed: 1 });
});

test('a record that is rolled back counts nothing, and a folding that breaks off counts everything later', async () => {
  await claimed(['gone', 'kept']);
  const client = await database.db.connect();
  await client.query('begin');
  await client.query(
    "insert into attempts (delivery_id, number, trigger, started_at, duration_ms) values ('gone', 1, 'schedule', now(), 1)",
  );
  await client.query('rollback');
  client.release();
  await record(recordOf('kept'));
  await database.db.query('alter table metric_keys rename to metric_keys_away');
  await expect(foldMetrics(database.db)).rejects.toThrow('metric_keys');
  await database.db.query('alter table metric_keys_away rename to metric_keys');
  expect((await counted()).totals.attempts).toBe(0);
  await foldMetrics(database.db);
  await foldMetrics(database.db);
  expect((await counted()).totals).toMatchObject({ attempts: 1, delivered: 1 });
});

test('while many record and several fold, every attempt is counted once', async () => {
  const ids = Array.from({ length: 400 }, (_, at) => `dlv_${String(at).padStart(3, '0')}`);
  await claimed(ids);
  let isOver = false;
  const folding = [1, 2].map(async () => {
    while (!isOver) {
      await foldMetrics(database.db);
      await sleep(1);
    }
  });
  const recorders = [1, 2].map(() => createRecorder(database.db, { disableAfterMs: 1e9 }));
  await Promise.all(
    ids.map((id, at) =>
      recorders[at % 2]?.record([
        recordOf(id, at % 5 === 0 ? { ...failed, next: { status: 'failed' } } : {}),
      ]),
    ),
  );
  isOver = true;
  await Promise.all(folding);
  await foldMetrics(database.db);
  const expected = { attempts: 400, failed: 80, delivered: 320, exhausted: 80 };
  expect((await counted()).totals).toEqual(expected);
  expect((await counted('1m', ALL_TENANTS)).totals).toEqual(expected);
});

test('nobody who records waits for who folds', async () => {
  await claimed(['first', 'second']);
  await record(recordOf('first'));
  const client = await database.db.connect();
  await client.query('begin; lock table metric_totals, metric_keys in exclusive mode');
  const folding = foldMetrics(database.db);
  expect(await record(recordOf('second'))).toEqual(new Map([['second', 'succeeded']]));
  await client.query('rollback');
  client.release();
  await folding;
});

test('an interval keeps a bounded number of keys apart, and counts the others together', async () => {
  await database.db.query(
    `insert into metric_parts select 'ten', now(), 'type.' || n, null, 200, 1, 1, 0, '{}', '{}' from generate_series(1, 100) n`,
  );
  await foldMetrics(database.db);
  await database.db.query(
    `insert into metric_parts select 'ten', now(), 'type.' || n, null, 200, 1, 1, 0, '{}', '{}' from generate_series(1, 200) n`,
  );
  await foldMetrics(database.db);
  const { keys, totals } = await counted();
  const types = Object.entries(keys).filter(([name]) => name.startsWith('type '));
  expect(types).toHaveLength(KEY_KINDS.type + 1);
  expect(types.reduce((sum, [, [attempts = 0] = []]) => sum + attempts, 0)).toBe(300);
  expect(keys['type ']).toEqual([300 - 2 * KEY_KINDS.type, 0]);
  expect(totals.attempts).toBe(300);
});

test('what is damaged keeps nothing else from being counted', async () => {
  await claimed(['well']);
  await record(recordOf('well'));
  await foldMetrics(database.db);
  await database.db.query(
    `update metric_totals set attempts = 9223372036854775807, failed = -9223372036854775808, durations = '{NULL,-5,2147483647}'`,
  );
  await database.db.query('update metric_keys set attempts = 9223372036854775807');
  await database.db.query(
    `insert into metric_parts values ('ten', 'infinity', E'\\x01', null, 2147483647, 2147483647, -1, 0, '{NULL,-1,32767}', '{}'),
       ('ten', '-infinity', '', '', null, 1, 0, 0, '{}', '{}'), ('ten', now(), '', '', -1, 2147483647, -5, 7, '{NULL,-1,32767}', '{NULL}')`,
  );
  await claimed(['other'], { created_at: "'infinity'" });
  await record(recordOf('other'));
  expect(await foldMetrics(database.db)).toBe(4);
  expect(await foldMetrics(database.db)).toBe(0);
  expect((await counted()).totals.delivered).toBe(2);
});

test('intervals go when they are old, each width at its time, and no others', async () => {
  await database.db.query(
    `insert into metric_totals select 'ten', s, date_bin('1 minute', now() - make_interval(days => d), 'epoch'), 1, 0, 0, 0, '{}', '{}'
     from unnest('{60,600,3600,86400}'::int[]) s, unnest('{0,1,5,50,500,900}'::int[]) d;
     insert into metric_keys select tenant_id, seconds, at, 'type', 'a.b', 1, 0 from metric_totals`,
  );
  expect(await pruneMetrics(database.db)).toBe(2 * (4 + 3 + 2 + 1));
  const { rows } = await database.db.query(
    'select seconds, count(*) as count from metric_totals group by 1 order by 1',
  );
  expect(rows.map(({ count }) => count)).toEqual([2, 3, 4, 5]);
});
