/** Pruning erases old payloads, and a round costs as much as it erases: not what was erased before, nor what is not due. */
import type { Db } from '../../src/store/pool.ts';
import {
  ENDED_SINCE_QUERY,
  NEXT_TENANT_QUERY,
  nextTenantToPrune,
  PAGE_QUERY,
  pruneEnded,
  prunePage,
} from '../../src/store/pruning.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const DAYS = 30;
const PAGE = 100;
const OLD = 3_000;
const YOUNG = 3_000;

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  await db.query(`
    insert into tenants (id, name, profile, contacts, created_at)
      select 'ten_' || lpad(n::text, 5, '0'), '', 'standard-webhooks', '{}', now() from generate_series(1, 3000) n;
    insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
      select 'ep_' || n, 'ten_02500', '', '', '', true, now(), now() from generate_series(1, 3) n;
    insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
      select 'ten_02500', id, id, 'a.b', now(), 'words', 0, 5, '', false,
        now() - make_interval(days => case when n <= ${OLD} then 31 else 1 end)
      from generate_series(1, ${OLD + YOUNG}) n, lpad(n::text, 6, '0') id;
    insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, created_at)
      select 'dlv_' || id, 'ten_02500', id, 'ep_1', 'a.b', false, case when n in (1, 1500) then 'held' else 'succeeded' end, now()
      from generate_series(1, ${OLD + YOUNG}) n, lpad(n::text, 6, '0') id;
    analyze`);
});
afterAll(() => database?.drop());

/** A whole round, as the workflow goes through it. */
async function round(): Promise<{ erased: number; pages: number }> {
  let erased = 0;
  let pages = 0;
  for (;;) {
    const page = await pruneEnded(db, PAGE);
    if (page.looked > 0) pages += 1;
    erased += page.erased;
    if (page.looked < PAGE) break;
  }
  for (let after: string | null = ''; after !== null; ) {
    const { tenant, lookedTo } = await nextTenantToPrune(db, after, DAYS);
    after = lookedTo;
    for (let from: string | null = tenant?.prunedTo ?? null; tenant !== null && from !== null; ) {
      const page = await prunePage(db, tenant.id, { after: from, limit: PAGE, defaultDays: DAYS });
      pages += 1;
      erased += page.erased;
      from = page.last;
    }
  }
  return { erased, pages };
}

const add = (id: string, eventId: string, endpoint: string, status: string) =>
  db.query(
    `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, created_at)
     values ($1, 'ten_02500', $2, $3, 'a.b', false, $4, now())`,
    [id, eventId, endpoint, status],
  );
const end = (id: string) => db.query(`update deliveries set status = 'failed' where id = $1`, [id]);
const isThere = async (eventId: string) =>
  (await db.query('select length(body) as length from events where id = $1', [eventId])).rows[0].length > 0;

test('a round removes what is old and has ended, and the next one has nothing to do', async () => {
  expect(await round()).toEqual({ erased: OLD - 2, pages: OLD / PAGE + 1 });
  expect([await isThere('000001'), await isThere('000002'), await isThere('001500')]).toEqual([
    true,
    false,
    true,
  ]);
  expect([await isThere('003000'), await isThere('003001')]).toEqual([false, true]);
  expect(await round()).toEqual({ erased: 0, pages: 0 });
});

test('an event that was passed over while a delivery was open is erased in the first round after its end', async () => {
  await end('dlv_001500');
  expect(await round()).toEqual({ erased: 1, pages: 1 });
  expect([await isThere('000001'), await isThere('001500')]).toEqual([true, false]);
  expect(await round()).toEqual({ erased: 0, pages: 0 });
});

test('an event goes with the last of its deliveries, also with one that was made after it was passed', async () => {
  await add('dlv_b', '000001', 'ep_2', 'retrying');
  await end('dlv_000001');
  expect((await round()).erased).toBe(0);
  await add('dlv_c', '000001', 'ep_3', 'pending');
  await end('dlv_b');
  expect((await round()).erased).toBe(0);
  expect(await isThere('000001')).toBe(true);
  await end('dlv_c');
  expect((await round()).erased).toBe(1);
  expect(await isThere('000001')).toBe(false);
  expect(await round()).toEqual({ erased: 0, pages: 0 });
});

test('a delivery that ends while its event is being passed is not forgotten', async () => {
  await db.query(`update events set created_at = now() - interval '31 days' where id = '003001'`);
  await db.query(`update deliveries set status = 'delivering' where event_id = '003001'`);
  const client = await db.connect();
  await client.query('begin');
  await client.query(`update deliveries set status = 'succeeded' where event_id = '003001'`);
  const passing = prunePage(db, 'ten_02500', { after: '003000', limit: 1, defaultDays: DAYS });
  for (;;) {
    const { rows } = await db.query(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    if (rows.length > 0) break;
  }
  await client.query('commit');
  client.release();
  expect(await passing).toEqual({ erased: 0, last: '003001' });
  expect((await round()).erased).toBe(1);
  expect(await isThere('003001')).toBe(false);
});

describe('each statement finds its rows by an index and reads no more than a page:', () => {
  type Node = { 'Node Type': string; 'Actual Rows': number; 'Actual Loops': number; Plans?: Node[] };
  const nodes = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodes)];

  test.each([
    ['the next tenant', NEXT_TENANT_QUERY, ['', DAYS], 1_000],
    ['a page of a tenant', PAGE_QUERY, ['ten_02500', '003001', PAGE, DAYS], PAGE],
    ['what has ended since', ENDED_SINCE_QUERY, [PAGE], 0],
  ])('%s', async (_name, text, values, most) => {
    const { rows } = await db.query(`explain (analyze, format json) ${text}`, values);
    const plan = JSON.parse(rows[0]['QUERY PLAN'])[0].Plan as Node;
    const all = nodes(plan);
    expect(all.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(Math.max(...all.map((node) => node['Actual Rows'] * node['Actual Loops']))).toBeLessThanOrEqual(
      most,
    );
  });
});
