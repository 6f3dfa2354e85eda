/**
 * Leases of pending deliveries. A dispatcher holds a lease while it starts a workflow; when the dispatcher dies, the lease ends and another
 * dispatcher takes the delivery.
 */
import { endpointsWith } from './endpoint-scan.ts';
import type { Db, Queryable } from './pool.ts';

export type DispatchableDelivery = {
  id: string;
  tenantId: string;
  eventId: string;
  /** `false` if the caller chose the event's id, which is unique only within the tenant */
  eventIdIsOurs: boolean;
  endpointId: string;
  eventType: string;
  profile: string;
  /** the endpoint's own timeout; null: its profile's */
  timeoutMs: number | null;
  /** whether the endpoint has a rate limit, so that its attempts may have to wait */
  rateLimited: boolean;
  /** whether the test button made it: one attempt, whose outcome a person waits for */
  isTest: boolean;
  /** whether a dispatcher had it before, so that a workflow with it may exist */
  offeredBefore: boolean;
  /** the trace that its event belongs to */
  traceparent: string | null;
  /** how many deliveries its event has */
  siblings: number;
  /** length of its event's body in bytes */
  bytes: number;
};

/** The channel of PostgreSQL's NOTIFY that wakes the dispatchers. */
export const DISPATCH_CHANNEL = 'tidings_dispatch';

/** Wakes the dispatcher of every process; within a transaction, at its commit. Best effort: dispatchers also poll. */
export async function wakeDispatchers(db: Queryable): Promise<void> {
  await db.query('select pg_notify($1, $2)', [DISPATCH_CHANNEL, '']);
}

const FREE = `status = 'pending' and (leased_until is null or leased_until < now())
         and (next_attempt_at is null or next_attempt_at <= now())`;

const OLDEST = `
  with free as (
    select id, leased_by is not null as offered_before from deliveries
    where ${FREE} order by id limit $2 for update skip locked
  )`;

/** Most deliveries of one endpoint in a batch that leaves some endpoints out. */
const ENDPOINT_SHARE = 100;

// Goes from endpoint to endpoint, so that the rows of endpoints left out are not read.
const OF_OTHERS = `
  with recursive ${endpointsWith("status = 'pending'")}, chosen as (
    select endpoint_id from waiting where endpoint_id <> all($4) order by random() limit $2
  ), free as (
    select d.id, d.offered_before from chosen c cross join lateral (
      select id, leased_by is not null as offered_before from deliveries
      where endpoint_id = c.endpoint_id and ${FREE} order by id limit ${ENDPOINT_SHARE} for update skip locked
    ) d limit $2
  )`;

const LEASED = `, taken as (
    update deliveries d set leased_by = $1, leased_until = now() + make_interval(secs => $3::double precision / 1000)
    from free where d.id = free.id
    returning d.id, d.tenant_id, d.event_id, d.endpoint_id, d.event_type, d.is_test, free.offered_before
  )
  select t.id, t.tenant_id as "tenantId", t.event_id as "eventId", e.id = e.sort_id as "eventIdIsOurs",
    t.endpoint_id as "endpointId", t.event_type as "eventType", p.timeout_ms as "timeoutMs",
    p.rate_per_second is not null as "rateLimited", n.profile, t.is_test as "isTest",
    t.offered_before as "offeredBefore", e.traceparent,
    (select count(*) from deliveries s where s.tenant_id = t.tenant_id and s.event_id = t.event_id) as siblings,
    octet_length(e.body) as bytes
  from taken t
  join events e on e.tenant_id = t.tenant_id and e.id = t.event_id
  join endpoints p on p.id = t.endpoint_id
  join tenants n on n.id = t.tenant_id
  order by t.id`;

/**
 * Takes leases of pending deliveries that nobody holds, and commits them before it returns. If the process dies then, the deliveries
 * only wait until the leases end.
 * @param options.except endpoints whose deliveries are left out. Without any, the oldest deliveries are taken; with some, a share from
 *   each of the other endpoints, or from `limit` of them at random
 */
export async function takeLeases(
  db: Db,
  owner: string,
  options: { limit: number; leaseMs: number; except: string[] },
): Promise<DispatchableDelivery[]> {
  const { limit, leaseMs, except } = options;
  const { rows } = await db.query<DispatchableDelivery>(
    except.length === 0
      ? { text: OLDEST + LEASED, values: [owner, limit, leaseMs] }
      : { text: OF_OTHERS + LEASED, values: [owner, limit, leaseMs, except] },
  );
  return rows;
}

/** Rows that are not locked. A locked row is skipped, so that it holds up no other lease; its own lease runs out. */
const UNLOCKED = `(select id from deliveries where id = any($2) and leased_by = $1 and status = 'pending'
    order by id for no key update skip locked)`;

/** Renews the leases of deliveries that still wait in memory. @returns the ids that the owner still holds and that were not locked */
export async function renewLeases(db: Db, owner: string, ids: string[], leaseMs: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update deliveries set leased_until = now() + make_interval(secs => $3::double precision / 1000)
     where id in ${UNLOCKED} returning id`,
    [owner, ids, leaseMs],
  );
  return rows.map((row) => row.id);
}

/** Returns deliveries that were never offered to Temporal, so that any dispatcher may take them at once. */
export async function returnLeases(db: Db, owner: string, ids: string[]): Promise<void> {
  await db.query(`update deliveries set leased_by = null, leased_until = null where id in ${UNLOCKED}`, [
    owner,
    ids,
  ]);
}

/** Ends the leases of deliveries now. They stay marked as offered, because a workflow with them may exist. */
export async function expireLeases(db: Db, owner: string, ids: string[]): Promise<void> {
  await db.query(`update deliveries set leased_until = now() where id in ${UNLOCKED}`, [owner, ids]);
}

/** Ends all leases of an owner that stops. The deliveries stay marked as offered, because workflows with them may exist. */
export async function endLeases(db: Db, owner: string): Promise<void> {
  await db.query(
    `update deliveries set leased_until = now()
     where id in (select id from deliveries where leased_by = $1 and status = 'pending' and leased_until > now()
       order by id for no key update skip locked)`,
    [owner],
  );
}
