/** The leases by which every accepted delivery gets to Temporal, whichever process dies on the way. */
import { endpointsWith } from './endpoint-scan.ts';
import type { Db, Queryable } from './pool.ts';

export type DispatchableDelivery = {
  id: string;
  tenantId: string;
  eventId: string;
  /** false where the caller chose the event's id, which is unique only within the tenant */
  eventIdIsOurs: boolean;
  endpointId: string;
  eventType: string;
  profile: string;
  /** the endpoint's own timeout; null: its profile's */
  timeoutMs: number | null;
  /** the endpoint has a rate limit: its attempts may have to wait */
  rateLimited: boolean;
  /** the test button's: one attempt, which somebody waits for */
  isTest: boolean;
  /** a dispatcher had it before: a workflow with it may exist */
  offeredBefore: boolean;
  /** the trace that its event belongs to */
  traceparent: string | null;
  /** how many deliveries its event has */
  siblings: number;
  /** length of its event's body */
  bytes: number;
};

/** The channel of PostgreSQL's NOTIFY that wakes the dispatchers. */
export const DISPATCH_CHANNEL = 'tidings_dispatch';

/** Wakes every process's dispatcher, in a transaction when it commits. Best effort: they also look by themselves. */
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

/** Of each endpoint at most, where some are left out. */
const ENDPOINT_SHARE = 100;

// Without a look at the rows of those that are left out.
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
 * Takes pending deliveries that nobody holds, and commits the lease before it returns: whoever dies after that loses
 * nothing but time.
 * @param options.except endpoints whose deliveries are left. Without any, the oldest are taken; with some, a share of each
 *   other endpoint, of any when they are more than `limit`
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

/** Rows that nobody is changing: what one tenant has locked holds up nobody's lease, and its own runs out. */
const UNLOCKED = `(select id from deliveries where id = any($2) and leased_by = $1 and status = 'pending'
    order by id for no key update skip locked)`;

/** Keeps the leases of deliveries that still wait in memory. @returns those still held by the owner, and not locked */
export async function renewLeases(db: Db, owner: string, ids: string[], leaseMs: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update deliveries set leased_until = now() + make_interval(secs => $3::double precision / 1000)
     where id in ${UNLOCKED} returning id`,
    [owner, ids, leaseMs],
  );
  return rows.map((row) => row.id);
}

/** Gives deliveries back that were never offered to Temporal: any dispatcher may take them at once. */
export async function returnLeases(db: Db, owner: string, ids: string[]): Promise<void> {
  await db.query(`update deliveries set leased_by = null, leased_until = null where id in ${UNLOCKED}`, [
    owner,
    ids,
  ]);
}

/** Lets the leases of deliveries end now although a workflow with them may exist. */
export async function expireLeases(db: Db, owner: string, ids: string[]): Promise<void> {
  await db.query(`update deliveries set leased_until = now() where id in ${UNLOCKED}`, [owner, ids]);
}

/** Lets all leases of an owner that stops end now; workflows with some of them may exist. */
export async function endLeases(db: Db, owner: string): Promise<void> {
  await db.query(
    `update deliveries set leased_until = now()
     where id in (select id from deliveries where leased_by = $1 and status = 'pending' and leased_until > now()
       order by id for no key update skip locked)`,
    [owner],
  );
}
