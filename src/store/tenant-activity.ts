/** Activity of tenants: their attempts in the last day, what stands as failed of it, and the state of their endpoints, for a list of tenants. */
import { ENDPOINT_BOUNDS } from '../domain/endpoint.ts';
import { firstIdAt } from '../domain/ids.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';
import { standingSql } from './standing-failures.ts';

export type TenantActivity = {
  /** in the last 24 hours, to the hour */
  attempts: number;
  failed: number;
  /** deliveries accepted in the last 24 hours, without tests, that stand as failed now; there may be more where `FAILED_COUNTED` were read */
  standing: number;
  standingAtLeast: boolean;
  /** endpoints now */
  healthy: number;
  failing: number;
  disabled: number;
};

const DAY_MS = 24 * 3600 * 1000;

/** A tenant has fewer endpoints; the bound holds where more were made otherwise. */
const MAX_ENDPOINTS = 2 * ENDPOINT_BOUNDS.endpointsPerTenant;

/** Failed deliveries of each tenant that are read at most: a page has many tenants. */
export const FAILED_COUNTED = 100;

/**
 * Each tenant of $1: its failed deliveries from the id $2 on, in ranges of whole keys, too; its hours, as a range of whole keys, which only the primary key can serve; and a bounded number of its endpoints.
 */
export const ACTIVITY_QUERY = `
  select t.id, m.attempts, m.failed, f.standing, f.walked >= ${FAILED_COUNTED} as "standingAtLeast", e.healthy, e.failing, e.disabled
  from unnest($1::text[]) t (id)
  cross join lateral (
    select coalesce(sum(attempts), 0)::double precision as attempts, coalesce(sum(failed), 0)::double precision as failed
    from metric_totals where (tenant_id, seconds, at) >= (t.id, 3600, now() - interval '24 hours')
      and (tenant_id, seconds, at) < (t.id, 3601, '-infinity') offset 0
  ) m
  cross join lateral (
    ${standingSql('t.id', '$2', FAILED_COUNTED)}
  ) f
  cross join lateral (
    select count(*) filter (where enabled and failing_since is null and stalled_at is null) as healthy,
      count(*) filter (where enabled and (failing_since is not null or stalled_at is not null)) as failing,
      count(*) filter (where not enabled) as disabled
    from (select enabled, failing_since, stalled_at from endpoints where tenant_id = t.id and deleted_at is null
      order by id limit ${MAX_ENDPOINTS}) few
  ) e`;

/** @returns by the tenant's id */
export async function readActivity(
  db: Db,
  tenantIds: string[],
  nowMs: number,
): Promise<Map<string, TenantActivity>> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows } = await client.query<TenantActivity & { id: string }>(ACTIVITY_QUERY, [
      tenantIds,
      firstIdAt('delivery', nowMs - DAY_MS),
    ]);
    return new Map(rows.map(({ id, ...activity }) => [id, activity]));
  });
}
