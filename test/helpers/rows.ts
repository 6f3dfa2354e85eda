/** Rows for tests of the store, as short as the tables allow. All of them are of one tenant. */
import type { Db } from '../../src/store/pool.ts';

const TENANT = 'ten';

export async function insertEndpoints(db: Db, ids: string[]): Promise<void> {
  await db.query(
    `insert into tenants (id, name, profile, contacts, created_at)
     values ($1, 'One', 'standard-webhooks', '{}', now()) on conflict do nothing`,
    [TENANT],
  );
  await db.query(
    `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
     select id, $1, '', '', 'example.com', true, now(), now() from unnest($2::text[]) id`,
    [TENANT, ids],
  );
}

/**
 * Deliveries to an endpoint, each of an event of its own with the same id.
 * @param columns SQL of more columns, by name
 */
export async function insertDeliveries(
  db: Db,
  endpointId: string,
  ids: string[],
  columns: { status: string; [column: string]: string },
): Promise<void> {
  await db.query(
    `with event as (
       insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
       select $1, id, id, 'a.b', now(), '', 0, 0, '', false, now() from unnest($3::text[]) id
     )
     insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, created_at, ${Object.keys(columns).join(', ')})
     select id, $1, id, $2, 'a.b', false, now(), ${Object.values(columns).join(', ')} from unnest($3::text[]) id`,
    [TENANT, endpointId, ids],
  );
}
