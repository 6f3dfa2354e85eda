/** Endpoints as an attempt needs them: with their profile, whether or not they are deleted. */
import type { Endpoint } from '../domain/endpoint.ts';
import { ENDPOINT_COLUMNS, type EndpointRow, openEndpoint } from './endpoints.ts';
import type { Db } from './pool.ts';
import type { Vault } from './vault.ts';

export type AttemptEndpoint = Endpoint & { profile: string; isOperator: boolean };

/** The endpoints of these deliveries by id; `null` for one whose secrets cannot be opened: it must not hold up the others. */
export async function loadAttemptEndpoints(
  db: Db,
  vault: Vault,
  deliveryIds: string[],
): Promise<Map<string, AttemptEndpoint | null>> {
  const { rows } = await db.query<EndpointRow & { profile: string; isOperator: boolean }>({
    name: 'attempt-endpoints',
    text: `select ${ENDPOINT_COLUMNS}, (select profile from tenants t where t.id = endpoints.tenant_id),
             (select is_operator from tenants t where t.id = endpoints.tenant_id) as "isOperator"
           from endpoints where id in (select endpoint_id from deliveries where id = any($1))`,
    values: [deliveryIds],
  });
  return new Map(
    rows.map(({ profile, isOperator, ...row }) => [
      row.id,
      opened(row as EndpointRow, { profile, isOperator }, vault),
    ]),
  );
}

function opened(
  row: EndpointRow,
  tenant: { profile: string; isOperator: boolean },
  vault: Vault,
): AttemptEndpoint | null {
  try {
    return { ...openEndpoint(row, vault), ...tenant };
  } catch {
    return null;
  }
}

/**
 * Reserves places in an endpoint's rate: attempts may start `1 / perSecond` apart. Exact across processes, for the
 * row is the clock.
 * @returns for each of the `wanted` attempts the ms to wait; those beyond `horizonMs` get no place and are left out
 */
export async function reserveRate(
  db: Db,
  endpointId: string,
  perSecond: number,
  wanted: number,
  horizonMs: number,
): Promise<number[]> {
  const { rows } = await db.query<{ startMs: number; places: number }>(
    `with start as (
       select id, greatest(coalesce(rate_next_at, now()), now()) as at from endpoints where id = $1 for no key update
     ), places as (
       select id, at, least($3, greatest(0, floor(extract(epoch from now() - at) * $2 + $4::double precision / 1000 * $2) + 1))::int as n
       from start
     )
     update endpoints e set rate_next_at = p.at + make_interval(secs => p.n / $2)
     from places p where e.id = p.id
     returning extract(epoch from p.at - now())::double precision * 1000 as "startMs", p.n as places`,
    [endpointId, perSecond, wanted, horizonMs],
  );
  const [row] = rows;
  if (row === undefined) return [];
  return Array.from({ length: row.places }, (_, place) => row.startMs + (place * 1000) / perSecond);
}
