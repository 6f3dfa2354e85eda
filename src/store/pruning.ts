/**
 * Erases payloads that are older than their retention, page by page. Each event is visited once. If it has unended deliveries then, they
 * are marked, and an index finds them when they have ended. A round therefore costs as much as it erases, however much was erased before
 * and however much still waits.
 */

import { ENDED, UNENDED } from './delivery-states.ts';
import { erasePayloads } from './erasure.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

/** Tenants that one statement reads: most have nothing to erase. */
const TENANTS = 1_000;
const MAX_DAYS = 36_500;

/** SQL: the retention of the tenant `t`. A number outside the bounds counts as none. */
const maxAge = (defaultDays: string) => `make_interval(days => least(coalesce(
  case when t.payload_retention_days between 1 and ${MAX_DAYS} then t.payload_retention_days end, ${defaultDays}), ${MAX_DAYS})::int)`;

export const NEXT_TENANT_QUERY = `
  select t.id, t.pruned_to as "prunedTo"
  from (select * from tenants where id > $1 order by id limit ${TENANTS}) t
  cross join lateral (
    select created_at from events e where e.tenant_id = t.id and e.sort_id > t.pruned_to
    order by e.sort_id limit 1) first
  where first.created_at < now() - ${maxAge('$2')}
  order by t.id limit 1`;

// Ids sort by time, so no old event comes after the first young one.
export const PAGE_QUERY = `
  select e.id, e.sort_id as "sortId", e.created_at < now() - ${maxAge('$4')} as old,
    e.erased_at is null and exists (
      select 1 from deliveries d where d.tenant_id = e.tenant_id and d.event_id = e.id and d.${UNENDED}) as unended
  from (select * from events where tenant_id = $1 and sort_id > $2 order by sort_id limit $3) e
  join tenants t on t.id = e.tenant_id
  order by e.sort_id`;

export const ENDED_SINCE_QUERY = `
  select id, tenant_id as "tenantId", event_id as "eventId" from deliveries
  where prune_at_end and ${ENDED}
  order by tenant_id, event_id limit $1`;

/**
 * Finds the next tenant, after the id, with payloads older than its retention.
 * @returns `lookedTo`: the id after which to go on, if none of the tenants read has any; `null`: there are no more tenants
 */
export async function nextTenantToPrune(
  db: Db,
  after: string,
  defaultDays: number,
): Promise<{ tenant: { id: string; prunedTo: string } | null; lookedTo: string | null }> {
  const { rows } = await db.query<{ id: string; prunedTo: string }>(NEXT_TENANT_QUERY, [after, defaultDays]);
  const [tenant] = rows;
  if (tenant !== undefined) return { tenant, lookedTo: tenant.id };
  const looked = await db.query<{ id: string }>(
    `select id from tenants where id > $1 order by id offset ${TENANTS - 1} limit 1`,
    [after],
  );
  return { tenant: null, lookedTo: looked.rows[0]?.id ?? null };
}

/**
 * Erases a page of a tenant's old payloads. Events with unended deliveries are marked instead.
 * @returns `last`: the sort id after which the next page begins; `null`: this was the last page
 */
export async function prunePage(
  db: Db,
  tenantId: string,
  page: { after: string; limit: number; defaultDays: number },
): Promise<{ erased: number; last: string | null }> {
  return transaction(db, async (client) => {
    const { rows } = await client.query<{ id: string; sortId: string; old: boolean; unended: boolean }>(
      PAGE_QUERY,
      [tenantId, page.after, page.limit, page.defaultDays],
    );
    const firstYoung = rows.findIndex((row) => !row.old);
    const old = firstYoung === -1 ? rows : rows.slice(0, firstYoung);
    const idsOf = (unended: boolean) => old.filter((row) => row.unended === unended).map((row) => row.id);
    const erased = await erasePayloads(client, tenantId, idsOf(false));
    // All deliveries of the event are marked: one that has ended since the rows were read is then found at once.
    await client.query(
      'update deliveries set prune_at_end = true where tenant_id = $1 and event_id = any($2)',
      [tenantId, idsOf(true)],
    );
    const last = old.at(-1)?.sortId ?? null;
    await client.query('update tenants set pruned_to = $2 where id = $1 and pruned_to = $3', [
      tenantId,
      last ?? page.after,
      page.after,
    ]);
    return { erased, last: old.length === page.limit ? last : null };
  });
}

type Marked = { id: string; tenantId: string; eventId: string };

/**
 * Erases the payloads of marked events whose deliveries have ended since.
 * @returns `looked`: how many marked deliveries were read; fewer than the limit: there are no more
 */
export async function pruneEnded(db: Db, limit: number): Promise<{ erased: number; looked: number }> {
  return transaction(db, async (client) => {
    const { rows } = await client.query<Marked>(ENDED_SINCE_QUERY, [limit]);
    if (rows.length === 0) return { erased: 0, looked: 0 };
    const waiting = await othersUnended(client, rows);
    const nameOf = ({ tenantId, eventId }: Marked) => `${tenantId} ${eventId}`;
    const left = new Set(waiting.map(nameOf));
    const ended = rows.filter((row) => !left.has(nameOf(row)));
    let erased = 0;
    for (const tenantId of new Set(ended.map((row) => row.tenantId))) {
      const eventIds = ended.filter((row) => row.tenantId === tenantId).map((row) => row.eventId);
      erased += await erasePayloads(client, tenantId, [...new Set(eventIds)]);
    }
    await mark(client, rows, null);
    // Deliveries that were made since are marked, too: the last one to end then has the payload erased.
    await mark(client, waiting, true);
    return { erased, looked: rows.length };
  });
}

async function othersUnended(client: Queryable, marked: Marked[]): Promise<Marked[]> {
  const { rows } = await client.query<Marked>(
    `select d.id, d.tenant_id as "tenantId", d.event_id as "eventId" from deliveries d
     where (d.tenant_id, d.event_id) in (select * from unnest($1::text[], $2::text[])) and d.${UNENDED}`,
    [marked.map((row) => row.tenantId), marked.map((row) => row.eventId)],
  );
  return rows;
}

async function mark(client: Queryable, deliveries: Marked[], value: true | null): Promise<void> {
  await client.query(
    `update deliveries set prune_at_end = $2
     where id = any(array(select id from deliveries where id = any($1) order by id for no key update))`,
    [deliveries.map((row) => row.id), value],
  );
}
