/** A success says that an endpoint works again only of one that is switched on. */
import { noteSuccess } from '../../src/store/endpoint-health.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(
    `insert into tenants (id, name, profile, contacts, created_at)
     values ('ten_a', 'A', 'standard-webhooks', '{}', now())`,
  );
});
afterAll(() => database?.drop());

test.each([
  { enabled: true, expected: { warned: 0, isFailing: false, events: ['endpoint.recovered'] } },
  { enabled: false, expected: { warned: 50, isFailing: true, events: [] } },
])('of which people were warned, enabled: $enabled', async ({ enabled, expected }) => {
  const { db } = database;
  const id = `ep_${enabled}`;
  await db.query(
    `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, failing_since, consecutive_failures, warned_percent,
       created_at, updated_at)
     values ($1, 'ten_a', '', '', 'example.com', $2, now() - interval '1 day', 9, 50, now(), now())`,
    [id, enabled],
  );
  await noteSuccess(db, [id]);
  const { rows } = await db.query(
    `select warned_percent as warned, failing_since is not null as "isFailing",
       array(select type from operational_events where endpoint_id = e.id) as events
     from endpoints e where id = $1`,
    [id],
  );
  expect(rows).toEqual([expected]);
});
