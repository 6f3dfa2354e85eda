/** Reads what attempts came to, by interval: of one tenant or of all, and which tenants have the most. metric-folding.ts writes it. */
import { INTERVALS, type KeyKind, type Range, type Sums } from '../domain/attempt-metrics.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';

export type IntervalTotal = Sums & { at: Date };

export type KeyTotal = { kind: KeyKind; key: string; attempts: number; failed: number };

/** The `tenant_id` of the intervals of all tenants. */
export const ALL_TENANTS = '';

export const TOTALS_QUERY = `
  select at, attempts, failed, delivered, exhausted, durations, latencies from metric_totals
  where tenant_id = $1 and seconds = $2 and at >= $3 and at < $4 order by at`;

// As floating point, which no damaged count overflows.
export const KEYS_QUERY = `
  select kind, key, sum(attempts)::double precision as attempts, sum(failed)::double precision as failed from metric_keys
  where tenant_id = $1 and seconds = $2 and at >= $3 and at < $4 group by kind, key order by 3 desc, kind, key`;

/** The intervals in which something was attempted, and the attempts of the whole range by key. @param tenantId or `ALL_TENANTS` */
export async function readMetrics(
  db: Db,
  tenantId: string,
  range: Range,
): Promise<{ intervals: IntervalTotal[]; keys: KeyTotal[] }> {
  const values = [tenantId, ...rangeValues(range)];
  // As of one moment, so that they agree. In the order of the index, because another plan reads every row twice.
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows: intervals } = await client.query<IntervalTotal>(TOTALS_QUERY, values);
    const { rows: keys } = await client.query<KeyTotal>(KEYS_QUERY, values);
    return { intervals, keys };
  });
}

const rangeValues = ({ interval, fromMs, toMs }: Range) => [
  INTERVALS[interval].seconds,
  new Date(fromMs),
  new Date(toMs),
];

export type TenantTotal = {
  tenantId: string;
  name: string | null;
  externalId: string | null;
  /** `null`: it has not been deleted */
  deletedAt: Date | null;
  attempts: number;
  failed: number;
};

/** Tenants of each interval among which those of the whole range are found, and how many of these are shown. */
const OF_AN_INTERVAL = 20;
const SHOWN = 20;

/** @param by the column by which tenants are ranked; each interval's first ones come from its index */
export const tenantsQuery = (by: 'attempts' | 'failed'): string => `
  with found as (
    select t.tenant_id, sum(t.${by}::double precision) as seen
    from generate_series($2::timestamptz, $3::timestamptz - make_interval(secs => $1::int), make_interval(secs => $1::int)) as i (at)
    cross join lateral (
      select tenant_id, ${by} from metric_totals where seconds = $1::int and at = i.at and ${by} > 0
      order by ${by} desc limit ${OF_AN_INTERVAL + 1}
    ) t
    where t.tenant_id <> '${ALL_TENANTS}' group by 1 order by 2 desc, 1 limit ${SHOWN}
  )
  select f.tenant_id as "tenantId", t.name, t.external_id as "externalId", t.deleted_at as "deletedAt", s.attempts, s.failed
  from found f cross join lateral (
    select sum(attempts)::double precision as attempts, sum(failed)::double precision as failed from metric_totals m
    where m.tenant_id = f.tenant_id and m.seconds = $1::int and m.at >= $2 and m.at < $3 offset 0
  ) s left join tenants t on t.id = f.tenant_id
  order by s.${by} desc, f.tenant_id`;

/** The tenants with the most attempts, or with the most that failed; one that is never among an interval's first 20 is not found. */
export async function topTenants(db: Db, range: Range, by: 'attempts' | 'failed'): Promise<TenantTotal[]> {
  return (await db.query<TenantTotal>(tenantsQuery(by), rangeValues(range))).rows;
}
