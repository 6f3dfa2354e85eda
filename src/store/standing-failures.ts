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

/**
 * SQL of one row: `standing` without tests, of `walked` that were read. Ranges of whole keys and conditions that only one index has, so that
 * no statistics lead elsewhere. An equality of the status would make the order one of ids alone, which other indexes have, too: the
 * older ones would all be read and filtered.
 * @param tenant SQL of its id; `null`: all tenants
 * @param first SQL of the first delivery's id
 * @param most rows that are read
 */
export function standingSql(tenant: string | null, first: string, most: number): string {
  const [keys, key, only] =
    tenant === null
      ? ['status, id', '', `status not in ('pending', 'succeeded') and attempt_count >= 0`]
      : ['tenant_id, status, id', `${tenant}, `, `status <> 'succeeded' and tenant_id = ${tenant}`];
  return `select count(*) as walked, count(*) filter (where not is_test) as standing from (
    select is_test from deliveries
    where ${only} and (${keys}) >= (${key}'failed', ${first}) and (${keys}) < (${key}'failee', '')
    order by ${keys} limit ${most}) failed`;
}

/** @param fromMs Unix ms; accepted later than this, as `after` of the list means it */
export function standingFailuresQuery(tenantId: string, fromMs: number): { text: string; values: unknown[] } {
  const isOfAll = tenantId === ALL_TENANTS;
  const first = firstIdAt('delivery', fromMs + 1);
  return {
    text: standingSql(isOfAll ? null : '$2', '$1', FAILURES_COUNTED),
    values: isOfAll ? [first] : [first, tenantId],
  };
}

/** @param tenantId or `ALL_TENANTS` */
export async function countStandingFailures(
  db: Db,
  tenantId: string,
  fromMs: number,
): Promise<StandingFailures> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows } = await client.query<{ walked: number; standing: number }>(
      standingFailuresQuery(tenantId, fromMs),
    );
    const { walked, standing } = rows[0] ?? { walked: 0, standing: 0 };
    return { count: standing, atLeast: walked === FAILURES_COUNTED };
  });
}
