/** Lists of events: whatever the filters are, the pages together hold each match once, in order, and a page is as short as it must be. */
import fc from 'fast-check';
import { firstIdAt } from '../../src/domain/ids.ts';
import { type EventFilter, eventKey, listEvents } from '../../src/store/event-list.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
const START_MS = Date.parse('2024-01-01T00:00:00Z');

type Row = { tenant: string; id: string; sortId: string; type: string; ms: number };
/** Three of four with an id of the caller's own; the ids of both tenants are alike. */
const rows: Row[] = Array.from({ length: 300 }, (_, n) => {
  const ms = START_MS + n * 1_000;
  const sortId = firstIdAt('event', ms);
  const own = ['order-1-', 'order-2-', 'invoice_'][n % 3];
  return {
    tenant: `ten_${n % 2}`,
    id: n % 4 === 0 ? sortId : `${own}${Math.floor(n / 2)}`,
    sortId,
    type: `a.${n % 7}`,
    ms,
  };
});
const KEYS: Record<string, { tenant: string; ids: string[] }> = {
  'batch-key': {
    tenant: 'ten_0',
    ids: rows.filter(({ tenant }, n) => tenant === 'ten_0' && n % 10 === 0).map(({ id }) => id),
  },
  // Begins as ids do, and names some that do not.
  'order-1-': {
    tenant: 'ten_1',
    ids: rows.filter(({ tenant }, n) => tenant === 'ten_1' && n % 9 === 1).map(({ id }) => id),
  },
};

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(
    `insert into tenants (id, name, profile, contacts, created_at) select 'ten_' || t, 't', 'leah', '{}', now() from generate_series(0, 1) t`,
  );
  await database.db.query(
    `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
     select r.tenant, r.id, r."sortId", r.type, now(), '', 0, 0, '', false, to_timestamp(r.ms / 1000)
     from json_to_recordset($1) as r (tenant text, id text, "sortId" text, type text, ms double precision)`,
    [JSON.stringify(rows)],
  );
  for (const [key, { tenant, ids }] of Object.entries(KEYS))
    await database.db.query('insert into idempotency_keys values ($1, $2, $3, $4)', [tenant, key, '', ids]);
});
afterAll(() => database?.drop());

async function pagesOf(filter: EventFilter, limit: number, maxWalked: number): Promise<string[]> {
  const found: string[] = [];
  for (let before: string | null = null; ; ) {
    const listed = await listEvents(database.db, filter, { before, limit }, maxWalked);
    expect(listed.rows.length).toBeLessThanOrEqual(limit);
    found.push(...listed.rows.map(({ id }) => id));
    const last = listed.rows.at(-1);
    const next: string | null =
      listed.rows.length === limit && last !== undefined ? eventKey(filter, last) : listed.walkedTo;
    if (next === null) return found;
    // Each page gets further down than the one before, so that there is an end.
    if (before !== null) expect(next < before).toBe(true);
    before = next;
  }
}

const times = fc.integer({ min: -10, max: 310 }).map((s) => new Date(START_MS + s * 1_000));
const filters = fc.record(
  {
    tenantId: fc.constantFrom('ten_0', 'ten_1', 'ten_none'),
    type: fc.constantFrom('a.0', 'a.6', 'a.none'),
    after: times,
    before: times,
    q: fc.constantFrom(
      'order-1-',
      'order-',
      'invoice_1',
      'evt_',
      'batch-key',
      'none',
      '%',
      'order_1',
      ...rows.slice(0, 3).map(({ id }) => id),
    ),
  },
  { requiredKeys: ['tenantId'] },
);

test('the pages hold every match once, in order, however short the walks are', async () => {
  const matching = ({ tenantId, type, after, before, q }: EventFilter) => {
    const key = q === undefined ? undefined : KEYS[q];
    const ofKey = key?.tenant === tenantId ? key.ids : [];
    return rows
      .filter((each) => each.tenant === tenantId && (type ?? each.type) === each.type)
      .filter(
        ({ ms }) =>
          (after === undefined || ms > after.getTime()) && (before === undefined || ms < before.getTime()),
      )
      .filter(({ id }) => q === undefined || id.startsWith(q) || ofKey.includes(id))
      .sort((a, b) => (q === undefined ? b.ms - a.ms : a.id < b.id ? 1 : -1))
      .map(({ id }) => id);
  };
  await fc.assert(
    fc.asyncProperty(
      filters,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      async (filter, limit, maxWalked) => {
        expect(await pagesOf(filter, limit, maxWalked)).toEqual(matching(filter));
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);
