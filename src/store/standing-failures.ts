/**
 * Counts the deliveries that stand as failed now: those of a time, without tests, whichever way they failed and however often they were
 * attempted. What was delivered since is not among them. The list of failed deliveries of that time has the same rows.
 */
import { firstIdAt } from '../domain/ids.ts';
import { ALL_TENANTS } from './attempt-metrics.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';

/** Failed deliveries that are read at most: beyond that the exact number helps nobody. */
export const FAILURES_COUNTED = 2_000;

export type StandingFailures = {
  count: number;
  /** whether there may be more, since as many were read as are counted */
  atLeast: boolean;
};

/** @param fromMs Unix ms; accepted later than this, as `after` of the list means it */
export const standingFailuresQuery = (tenantId: string, fromMs: number) => {
  const first = firstIdAt('delivery', fromMs + 1);
  // Ranges of whole keys and conditions that only one index has, so that no statistics lead elsewhere. An equality of the status would make
  // the order one of ids alone, which other indexes have, too: the older ones would all be read and filtered.
  const [where, order, values] =
    tenantId === ALL_TENANTS
      ? [
          `status not in ('pending', 'succeeded') and attempt_count >= 0 and (status, id) >= ('failed', $1) and (status, id) < ('failee', '')`,
          'status, id',
          [first],
        ]
      : [
          `status <> 'succeeded' and tenant_id = $2 and (tenant_id, status, id) >= ($2, 'failed', $1) and (tenant_id, status, id) < ($2, 'failee', '')`,
          'tenant_id, status, id',
          [first, tenantId],
        ];
  return {
    text: `select count(*) as walked, count(*) filter (where not is_test) as count from (
      select is_test from deliveries where ${where} order by ${order} limit ${FAILURES_COUNTED}) failed`,
    values,
  };
};

/** @param tenantId or `ALL_TENANTS` */
export async function countStandingFailures(
  db: Db,
  tenantId: string,
  fromMs: number,
): Promise<StandingFailures> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows } = await client.query<{ walked: number; count: number }>(
      standingFailuresQuery(tenantId, fromMs),
    );
    const { walked, count } = rows[0] ?? { walked: 0, count: 0 };
    return { count, atLeast: walked === FAILURES_COUNTED };
  });
}
