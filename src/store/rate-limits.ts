/** Rate limit of an endpoint: its row gives out start times exactly, and deliveries without a time soon are held. */
import { RATE_BOUNDS } from '../domain/endpoint.ts';
import { heldAs, NO_CLAIM, offeredBefore, RELEASED } from './delivery-states.ts';
import { wakeDispatchers } from './leases.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

/** The wait for the endpoint's row: other processes reserve places in it, too, each for a moment. */
const PLACE_LOCK_TIMEOUT_MS = 500;

// A stored rate outside the bounds, or a next place far in the future, must not break the statement that serves all endpoints.
const RATE = `least(greatest(rate_per_second, ${RATE_BOUNDS.min}), ${RATE_BOUNDS.max})`;
const NEXT_AT = `least(greatest(coalesce(rate_next_at, now()), now()), now() + interval '1 hour')`;

/**
 * Reserves places in an endpoint's rate: attempts may start `1 / perSecond` seconds apart. This is exact across processes and restarts,
 * because the row holds the next free time.
 * @throws an error that `isPassing` recognises when the endpoint is locked for over half a second
 * @returns for each of the `wanted` attempts the ms to wait; those beyond `horizonMs` get no place and are left out
 */
export async function reserveRateLimit(
  db: Db,
  endpointId: string,
  perSecond: number,
  wanted: number,
  horizonMs: number,
): Promise<number[]> {
  const { rows } = await transaction(
    db,
    (client) =>
      client.query<{ startMs: number; places: number }>(
        `with start as (
       select id, ${NEXT_AT} as at from endpoints where id = $1 for no key update
     ), places as (
       select id, at, least($3, greatest(0, floor(extract(epoch from now() - at) * $2 + $4::double precision / 1000 * $2) + 1))::int as n
       from start
     )
     update endpoints e set rate_next_at = p.at + make_interval(secs => p.n / $2)
     from places p where e.id = p.id
     returning extract(epoch from p.at - now())::double precision * 1000 as "startMs", p.n as places`,
        [endpointId, perSecond, wanted, horizonMs],
      ),
    { lockTimeoutMs: PLACE_LOCK_TIMEOUT_MS },
  );
  const [row] = rows;
  if (row === undefined) return [];
  return Array.from({ length: row.places }, (_, place) => row.startMs + (place * 1000) / perSecond);
}

/** Holds a claimed delivery for which there is no place soon. Held deliveries wait in the order of acceptance. */
export async function holdForRateLimit(db: Db, deliveryId: string, runId: string): Promise<void> {
  await db.query(
    `update deliveries set ${heldAs('rate_limited')},
       next_trigger = case when claim_trigger = 'recovery' then 'recovery' else next_trigger end, ${NO_CLAIM}
     where id = $1 and claim_run = $2 and status = 'delivering' and ended_status is null`,
    [deliveryId, runId],
  );
}

/** The endpoints that have deliveries held for their rate limit; new deliveries must wait behind those. */
export async function endpointsHeldForRateLimit(client: Queryable, endpointIds: string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select p.id from unnest($1::text[]) as p (id) where exists (
       select 1 from deliveries d where d.endpoint_id = p.id and d.status = 'held' and d.held_reason = 'rate_limited')`,
    [endpointIds],
  );
  return rows.map((row) => row.id);
}

/**
 * Releases, at each endpoint, as many held deliveries as have a place within `horizonMs`, oldest first. Several processes may call it at
 * once; each endpoint is then handled by one of them.
 * @returns how many were released
 */
export async function releaseDue(db: Db, horizonMs: number): Promise<number> {
  const { rows } = await db.query<{ id: string }>(
    `with paced as materialized (
       select id, ${RATE} as rate, ${NEXT_AT} as next_at from endpoints p
       where rate_per_second is not null and deleted_at is null and exists (
         select 1 from deliveries d where d.endpoint_id = p.id and d.status = 'held' and d.held_reason = 'rate_limited')
       order by id for no key update skip locked
     ), room as (
       select id, greatest(0, floor(extract(epoch from now() - next_at) * rate + $1::double precision / 1000 * rate) + 1
         - (select count(*) from deliveries d where d.endpoint_id = paced.id and d.status = 'pending'))::int as places
       from paced
     ), due as (
       select d.id from room cross join lateral (
         select id from deliveries d where d.endpoint_id = room.id and d.status = 'held' and d.held_reason = 'rate_limited'
         order by d.id limit room.places for update skip locked) d
     )
     update deliveries d set ${RELEASED}, ${offeredBefore('pacer')}
     where id in (select id from due) and status = 'held'
     returning id`,
    [horizonMs],
  );
  if (rows.length > 0) await wakeDispatchers(db);
  return rows.length;
}
