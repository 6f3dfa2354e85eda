/** Outcomes in a list of events: each event has the counts of its own deliveries, whatever other events and tenants have. */
import fc from 'fast-check';
import { DELIVERY_STATUSES } from '../../src/domain/delivery.ts';
import { countOutcomes, MAX_COUNTED } from '../../src/store/event-outcomes.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const TENANTS = ['ten_a', 'ten_b'];
const MOST = MAX_COUNTED + 3;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(
    `insert into tenants (id, name, profile, contacts, created_at)
     select id, 'One', 'standard-webhooks', '{}', now() from unnest($1::text[]) id`,
    [TENANTS],
  );
  await database.db.query(
    `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
     select 'ep_' || t || n, t, '', '', 'example.com', true, now(), now() from unnest($1::text[]) t, generate_series(1, $2) n`,
    [TENANTS, MOST],
  );
});
afterAll(() => database?.drop());

const statuses = fc.array(fc.constantFrom(...DELIVERY_STATUSES), { maxLength: 6 });
/** of each tenant, the statuses of each event's deliveries; the ids of the tenants' events are alike */
const cases = fc.tuple(fc.array(statuses, { maxLength: 5 }), fc.array(statuses, { maxLength: 5 }));

async function fill(events: string[][][]): Promise<void> {
  await database.db.query('truncate deliveries, events cascade');
  const rows = events.flatMap((ofTenant, t) =>
    ofTenant.map((ofEvent, n) => ({ tenant: TENANTS[t], event: `evt_${n}`, statuses: ofEvent })),
  );
  await database.db.query(
    `with given as (select * from json_to_recordset($1) as r (tenant text, event text, statuses json)), event as (
       insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
       select tenant, event, tenant || event, 'a.b', now(), '', 0, 0, '', false, now() from given
     )
     insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, created_at, status, held_reason, ended_status, ended_at)
     select tenant || event || nth, tenant, event, 'ep_' || tenant || nth, 'a.b', false, now(), status,
       case status when 'held' then 'ordered' end, case when ended then status end, case when ended then now() end
     from given cross join lateral json_array_elements_text(statuses) with ordinality s (status, nth)
       cross join lateral (select status in ('succeeded', 'failed', 'cancelled') as ended) e`,
    [JSON.stringify(rows)],
  );
}

const countsOf = (of: string[]) => {
  const counted = of.slice(0, MAX_COUNTED);
  const count = (...wanted: string[]) => counted.filter((status) => wanted.includes(status)).length;
  return {
    total: counted.length,
    succeeded: count('succeeded'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    waiting: count('pending', 'delivering', 'retrying', 'held'),
    isBound: of.length > counted.length,
  };
};

async function holds(events: string[][][]): Promise<void> {
  await fill(events);
  for (const [t, ofTenant] of events.entries()) {
    const ids = ofTenant.map((_, n) => `evt_${n}`);
    const found = await countOutcomes(database.db, TENANTS[t] ?? '', ids);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(ofTenant.map((ofEvent, n) => [`evt_${n}`, countsOf(ofEvent)])),
    );
  }
}

test('each event has the counts of its own deliveries', async () => {
  await fc.assert(fc.asyncProperty(cases, holds), { numRuns: 60 });
});

test.each([MAX_COUNTED, MAX_COUNTED + 1, MOST])('of %i deliveries', (count) =>
  holds([[Array.from({ length: count }, (_, n) => (n % 3 === 0 ? 'failed' : 'succeeded'))], [['held']]]),
);
