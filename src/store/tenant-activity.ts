/** Activity of tenants: their attempts in the last day, and the state of their endpoints, for a list of tenants. */
import { ENDPOINT_BOUNDS } from '../domain/endpoint.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';

export type TenantActivity = {
  /** in the last 24 hours, to the hour */
  attempts: number;
  failed: number;
  /** endpoints now */
  healthy: number;
  failing: number;
  disabled: number;
};

/** A tenant has fewer endpoints; the bound holds where more were made otherwise. */
const MAX_ENDPOINTS = 2 * ENDPOINT_BOUNDS.endpointsPerTenant;

/**
 * Each tenant of $1: its hours, as a range of whole keys, which only the primary key can serve; and a bounded number of its endpoints.
 */
export const ACTIVITY_QUERY = `
  select t.id, m.attempts, m.failed, e.healthy, e.failing, e.disabled
  from unnest($1::text[]) t (id)
  cross join lateral (
    select coalesce(sum(attempts), 0)::double precision as attempts, coalesce(sum(failed), 0)::double precision as failed
    from metric_totals where (tenant_id, seconds, at) >= (t.id, 3600, now() - interval '24 hours')
      and (tenant_id, seconds, at) < (t.id, 3601, '-infinity') offset 0
  ) m
  cross join lateral (
    select count(*) filter (where enabled and failing_since is null and stalled_at is null) as healthy,
      count(*) filter (where enabled and (failing_since is not null or stalled_at is not null)) as failing,
      count(*) filter (where not enabled) as disabled
    from (select enabled, failing_since, stalled_at from endpoints where tenant_id = t.id and deleted_at is null
      order by id limit ${MAX_ENDPOINTS}) few
  ) e`;

/** @returns by the tenant's id */
export async function readActivity(db: Db, tenantIds: string[]): Promise<Map<string, TenantActivity>> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows } = await client.query<TenantActivity & { id: string }>(ACTIVITY_QUERY, [tenantIds]);
    return new Map(rows.map(({ id, ...activity }) => [id, activity]));
  });
}
