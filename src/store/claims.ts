/**
 * Claims of deliveries, each written before its POST. A crash leaves the claim behind, which tells the next run that the outcome of that
 * attempt is unknown. The record that clears a claim is in records.ts.
 */
import type { DeliveryStatus, EndedStatus, HeldReason, Trigger } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { releaseNext } from './backlog.ts';
import { ENDED, endedAs, NO_CLAIM } from './delivery-states.ts';
import { lockEndpoints } from './endpoint-locks.ts';
import { type Db, transaction } from './pool.ts';

/** Longer than any attempt takes: the longest timeout, and the wait for the concurrency cap and the rate limit. */
const CLAIM_TTL_S = 120;

export type ClaimRequest = {
  deliveryIds: string[];
  trigger: Trigger;
  /** the id of the press, by which it is carried out once however often the activity runs */
  pressId: string | null;
  workflowId: string;
  runId: string;
};

/**
 * claimed      the caller must send it now
 * unfinished   it is claimed by this workflow run, in an earlier run of the activity that was lost
 * abandoned    it is claimed by another run, past the claim's deadline
 * busy         it is claimed by another run, whose attempt is in flight
 * done_before  this press was carried out before
 * ended        the delivery has ended
 * foreign      another workflow owns its schedule
 * held         it waits for something other than time
 * early        it is not due yet
 * locked       another transaction has its row locked; it is not waited for, because other deliveries are claimed in the same call
 */
export type ClaimVerdict =
  | 'claimed'
  | 'unfinished'
  | 'abandoned'
  | 'busy'
  | 'done_before'
  | 'ended'
  | 'foreign'
  | 'held'
  | 'early'
  | 'locked';

/** A claim as it is stored in the row. */
export type Claim = {
  number: number;
  runId: string;
  trigger: Trigger;
  pressId: string | null;
  /** the status to go back to when the attempt changes nothing */
  from: DeliveryStatus;
  startedAt: Date;
  /** ms since it was made, by the database's clock, from which this process's may differ */
  ageMs: number;
  /** ms until it counts as abandoned */
  leftMs: number;
};

export type ClaimedDelivery = {
  id: string;
  verdict: ClaimVerdict;
  eventId: string;
  eventType: string;
  endpointId: string;
  isTest: boolean;
  status: DeliveryStatus;
  heldReason: HeldReason | null;
  endedStatus: EndedStatus | null;
  /** whether people were notified of its exhaustion, or need not be */
  told: boolean;
  lastError: AttemptErrorCode | null;
  attemptCount: number;
  slotsUsed: number;
  /** ms until the attempt that the schedule holds (negative: overdue), at `readAtMs`; null when none is planned */
  dueInMs: number | null;
  /** when it was read, by this process's monotonic clock */
  readAtMs: number;
  /** whether the asking workflow owns its schedule */
  owned: boolean;
  /** this run's claim when `verdict` is `claimed` or `unfinished`, another run's when it is `busy` or `abandoned` */
  claim: Claim | null;
  body: Buffer;
  /** whether the payload is erased, so that there is nothing to send */
  erased: boolean;
  /** the trace that its event belongs to */
  traceparent: string | null;
};

/** SQL: the body of an event, only in the first of its deliveries that are read. */
const BODY = `case when a.body is not null then a.body
    when row_number() over (partition by a.tenant_id, a.event_id, a.body is null order by a.id) = 1 then e.body end`;

const FIELDS = `a.id, a.tenant_id as "tenantId", a.event_id as "eventId", a.event_type as "eventType", a.endpoint_id as "endpointId",
    a.is_test as "isTest", a.status, a.held_reason as "heldReason", a.ended_status as "endedStatus",
    a.told_at is not null as told, a.last_error as "lastError", a.attempt_count as "attemptCount",
    a.slots_used as "slotsUsed", ${BODY} as body, e.erased_at is not null as erased, e.traceparent,
    extract(epoch from a.next_attempt_at - now())::double precision * 1000 as "dueInMs",
    extract(epoch from now() - a.claim_started_at)::double precision * 1000 as "claimAgeMs",
    extract(epoch from a.claim_deadline - now())::double precision * 1000 as "claimLeftMs"`;

// A press needs no ownership and no due time; the schedule needs both. A timer may fire a little early.
// The parameters stand in a part of their own, where the planner does not see their values. Otherwise it would plan each call anew,
// which takes longer than the call.
const CLAIM = `
  with given as materialized (
    select $1::text[] as ids, $2::text as trigger, $3::text as press, $4::text as workflow_id, $5::text as run_id, $6::int as ttl_s
  ), free as materialized (
    select d.* from given g cross join unnest(g.ids) as i (id) join deliveries d on d.id = i.id
    order by d.id for update of d skip locked
  ), asked as materialized (
    select d.*, case
      when d.claim_number is not null then case
        when d.claim_run = g.run_id then 'unfinished'
        when d.claim_deadline > now() then 'busy'
        else 'abandoned' end
      when g.trigger = 'manual' then case
        when exists (select 1 from attempts a where a.delivery_id = d.id and a.press_id = g.press) then 'done_before'
        else 'claimed' end
      when d.${ENDED} then 'ended'
      when d.workflow_id is not null and d.workflow_id <> g.workflow_id then 'foreign'
      when d.status = 'held' then 'held'
      when d.next_attempt_at > now() + interval '2 seconds' then 'early'
      else 'claimed' end as verdict
    from given g cross join free d
    union all
    select d.*, 'locked' from given g cross join unnest(g.ids) as i (id) join deliveries d on d.id = i.id
    where i.id not in (select id from free)
  ), claimed as (
    update deliveries d set
      status = 'delivering', claim_number = d.attempt_count + 1, claim_run = g.run_id,
      claim_trigger = case when g.trigger <> 'schedule' then g.trigger when d.is_test then 'test'
        else coalesce(d.next_trigger, g.trigger) end,
      next_trigger = case when g.trigger <> 'schedule' then d.next_trigger end, claim_press = g.press,
      claim_from = d.status, claim_started_at = now(), claim_deadline = now() + make_interval(secs => g.ttl_s),
      leased_until = null,
      workflow_id = case when g.trigger = 'manual' then d.workflow_id else g.workflow_id end,
      run_id = case when g.trigger = 'manual' then d.run_id else g.run_id end
    from asked cross join given g where d.id = asked.id and asked.verdict = 'claimed'
    returning d.id, d.workflow_id, d.claim_number, d.claim_trigger, d.claim_started_at
  )
  select ${FIELDS}, a.verdict,
    coalesce(c.workflow_id, a.workflow_id) is not distinct from g.workflow_id
      or (a.verdict = 'locked' and a.workflow_id is null) as owned,
    coalesce(c.claim_number, a.claim_number) as "claimNumber",
    case when c.id is null then a.claim_run else g.run_id end as "claimRun",
    coalesce(c.claim_trigger, a.claim_trigger) as "claimTrigger",
    case when c.id is null then a.claim_press else g.press end as "claimPress",
    case when c.id is null then a.claim_from else a.status end as "claimFrom",
    coalesce(c.claim_started_at, a.claim_started_at) as "claimStartedAt"
  from asked a cross join given g
  join events e on e.tenant_id = a.tenant_id and e.id = a.event_id
  left join claimed c on c.id = a.id
  order by a.id`;

/**
 * Claims and loads, in one statement, the deliveries that may be sent now. The verdicts of the others say why they may not.
 * Deliveries that do not exist are left out.
 */
export async function claimDeliveries(db: Db, request: ClaimRequest): Promise<ClaimedDelivery[]> {
  const { rows } = await db.query<ClaimRow>({
    name: 'claim',
    text: CLAIM,
    values: [
      request.deliveryIds,
      request.trigger,
      request.pressId,
      request.workflowId,
      request.runId,
      CLAIM_TTL_S,
    ],
  });
  return rows.map(claimedFrom(rows));
}

type ClaimColumns = {
  claimNumber: number | null;
  claimRun: string;
  claimTrigger: Trigger;
  claimPress: string | null;
  claimFrom: DeliveryStatus;
  claimStartedAt: Date;
  claimAgeMs: number | null;
  claimLeftMs: number | null;
};

type ClaimRow = Omit<ClaimedDelivery, 'claim' | 'body' | 'readAtMs'> &
  ClaimColumns & { tenantId: string; body: Buffer | null };

/** @returns a function that makes a claimed delivery from each of these rows; siblings share their event's body */
function claimedFrom(rows: ClaimRow[]): (row: ClaimRow) => ClaimedDelivery {
  const eventOf = ({ tenantId, eventId }: ClaimRow) => `${tenantId} ${eventId}`;
  const readAtMs = performance.now();
  const bodies = new Map(rows.flatMap((row) => (row.body === null ? [] : [[eventOf(row), row.body]])));
  return (row) => {
    const body = row.body ?? bodies.get(eventOf(row));
    if (body === undefined) throw new Error(`The body of ${row.id} is missing`);
    return { ...row, body, readAtMs, claim: claimOf(row) };
  };
}

function claimOf(row: ClaimColumns): Claim | null {
  if (row.claimNumber === null) return null;
  return {
    number: row.claimNumber,
    runId: row.claimRun,
    trigger: row.claimTrigger,
    pressId: row.claimPress,
    from: row.claimFrom,
    startedAt: row.claimStartedAt,
    ageMs: row.claimAgeMs ?? 0,
    leftMs: row.claimLeftMs ?? 0,
  };
}

/** Reads the deliveries whose claim this run still holds: they were attempted, but not recorded. */
export async function readOwnClaims(
  db: Db,
  deliveryIds: string[],
  workflowId: string,
  runId: string,
): Promise<ClaimedDelivery[]> {
  const { rows } = await db.query<ClaimRow>(
    `select ${FIELDS}, 'unfinished' as verdict, a.workflow_id is not distinct from $2 as owned,
       a.claim_number as "claimNumber", a.claim_run as "claimRun", a.claim_trigger as "claimTrigger",
       a.claim_press as "claimPress", a.claim_from as "claimFrom", a.claim_started_at as "claimStartedAt"
     from deliveries a join events e on e.tenant_id = a.tenant_id and e.id = a.event_id
     where a.id = any($1) and a.claim_run = $3 order by a.id`,
    [deliveryIds, workflowId, runId],
  );
  return rows.map(claimedFrom(rows));
}

/** Fails a claimed delivery without an attempt, because its payload or its endpoint is gone. */
export async function endUnsent(
  db: Db,
  deliveryId: string,
  runId: string,
  error: AttemptErrorCode,
): Promise<void> {
  await freeing(
    db,
    deliveryId,
    `update deliveries d set ${endedAs('failed')}, told_at = now(), last_error = $3, ${NO_CLAIM}
     where d.id = $1 and d.claim_run = $2 and d.status = 'delivering'`,
    [runId, error],
  );
}

/** Releases the claim of an attempt that was not made; the schedule tries again after `afterMs`. */
export async function releaseClaim(
  db: Db,
  deliveryId: string,
  runId: string,
  afterMs: number,
): Promise<void> {
  await freeing(
    db,
    deliveryId,
    `update deliveries d set
       status = case when d.status <> 'delivering' then d.status when d.claim_from = 'pending' and d.claim_trigger <> 'manual' then 'retrying' else d.claim_from end,
       next_attempt_at = case when d.claim_trigger = 'manual' then d.next_attempt_at
         else now() + make_interval(secs => $3::double precision / 1000) end,
       next_trigger = case when d.claim_trigger = 'recovery' then 'recovery' else d.next_trigger end,
       ${NO_CLAIM}
     where d.id = $1 and d.claim_run = $2`,
    [runId, afterMs],
  );
}

/** Runs an update that clears a claim. At an ordered endpoint it then releases the next delivery, which waited for the claimed one. */
async function freeing(db: Db, deliveryId: string, update: string, values: unknown[]): Promise<void> {
  await transaction(db, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `select p.id from deliveries d join endpoints p on p.id = d.endpoint_id where d.id = $1 and p.ordered`,
      [deliveryId],
    );
    const ordered = rows.map((row) => row.id);
    // The endpoint's lock comes first, as in every transaction.
    if (ordered.length > 0) await lockEndpoints(client, ordered);
    await client.query(update, [deliveryId, ...values]);
    for (const id of ordered) await releaseNext(client, id);
  });
}
