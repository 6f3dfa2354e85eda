/**
 * Brings the backlog of an endpoint in line with it: ends it when the endpoint is switched off or deleted, holds it while the endpoint is
 * stalled, and releases it when there is nothing to wait for. A dead endpoint may have a million waiting deliveries, and a statement has
 * 20 seconds. So one page is changed together with the endpoint, and the reconciler changes the others, guided by the rows alone.
 */
import type { HeldReason } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { isDataError } from './data-error.ts';
import { endedAs, heldAs, RELEASED, UNENDED } from './delivery-states.ts';
import { lockEndpoints } from './endpoint-locks.ts';
import { endpointsWith } from './endpoint-scan.ts';
import { wakeDispatchers } from './leases.ts';
import { type Db, type Queryable, transaction, unlessLocked, WALK_IN_ORDER } from './pool.ts';

/** Deliveries of a page: some 200 ms on two cores, so a disk twenty times as slow stays within the statement's time. */
export const WAITING_PAGE = 5_000;

const held = (reason: HeldReason) => `d.status = 'held' and d.held_reason = '${reason}'`;

/**
 * Kinds of waiting deliveries: the condition in the words of the partial index that finds them, and their order in it. None of them
 * is claimed, for a claimed delivery is `delivering`.
 */
const KINDS = {
  pending: { where: `d.status = 'pending'`, order: 'd.id' },
  retrying: { where: `d.status = 'retrying'`, order: 'd.id' },
  stalled: { where: held('stalled'), order: 'd.id' },
  ordered: { where: held('ordered'), order: 'd.turn nulls first, d.id' },
  rate_limited: { where: held('rate_limited'), order: 'd.id' },
};
type Kind = keyof typeof KINDS;
const ALL = Object.keys(KINDS) as Kind[];

const NO_TEST = 'not d.is_test';
// Deliveries accepted since the stall are sent: the others wait for one of them to succeed.
const BEFORE_STALL = `${NO_TEST} and d.created_at < (select stalled_at from endpoints where id = $1)`;

/** At an ordered endpoint, all but the delivery that the others wait for: the one being attempted, else the oldest. Presses do not count. */
const NOT_FIRST = `${NO_TEST} and d.id <> coalesce(
  (select f.id from deliveries f where f.status = 'delivering' and f.attempt_count >= 0 and f.endpoint_id = $1 and not f.is_test
    and f.claim_trigger <> 'manual' order by f.id limit 1),
  least((select f.id from deliveries f where f.endpoint_id = $1 and f.status = 'pending' and not f.is_test order by f.id limit 1),
    (select f.id from deliveries f where f.endpoint_id = $1 and f.status = 'retrying' and not f.is_test order by f.id limit 1)))`;
/** An end that needs no notification: people ended it by hand, or are notified of the endpoint. */
const ENDED_WITH_IT = `${endedAs('failed')}, told_at = now()`;

type Change = { kind: Kind; set: string; only: string; newestFirst?: true };

type EndpointState = {
  enabled: boolean;
  deleted: boolean;
  stalled: boolean;
  ordered: boolean;
  rateLimited: boolean;
};

/** The changes that the state of an endpoint requires of its backlog. `UNALIGNED` finds endpoints that require one. */
function changesAt({ enabled, deleted, stalled, ordered, rateLimited }: EndpointState): Change[] {
  if (deleted || !enabled) {
    const error: AttemptErrorCode = deleted ? 'endpoint_deleted' : 'endpoint_disabled';
    return ALL.map((kind) => ({ kind, set: `${ENDED_WITH_IT}, last_error = '${error}'`, only: NO_TEST }));
  }
  const inVain: HeldReason[] = [];
  if (!stalled) inVain.push('stalled');
  if (!ordered) inVain.push('ordered');
  if (!rateLimited) inVain.push('rate_limited');
  const toHold: Kind[] = stalled ? ['pending', 'retrying'] : [];
  const inOrder: Kind[] = ordered ? ['pending', 'retrying'] : [];
  return [
    ...toHold.map((kind) => ({ kind, set: heldAs('stalled'), only: BEFORE_STALL })),
    // Where order is switched on, the newest are held first: the oldest are sent meanwhile, which keeps the order.
    ...inOrder.map((kind) => ({
      kind,
      set: heldAs('ordered'),
      only: NOT_FIRST,
      newestFirst: true as const,
    })),
    ...inVain.map((kind) => ({
      kind,
      set: kind === 'ordered' ? `${RELEASED}, turn = null` : RELEASED,
      only: 'true',
    })),
  ];
}

/**
 * Brings a page of an endpoint's backlog in line with the endpoint's current state, under its lock.
 * @returns how many deliveries were changed: fewer than `page` when all are in line
 */
export async function alignWaiting(
  db: Queryable,
  endpointId: string,
  page: number = WAITING_PAGE,
): Promise<number> {
  return transaction(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    await lockEndpoints(client, [endpointId]);
    const { rows } = await client.query<EndpointState>(
      `select enabled, deleted_at is not null as deleted, stalled_at is not null as stalled, ordered,
         rate_per_second is not null as "rateLimited"
       from endpoints where id = $1`,
      [endpointId],
    );
    const [endpoint] = rows;
    if (endpoint === undefined) return 0;
    let changed = 0;
    for (const change of changesAt(endpoint)) {
      if (changed < page) changed += await changePage(client, endpointId, change, page - changed);
    }
    if (changed > 0) await wakeDispatchers(client);
    if (endpoint.ordered && endpoint.enabled && !endpoint.deleted) await releaseNext(client, endpointId);
    return changed;
  });
}

async function changePage(
  client: Queryable,
  endpointId: string,
  { kind, set, only, newestFirst }: Change,
  limit: number,
): Promise<number> {
  const { where } = KINDS[kind];
  const order = newestFirst ? 'd.id desc' : KINDS[kind].order;
  // An array, not a join, so that the page is chosen once and then found by its ids. Claims lock in this order, too.
  const { rowCount } = await client.query(
    `update deliveries set ${set} where id = any(array(
       select d.id from deliveries d where d.endpoint_id = $1 and ${where} and ${only} order by ${order} limit $2 for update))`,
    [endpointId, limit],
  );
  return rowCount ?? 0;
}

/** The bound of a count, some 30 ms: beyond a hundred thousand the exact number helps nobody. */
const MAX_COUNTED = 100_000;

/** Counts the waiting deliveries of an endpoint, up to 100,000: neither ended nor being attempted, without tests. */
export async function countWaiting(client: Queryable, endpointId: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(waitingCountQuery(endpointId));
  return rows[0]?.count ?? 0;
}

/** The query of `countWaiting`, exported so that a test can check its plan. */
export const waitingCountQuery = (endpointId: string) => ({
  text: `select count(*) from (select 1 from deliveries d
    where endpoint_id = $1 and ${UNENDED} and status <> 'delivering' and ${NO_TEST} limit ${MAX_COUNTED}) waiting`,
  values: [endpointId],
});

/** SQL: true if the endpoint `id` has a delivery that those held for order wait for. As a rule it is the oldest. */
const occupied = (id: string) => `(select true from deliveries d where d.endpoint_id = ${id} and ${UNENDED}
  and (d.status <> 'held' or d.held_reason <> 'ordered') and ${NO_TEST} order by d.id limit 1)`;

/** Releases the oldest delivery held at an ordered endpoint, unless another is still in progress. Takes the endpoint's lock. */
export async function releaseNext(client: Queryable, endpointId: string): Promise<void> {
  await lockEndpoints(client, [endpointId]);
  const { where, order } = KINDS.ordered;
  const { rowCount } = await client.query(
    `update deliveries set ${RELEASED} where id = (
       select d.id from deliveries d where d.endpoint_id = $1 and ${where} and ${occupied('$1')} is null
       order by ${order} limit 1)`,
    [endpointId],
  );
  if (rowCount !== 0) await wakeDispatchers(client);
}

/** Holds deliveries that are planned for a retry but older than their endpoint's stall. @returns the ids of those held now */
export async function holdStalled(client: Queryable, deliveryIds: string[]): Promise<string[]> {
  if (deliveryIds.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    `update deliveries d set ${heldAs('stalled')} from endpoints e
     where d.id = any($1) and e.id = d.endpoint_id and d.status = 'retrying' and d.created_at < e.stalled_at
     returning d.id`,
    [deliveryIds],
  );
  return rows.map((row) => row.id);
}

/** SQL: when the oldest of a kind at the endpoint `e` was accepted, or null. It reads one index entry, however many wait. */
const oldest = (kind: Kind, only = 'true', nth = 0) => `(select d.created_at from deliveries d
  where d.endpoint_id = e.id and ${KINDS[kind].where} and ${only} order by ${KINDS[kind].order} limit 1 offset ${nth})`;
const second = (kind: Kind) => oldest(kind, NO_TEST, 1);

// `exists` is not used here: the planner may turn it into a hash of all held deliveries of all endpoints.
const UNALIGNED = `
  with recursive ${endpointsWith(UNENDED)}
  select e.id from waiting w join endpoints e on e.id = w.endpoint_id
  where case when e.enabled and e.deleted_at is null then
      (e.stalled_at is null and ${oldest('stalled')} is not null)
      or ${oldest('pending', NO_TEST)} < e.stalled_at or ${oldest('retrying', NO_TEST)} < e.stalled_at
      or (e.ordered and (${second('pending')} is not null or ${second('retrying')} is not null
        or (${oldest('pending', NO_TEST)} is not null and ${oldest('retrying', NO_TEST)} is not null)))
      or (${oldest('ordered')} is not null and (not e.ordered or ${occupied('e.id')} is null))
      or (e.rate_per_second is null and ${oldest('rate_limited')} is not null)
    else coalesce(${ALL.map((kind) => oldest(kind, NO_TEST)).join(', ')}) is not null end
  order by random() limit $1`;

/** The query that finds endpoints whose backlog is not in line with them, exported so that a test can check its plan. */
export const unalignedQuery = (limit: number) => ({ text: UNALIGNED, values: [limit] });

/**
 * Brings in line the backlogs that changes of endpoints have left over. The endpoints take turns, a page and a transaction each, so that
 * a long backlog does not hold up the others. It ends when nothing is left, or after enough pages for one round.
 * @param limits.pages after this many pages no endpoint gets another one
 * @returns how many deliveries were changed
 */
export async function alignEndpoints(
  db: Db,
  limits: {
    endpoints: number;
    pages: number;
    page?: number;
    /** called for an endpoint whose backlog cannot be brought in line; the others go on */
    onError?: (endpointId: string, error: unknown) => void;
  },
): Promise<number> {
  const { page = WAITING_PAGE } = limits;
  const { rows } = await db.query<{ id: string }>(unalignedQuery(limits.endpoints));
  let changed = 0;
  let left = rows.map((row) => row.id);
  for (let pages = 0; left.length > 0 && pages < limits.pages; ) {
    const unfinished: string[] = [];
    for (const endpointId of left) {
      const aligning = unlessLocked(db, (client) => alignWaiting(client, endpointId, page));
      const aligned = await aligning.catch((error) => {
        if (!isDataError(error) || limits.onError === undefined) throw error;
        limits.onError(endpointId, error);
        return 0;
      });
      const count = aligned ?? 0;
      changed += count;
      pages += 1;
      if (count === page) unfinished.push(endpointId);
    }
    left = unfinished;
  }
  return changed;
}
