/** Gauges of the whole installation for /metrics, and what waits in all and of a tenant, read from indexes alone. */

import { UNENDED } from './delivery-states.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';

/** A database that hangs must not hold up /metrics. */
const QUERY_TIMEOUT_MS = 3_000;

/** Number of oldest ids that are read. The longest wait need not have the oldest id: a released or retried delivery may be older. */
const OLDEST = 1_000;

// A delivery with a planned time waits since that time, every other one since it was accepted.
export const QUEUE_AGE_QUERY = `
  select coalesce(max(extract(epoch from now() - coalesce(next_attempt_at, created_at))), 0)::double precision as "ageS"
  from (
    select next_attempt_at, created_at from deliveries
    where status = 'pending' and (next_attempt_at is null or next_attempt_at <= now())
    order by id limit ${OLDEST}
  ) waiting`;

export const DELIVERIES_QUERY = `
  select status, held_reason as "heldReason", count(*) as count from deliveries
  where ${UNENDED} group by status, held_reason`;

export const ENDPOINTS_QUERY = `
  select case when not enabled then 'disabled' when stalled_at is not null then 'stalled'
    when failing_since is not null then 'failing' else 'enabled' end as state, count(*) as count
  from endpoints where deleted_at is null group by 1`;

/** Waiting deliveries of each status that `readWaiting` counts at most. */
export const WAITING_COUNTED = 2_000;

// Each status stands in a query of its own, where its index is known to hold it. In no order: the primary key would give one, and a walk along
// it goes through all other deliveries, too.
export const WAITING_QUERY = `
  select 'pending' as status, null as "heldReason", count(*) as count
    from (select id from deliveries where status = 'pending' limit ${WAITING_COUNTED}) pending
  ${['delivering', 'retrying', 'held']
    .map(
      (status) => `union all select '${status}', held_reason, count(*)
    from (select held_reason from deliveries where status = '${status}' and attempt_count >= 0 limit ${WAITING_COUNTED}) ${status}
    group by held_reason`,
    )
    .join('\n  ')}`;

/**
 * The same for one tenant ($1). Ranges of whole keys: only the index that has them can serve each, whatever the statistics say, and none walks
 * through what others wait for.
 */
export const TENANT_WAITING_QUERY = ['pending', 'delivering', 'retrying', 'held']
  .map(
    (status) => `select '${status}' as status, held_reason as "heldReason", count(*) as count
    from (select held_reason from deliveries where tenant_id = $1 and status = '${status}'
      and (tenant_id, status, id) >= ($1, '${status}', '') and (tenant_id, status, id) < ($1, '${status}', $2)
      order by tenant_id, status, id limit ${WAITING_COUNTED}) ${status}
    group by held_reason`,
  )
  .join('\n  union all ');

/** The values of `TENANT_WAITING_QUERY`. */
export const tenantWaitingValues = (tenantId: string): unknown[] => [tenantId, afterPrefix('')];

export type Waiting = {
  /** as in `Gauges` */
  queueAgeS: number;
  /** by status; where a status has as many as are counted, there may be more */
  deliveries: { status: string; heldReason: string | null; count: number }[];
};

/** What waits of one tenant, in a bounded number of rows. */
export async function readTenantWaiting(db: Db, tenantId: string): Promise<Waiting['deliveries']> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const values = tenantWaitingValues(tenantId);
    return (await client.query<Waiting['deliveries'][number]>(TENANT_WAITING_QUERY, values)).rows;
  });
}

/** What waits in all, in a bounded number of rows. */
export async function readWaiting(db: Db): Promise<Waiting> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows } = await client.query<{ ageS: number }>(QUEUE_AGE_QUERY);
    const { rows: deliveries } = await client.query<Waiting['deliveries'][number]>(WAITING_QUERY);
    return {
      queueAgeS: Math.max(0, rows[0]?.ageS ?? 0),
      deliveries: deliveries.filter(({ count }) => count > 0),
    };
  });
}

export type Gauges = {
  /** age of the oldest due delivery that no workflow has taken, in seconds; 0 when there is none */
  queueAgeS: number;
  deliveries: { status: string; heldReason: string | null; count: number }[];
  endpoints: { state: string; count: number }[];
};

export async function readGauges(db: Db): Promise<Gauges> {
  const ask = async <Row extends object>(text: string): Promise<Row[]> => {
    const timed = { text, query_timeout: QUERY_TIMEOUT_MS };
    return (await db.query<Row>(timed)).rows;
  };
  // One query after the other, so that a busy pool lends one connection at most.
  const [age] = await ask<{ ageS: number }>(QUEUE_AGE_QUERY);
  return {
    queueAgeS: Math.max(0, age?.ageS ?? 0),
    deliveries: await ask<Gauges['deliveries'][number]>(DELIVERIES_QUERY),
    endpoints: await ask<Gauges['endpoints'][number]>(ENDPOINTS_QUERY),
  };
}
