/** Counts how the deliveries of events have gone, for a list of events. */
import { UNENDED_STATUSES } from '../domain/delivery.ts';
import type { Queryable } from './pool.ts';

/** Deliveries that are counted of each event: a tenant has at most as many endpoints at a time. */
export const MAX_COUNTED = 100;

export type EventOutcomes = {
  total: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** those that have not ended */
  waiting: number;
  /** whether there are more than were counted */
  isBound: boolean;
};

// The order by whole index keys lets no other index serve it, so that a page costs its own deliveries.
export const OUTCOMES_QUERY = `
  select e.id as "eventId", c.* from unnest($2::text[]) e (id) cross join lateral (
    select count(*)::int as total,
      count(*) filter (where status = 'succeeded')::int as succeeded,
      count(*) filter (where status = 'failed')::int as failed,
      count(*) filter (where status = 'cancelled')::int as cancelled,
      count(*) filter (where status = any($3))::int as waiting,
      coalesce(bool_or(found > ${MAX_COUNTED}), false) as "isBound"
    from (select status, count(*) over () as found from (
      select status from deliveries where event_id = e.id and tenant_id = $1 order by event_id, tenant_id, id limit ${MAX_COUNTED + 1}
    ) first limit ${MAX_COUNTED}) counted) c`;

/** The parameters of `OUTCOMES_QUERY`. */
export const outcomesValues = (tenantId: string, eventIds: readonly string[]): unknown[] => [
  tenantId,
  eventIds,
  UNENDED_STATUSES,
];

/** How the deliveries of each of these events of a tenant have gone, by the event's id. */
export async function countOutcomes(
  client: Queryable,
  tenantId: string,
  eventIds: readonly string[],
): Promise<Map<string, EventOutcomes>> {
  if (eventIds.length === 0) return new Map();
  const { rows } = await client.query<EventOutcomes & { eventId: string }>(
    OUTCOMES_QUERY,
    outcomesValues(tenantId, eventIds),
  );
  return new Map(rows.map(({ eventId, ...outcomes }) => [eventId, outcomes]));
}
