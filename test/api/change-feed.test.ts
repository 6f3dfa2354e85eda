/** The feed behind the streams: each change once, also one that is committed late; and no query while nobody watches. */
import { type ChangeFeed, createChangeFeed, RESUMABLE_MS } from '../../src/api/change-feed.ts';
import { newId } from '../../src/domain/ids.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Change } from '../../src/store/changes.ts';
import { type Db, type Queryable, transaction } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
let queries = 0;
let feed: ChangeFeed;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep_1']);
  const counted = new Proxy(database.db, {
    get(db, property) {
      if (property === 'query') queries += 1;
      const value = Reflect.get(db, property);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  }) as Db;
  feed = createChangeFeed({ db: counted, metrics: createMetrics(), logger: createLogger('silent') });
});
afterAll(async () => {
  await feed?.close();
  await database?.drop();
});

const deliver = async (status = 'pending') => {
  const id = newId('delivery');
  await insertDeliveries(database.db, 'ep_1', [id], { status: `'${status}'` });
  return id;
};
const attempt = (deliveryId: string, db: Queryable = database.db) =>
  db.query(
    `insert into attempts (delivery_id, number, trigger, started_at, duration_ms, recorded_at)
     values ($1, 1, 'schedule', now(), 5, clock_timestamp())`,
    [deliveryId],
  );

/** Collects what is handed over. */
async function watch(sinceMs: number | null = null, tenant = 'ten') {
  const seen: Change[] = [];
  const watched = { seen, missed: 0, gone: 0, stop: () => {} };
  watched.stop = await feed.watch(tenant, sinceMs, {
    take: (changes) => void seen.push(...changes),
    missed: () => {
      watched.missed += 1;
    },
    gone: () => {
      watched.gone += 1;
    },
  });
  return watched;
}
const keysOf = (seen: Change[]) => seen.map(({ key }) => key);
const until = (seen: Change[], key: string) =>
  eventually(
    () => keysOf(seen),
    (keys) => keys.includes(key),
  );

test('nothing is read while nobody watches', async () => {
  const before = queries;
  const { stop } = await watch();
  await eventually(
    () => queries,
    (count) => count > before,
  );
  stop();
  // The round under way ends; after it there is none.
  await eventually(
    async () => {
      const then = queries;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return queries - then;
    },
    (more) => more === 0,
  );
});

test('what had changed before is not told; what changes then is told once, to everybody who watches', async () => {
  const old = await deliver();
  const one = await watch();
  const two = await watch();
  const fresh = await deliver();
  await attempt(fresh);
  await until(one.seen, `${fresh} 1`);
  await until(two.seen, `${fresh} 1`);
  const last = await deliver();
  for (const { seen } of [one, two]) {
    await until(seen, last);
    const keys = keysOf(seen);
    expect(keys).toEqual(expect.arrayContaining([fresh, `${fresh} 1`, last]));
    expect(new Set(keys).size).toBe(keys.length);
  }
  expect(keysOf(one.seen)).not.toContain(old);
  for (const { stop } of [one, two]) stop();
});

test('what is committed late is told, too', async () => {
  const id = await deliver();
  const { seen, stop } = await watch();
  const slow = await database.db.connect();
  await slow.query('begin');
  await attempt(id, slow);
  // A later one is read meanwhile, in the round that would have had it.
  await until(seen, await deliver());
  expect(keysOf(seen)).not.toContain(`${id} 1`);
  await slow.query('commit');
  await until(seen, `${id} 1`);
  slow.release();
  stop();
});

test('who comes back is told what was missed, and hears when that is too much or too old', async () => {
  const from = feed.nowMs();
  const missed = await deliver();
  const back = await watch(from);
  expect(keysOf(back.seen)).toContain(missed);
  expect(back.missed).toBe(0);
  const old = await watch(from - RESUMABLE_MS - 1_000);
  expect(old.missed).toBe(1);
  const ids = Array.from({ length: 600 }, () => newId('delivery'));
  await insertDeliveries(database.db, 'ep_1', ids, { status: `'pending'` });
  const crowded = await watch(from);
  expect(crowded.missed).toBe(1);
  for (const each of [back, old])
    await eventually(
      () => each.missed,
      (count) => count > 0,
    );
  for (const each of [back, old, crowded]) each.stop();
});

test('nothing of another tenant is told', async () => {
  await database.db.query(
    `insert into tenants (id, name, profile, contacts, created_at) values ('ten_b', 'Other', 'leah', '{}', now())`,
  );
  const other = await watch(null, 'ten_b');
  const mine = await watch();
  await until(mine.seen, await deliver());
  expect(other.seen).toEqual([]);
  await database.db.query(`update tenants set deleted_at = now() where id = 'ten_b'`);
  await eventually(
    () => other.gone,
    (count) => count > 0,
  );
  for (const each of [other, mine]) each.stop();
});

test('attempts of all tenants are read by an index on time', async () => {
  const plan = await transaction(database.db, async (client) => {
    // The table is too small for an index to pay.
    await client.query('set local enable_seqscan = off');
    const { rows } = await client.query(
      'explain select 1 from attempts where recorded_at > now() order by recorded_at desc limit 5000',
    );
    return rows.map((row) => row['QUERY PLAN']).join();
  });
  expect(plan).toContain('attempts_by_record');
});
