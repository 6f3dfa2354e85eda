/** The selection of a redelivery finds every delivery in order, however short its pages are, and reads page by page. */
import fc from 'fast-check';
import { firstIdAt } from '../../src/domain/ids.ts';
import type { Selection } from '../../src/domain/operation.ts';
import { type Selected, walkDeliveries, walkMissing } from '../../src/store/redelivery-selection.ts';
import { countAmong, countSelected } from '../../src/store/selection-counts.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
const START_MS = Date.parse('2024-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const at = (hour: number) => new Date(START_MS + hour * HOUR_MS);
/** An id of that hour; later calls sort later. */
const idAt = (kind: 'event' | 'delivery', hour: number, n: number) =>
  firstIdAt(kind, START_MS + hour * HOUR_MS + n);

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(`
    insert into tenants (id, name, profile, contacts, created_at) values ('ten_0', 't', 'leah', '{}', now()), ('ten_1', 't', 'leah', '{}', now());
    insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, event_types, created_at, updated_at) values
      ('ep_0', 'ten_0', '', '', '', true, '{a.*}', now(), now()), ('ep_1', 'ten_0', '', '', '', true, null, now(), now()),
      ('ep_off', 'ten_0', '', '', '', false, null, now(), now()), ('ep_other', 'ten_1', '', '', '', true, null, now(), now())`);
  const statuses = ['failed', 'succeeded', 'cancelled', 'retrying', 'pending', 'failed'];
  const rows = Array.from({ length: 240 }, (_, n) => {
    const hour = Math.floor(n / 10);
    const status = statuses[n % statuses.length] ?? 'failed';
    const endpoint = ['ep_0', 'ep_1', null, 'ep_off', 'ep_other'][Math.floor(n / 6) % 5] ?? null;
    return {
      tenant: endpoint === 'ep_other' ? 'ten_1' : 'ten_0',
      event: idAt('event', hour, n),
      delivery: endpoint === null ? null : idAt('delivery', hour, n),
      endpoint,
      type: ['a.one', 'b.two', 'a.three'][n % 3],
      status,
      error: n % 4 === 0 ? 'timeout' : 'http_status',
      // Some fail long after they were accepted.
      ended: status === 'retrying' || status === 'pending' ? null : at(hour + (n % 7 === 0 ? 12 : 1)),
      erased: n % 31 === 0,
      test: n % 37 === 0,
      created: at(hour),
    };
  });
  const json = JSON.stringify(rows);
  await database.db.query(
    `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at, erased_at)
     select r.tenant, r.event, r.event, r.type, now(), '', 0, 0, '', r.test, r.created, case when r.erased then now() end
     from json_to_recordset($1) as r (tenant text, event text, type text, test bool, created timestamptz, erased bool)`,
    [json],
  );
  await database.db.query(
    `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, last_error, last_response_status, ended_at,
       created_at)
     select r.delivery, r.tenant, r.event, r.endpoint, r.type, r.test, r.status, r.error,
       case when r.error = 'http_status' then 503 end, r.ended, r.created
     from json_to_recordset($1) as r (tenant text, event text, delivery text, endpoint text, type text, test bool, status text,
       error text, ended timestamptz, created timestamptz) where r.delivery is not null`,
    [json],
  );
});
afterAll(() => database?.drop());

const MATCHES = (type: string, filters: string) =>
  `(${filters}::text[] is null or exists (select 1 from unnest(${filters}::text[]) f where f = ${type} or (f like '%.*' and starts_with(${type}, left(f, -1)))))`;

/** The same without pages and indexes, as it is said in words. */
async function expected({
  tenantId,
  endpointId,
  selection: s,
  asOf,
}: Selected): Promise<{ existing: string[]; missing: string[] }> {
  const existing = await database.db.query<{ id: string }>(
    `select d.id from deliveries d join endpoints p on p.id = d.endpoint_id
     join events e on e.tenant_id = d.tenant_id and e.id = d.event_id
     where d.tenant_id = $1 and ($2::text is null or d.endpoint_id = $2) and d.status = any($3) and not d.is_test
       and ($8 or (p.enabled and p.deleted_at is null and e.erased_at is null))
       and ($9::int is null or d.last_response_status = $9)
       and ((($4::timestamptz is null or d.created_at >= $4) and ($5::timestamptz is null or d.created_at < $5))
         or (not $10 and d.status = 'failed' and d.ended_at >= $4 and ($5::timestamptz is null or d.ended_at < $5)))
       and ${MATCHES('d.event_type', '$6')} and ($7::text is null or d.last_error = $7)
       and ($12::text[] is null or d.event_id = any($12))
       and ($11::timestamptz is null or (d.created_at <= $11 and (d.ended_at is null or d.ended_at < $11)))
     order by d.id`,
    [
      ...[tenantId, endpointId, s.statuses, s.since, s.until, s.eventTypes, s.errorCode],
      ...[
        s.matching?.unsendable ?? false,
        s.matching?.responseStatus ?? null,
        s.matching !== undefined,
        asOf ?? null,
        s.eventIds ?? null,
      ],
    ],
  );
  const missing = await database.db.query<{ id: string }>(
    `select e.sort_id as id from events e join endpoints p on p.id = $2
     where e.tenant_id = $1 and not e.is_test and e.erased_at is null and p.enabled and p.deleted_at is null
       and ($3::timestamptz is null or e.created_at >= $3) and ($4::timestamptz is null or e.created_at < $4)
       and ($6::timestamptz is null or e.created_at <= $6) and ($7::text[] is null or e.id = any($7))
       and ${MATCHES('e.type', '$5')} and ${MATCHES('e.type', 'p.event_types')}
       and not exists (select 1 from deliveries d
         where d.tenant_id = e.tenant_id and d.event_id = e.id and d.endpoint_id = p.id and not d.is_test)
     order by e.sort_id`,
    [tenantId, endpointId, s.since, s.until, s.eventTypes, asOf ?? null, s.eventIds ?? null],
  );
  return {
    existing: existing.rows.map(({ id }) => id),
    missing: s.missing && endpointId !== null ? missing.rows.map(({ id }) => id) : [],
  };
}

async function pagesOf(
  walk: typeof walkDeliveries,
  selected: Selected,
  limit: number,
  maxWalked: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let after = ''; ; ) {
    const { rows, next } = await walk(database.db, selected, after, { columns: '', limit, maxWalked });
    expect(rows.length).toBeLessThanOrEqual(limit);
    found.push(...rows.map(({ key }) => key));
    if (next === null) return found;
    expect(next > after).toBe(true);
    after = next;
  }
}

const hours = fc.integer({ min: -1, max: 26 });
const statuses: fc.Arbitrary<Selection['statuses']> = fc.constantFrom(
  ['failed'],
  ['failed', 'cancelled'],
  ['failed', 'cancelled', 'succeeded'],
  ['succeeded'],
  ['retrying'],
  ['cancelled'],
  ['pending', 'delivering', 'retrying', 'held'],
  ['pending'],
);
const selections: fc.Arbitrary<Selected> = fc
  .record({
    endpointId: fc.constantFrom('ep_0', 'ep_1', 'ep_off', null),
    statuses,
    since: fc.option(hours),
    length: fc.option(fc.integer({ min: 1, max: 20 })),
    eventTypes: fc.option(fc.constantFrom<string[]>(['a.*'], ['b.two', 'a.one'], ['c.none'])),
    errorCode: fc.option(fc.constantFrom('timeout' as const, 'dns_error' as const)),
    missing: fc.boolean(),
    asOf: fc.option(hours),
    matching: fc.option(
      fc.record({ responseStatus: fc.constantFrom(null, 503, 418), unsendable: fc.boolean() }),
    ),
    named: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 239 }), { minLength: 1, maxLength: 40 })),
  })
  .map(({ endpointId, since, length, missing, matching, asOf, named, ...rest }) => ({
    tenantId: 'ten_0',
    endpointId,
    ...(asOf !== null && { asOf: at(asOf) }),
    selection: {
      ...rest,
      since: since === null ? null : at(since).toISOString(),
      until: length === null ? null : at((since ?? 0) + length).toISOString(),
      missing: missing && matching === null && endpointId !== null,
      ...(matching !== null && { matching }),
      ...(named !== null && { eventIds: named.map((n) => idAt('event', Math.floor(n / 10), n)) }),
    },
  }));

test('of how many a selection is a part: of all that was accepted in its time, and of what it finds beside', async () => {
  const all = async (endpointId: string | null, from: number, to: number) => {
    const { rows } = await database.db.query<{ n: number }>(
      `select count(*)::int as n from deliveries where tenant_id = 'ten_0' and not is_test and ($1::text is null or endpoint_id = $1)
         and created_at >= $2 and created_at < $3`,
      [endpointId, at(from), at(to)],
    );
    return rows[0]?.n ?? 0;
  };
  for (const endpointId of ['ep_0', null]) {
    const selection: Selection = {
      statuses: ['failed'],
      since: at(4).toISOString(),
      until: at(12).toISOString(),
      eventTypes: null,
      errorCode: null,
      missing: false,
      matching: { responseStatus: null, unsendable: false },
    };
    const filtered = await countAmong(database.db, { tenantId: 'ten_0', endpointId, selection });
    expect(filtered.among).toEqual({ count: await all(endpointId, 4, 12), atLeast: false });
    expect(filtered.matched.count).toBeGreaterThan(0);
    expect(filtered.matched.count).toBeLessThan(filtered.among.count);
    if (endpointId === null) continue;
    const { matching, ...recover } = { ...selection, missing: true };
    const recovered = await countAmong(database.db, { tenantId: 'ten_0', endpointId, selection: recover });
    const { missing } = await expected({ tenantId: 'ten_0', endpointId, selection: recover });
    expect(missing.length).toBeGreaterThan(0);
    expect(recovered.among.count).toBeGreaterThanOrEqual((await all(endpointId, 4, 12)) + missing.length);
  }
});

test('the pages of a selection hold all that it means, once and in order, and a count that is exact is right', async () => {
  await fc.assert(
    fc.asyncProperty(
      selections,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 50 }),
      async (selected, limit, maxWalked) => {
        const { existing, missing } = await expected(selected);
        expect(await pagesOf(walkDeliveries, selected, limit, maxWalked)).toEqual(existing);
        if (selected.selection.missing)
          expect(await pagesOf(walkMissing, selected, limit, maxWalked)).toEqual(missing);
        const all = existing.length + missing.length;
        expect(await countSelected(database.db, selected)).toEqual({ count: all, atLeast: false });
        const { first } = await countAmong(database.db, selected, 5);
        expect(first).toHaveLength(Math.min(5, all));
        for (const { deliveryId } of first) if (deliveryId !== null) expect(existing).toContain(deliveryId);
        const bounded = await countSelected(database.db, selected, maxWalked);
        expect(bounded.count).toBeLessThanOrEqual(all);
        if (!bounded.atLeast) expect(bounded.count).toBe(all);
      },
    ),
    { numRuns: 200 },
  );
}, 120_000);
