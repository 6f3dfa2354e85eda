/** Lists of deliveries: whatever the filters are, the pages together hold each match once, and a page reads so much at most. */
import fc from 'fast-check';
import type { Delivery } from '../../src/domain/delivery.ts';
import { newId } from '../../src/domain/ids.ts';
import { type DeliveryFilter, deliveryWalks, listDeliveries } from '../../src/store/delivery-list.ts';
import { snapshot, WALK_IN_ORDER } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(`
    insert into tenants (id, name, profile, contacts, created_at) select 'ten_' || t, 't', 'leah', '{}', now() from generate_series(0, 2) t;
    insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
      select 'ep_' || e, 'ten_' || e % 3, '', '', '', true, now(), now() from generate_series(0, 5) e;
    insert into events select 'ten_' || n % 3, 'evt_' || n / 6, n, 'a.b', now(), '', 0, 0, '', false, now()
      from generate_series(0, 299) n on conflict do nothing`);
  // Whoever makes ids in this order has them sort so.
  const ids = Array.from({ length: 300 }, () => newId('delivery')).sort();
  await database.db.query(
    `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, last_error, last_response_status, created_at)
     select id, 'ten_' || n % 3, 'evt_' || n / 6, 'ep_' || n % 6, 'a.' || n % 7, false,
       (array['failed', 'succeeded', 'pending', 'retrying', 'delivering', 'held', 'cancelled'])[1 + (n / 11) % 7],
       case when n % 5 = 0 then 'timeout' when n % 5 = 1 then 'http_status' end,
       case when n % 5 = 1 then 500 when n % 5 > 1 then 200 end, now()
     from (select id, ordinality::int - 1 as n from unnest($1::text[]) with ordinality u (id)) d`,
    [ids],
  );
});
afterAll(() => database?.drop());

async function pagesOf(filter: DeliveryFilter, limit: number, maxWalked: number): Promise<Delivery[]> {
  const found: Delivery[] = [];
  for (let before: string | null = null; ; ) {
    const { rows, walkedTo } = await listDeliveries(database.db, filter, { before, limit }, maxWalked);
    expect(rows.length).toBeLessThanOrEqual(limit);
    found.push(...rows);
    const next: string | null = rows.length === limit ? (rows.at(-1)?.id ?? null) : walkedTo;
    if (next === null) return found;
    // Each page gets further down than the one before, so that there is an end.
    if (before !== null) expect(next < before).toBe(true);
    before = next;
  }
}

const filters = fc.record(
  {
    tenantId: fc.constantFrom('ten_0', 'ten_1', 'ten_none'),
    endpointId: fc.constantFrom('ep_0', 'ep_1', 'ep_5', 'ep_none'),
    eventId: fc.constantFrom('evt_0', 'evt_49', 'evt_none'),
    eventType: fc.constantFrom('a.0', 'a.6', 'a.none'),
    status: fc.constantFrom('failed' as const, 'succeeded' as const, 'pending' as const, 'held' as const),
    errorCode: fc.constantFrom('timeout' as const, 'http_status' as const, 'dns_error' as const),
    responseStatus: fc.constantFrom(500, 200, 418),
  },
  { requiredKeys: [] },
);

test('the pages hold every match once, newest first, however short the walks are', async () => {
  const { rows: all } = await listDeliveries(database.db, {}, { before: null, limit: 1_000 });
  expect(all).toHaveLength(300);
  const matching = (filter: DeliveryFilter) =>
    all.filter(
      (each) =>
        (filter.tenantId ?? each.tenantId) === each.tenantId &&
        (filter.endpointId ?? each.endpointId) === each.endpointId &&
        (filter.eventId ?? each.eventId) === each.eventId &&
        (filter.eventType ?? each.eventType) === each.eventType &&
        (filter.status ?? each.status) === each.status &&
        (filter.errorCode ?? each.lastError) === each.lastError &&
        (filter.responseStatus ?? each.lastResponseStatus) === each.lastResponseStatus,
    );
  await fc.assert(
    fc.asyncProperty(
      filters,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      async (filter, limit, maxWalked) => {
        const ids = (await pagesOf(filter, limit, maxWalked)).map(({ id }) => id);
        expect(ids).toEqual(matching(filter).map(({ id }) => id));
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);

test("another tenant's endpoint is an empty list, and says nothing of where that endpoint's deliveries are", async () => {
  const filter: DeliveryFilter = { tenantId: 'ten_0', endpointId: 'ep_1', status: 'failed' };
  expect(await listDeliveries(database.db, filter, { before: null, limit: 10 }, 5)).toEqual({
    rows: [],
    walkedTo: null,
  });
});

test('a page reads as many rows as its walks are long, and no more', async () => {
  const filter: DeliveryFilter = { status: 'succeeded', eventType: 'a.none', responseStatus: 200 };
  for (const { rows, end } of deliveryWalks(
    { ...filter, endpointId: 'ep_1' },
    { before: null, limit: 51 },
    20,
  )) {
    for (const { text, values } of [rows, end]) {
      const { rows: plan } = await snapshot(database.db, async (client) => {
        await client.query(WALK_IN_ORDER);
        return client.query(`explain (analyze, format json) ${text}`, values);
      });
      expect(rowsRead(JSON.parse(plan[0]['QUERY PLAN'])[0].Plan)).toBeLessThanOrEqual(20);
    }
  }
});

/** Rows that the scans of a plan gave, those that a filter took away included. */
function rowsRead(node: any): number {
  const below = (node.Plans ?? []).map(rowsRead).reduce((sum: number, n: number) => sum + n, 0);
  const own =
    node['Relation Name'] === 'deliveries' ? node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) : 0;
  return below + own;
}
