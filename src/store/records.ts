/** The records of attempts, and the statement that writes them: the row of the log, and the delivery's new state. */
import type { DeliveryStatus, Trigger } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import type { Decision } from '../domain/outcome.ts';
import type { Peer } from '../domain/peer.ts';
import { NO_CLAIM } from './delivery-states.ts';
import type { Effects } from './endpoint-effects.ts';
import type { Queryable } from './pool.ts';
import { replanLate } from './replan.ts';

/** The stored request and response. Headers are name-value pairs in the order of the wire. */
export type Exchange = {
  /** with the values of the query masked */
  url: string;
  /** the whole URL, encrypted; null when it has nothing to hide */
  urlSealed: Buffer | null;
  /** secrets masked */
  requestHeaders: [string, string][];
  response: {
    status: number;
    headers: [string, string][];
    body: Buffer;
    truncated: boolean;
  } | null;
  /** the bytes of an answer that could not be read as a response */
  received: Buffer | null;
  wire: Wire | null;
  transport: Transport | null;
};

/** The stored facts of an exchange on the wire: JSON, whose names never change. */
export type Wire = {
  /** the address that took the connection; null: none did */
  address: string | null;
  /** the other addresses of the name that were tried, and their errors */
  others: { address: string; error: string }[];
  /** whether the connection had carried another request before */
  reused: boolean;
  /** whether the request was sent again because a reused connection was closed before the first byte of a response */
  resent: boolean;
  /** bytes of the response's body as they came; null: no response */
  rawLength: number | null;
  /** the codings that were decoded; `null`: none */
  decodedFrom: string | null;
  /** why the body is not whole, where the receiver is the cause */
  bodyProblem: string | null;
};

/** The stored times, address and certificate of an attempt: JSON, whose names never change. Times are in ms, to a tenth. */
export type Transport = {
  timings: {
    resolve: number | null;
    connect: number | null;
    tls: number | null;
    firstByte: number | null;
    body: number | null;
    reused: boolean;
  };
  remoteAddress: string | null;
  tls: Peer | null;
};

export type AttemptRecord = {
  deliveryId: string;
  number: number;
  trigger: Trigger;
  pressId: string | null;
  workflowId: string;
  runId: string;
  /** the run that holds the claim */
  claimRunId: string;
  startedAtMs: number;
  durationMs: number;
  responseStatus: number | null;
  errorCode: AttemptErrorCode | null;
  errorMessage: string | null;
  /** null where the outcome is unknown */
  exchange: Exchange | null;
  next: Decision['next'];
  slotsUsed: number;
  /** ms since the attempt ended */
  endedAgoMs: number;
  /** ms until the receiver takes another attempt, where it said so */
  notBeforeMs: number | null;
  /** the `plan_version` of the endpoint when the attempt was decided */
  planVersion: number;
  /** the effects on its endpoint */
  effects: Effects;
  /** whether it ends its endpoint's failing, also where that has begun during the attempt; absent: no */
  provesHealth?: boolean;
};

/** The parameters of the statement: an array for each column, with one value for each record. */
const COLUMNS: { name: string; type: string; of: (record: AttemptRecord) => unknown }[] = [
  { name: 'id', type: 'text', of: (r) => r.deliveryId },
  { name: 'number', type: 'int', of: (r) => r.number },
  { name: 'trigger', type: 'text', of: (r) => r.trigger },
  { name: 'press_id', type: 'text', of: (r) => r.pressId },
  { name: 'workflow_id', type: 'text', of: (r) => r.workflowId },
  { name: 'run_id', type: 'text', of: (r) => r.runId },
  { name: 'claim_run', type: 'text', of: (r) => r.claimRunId },
  { name: 'started_at', type: 'timestamptz', of: (r) => new Date(r.startedAtMs) },
  { name: 'duration_ms', type: 'int', of: (r) => Math.round(r.durationMs) },
  { name: 'request_url', type: 'text', of: (r) => r.exchange?.url ?? null },
  { name: 'request_url_sealed', type: 'bytea', of: (r) => r.exchange?.urlSealed ?? null },
  { name: 'request_headers', type: 'text', of: (r) => jsonOf(r.exchange?.requestHeaders) },
  { name: 'response_status', type: 'int', of: (r) => r.responseStatus },
  { name: 'response_headers', type: 'text', of: (r) => jsonOf(r.exchange?.response?.headers) },
  { name: 'response_body', type: 'bytea', of: (r) => bodyOf(r.exchange) },
  { name: 'response_truncated', type: 'bool', of: (r) => r.exchange?.response?.truncated ?? false },
  { name: 'wire', type: 'text', of: (r) => jsonOf(r.exchange?.wire ?? undefined) },
  { name: 'transport', type: 'text', of: (r) => jsonOf(r.exchange?.transport ?? undefined) },
  { name: 'error_code', type: 'text', of: (r) => r.errorCode },
  { name: 'error_message', type: 'text', of: (r) => r.errorMessage },
  { name: 'next_status', type: 'text', of: (r) => r.next.status },
  {
    name: 'after_ms',
    type: 'double precision',
    of: ({ next }) => (next.status === 'retrying' ? next.afterMs : null),
  },
  { name: 'slots_used', type: 'int', of: (r) => r.slotsUsed },
  { name: 'ended_ago_ms', type: 'double precision', of: (r) => r.endedAgoMs },
  { name: 'not_before_ms', type: 'double precision', of: (r) => r.notBeforeMs },
];

/** SQL of an endpoint that is failing, or of whose failing people have been warned. */
export const IS_FAILING = '(failing_since is not null or warned_percent > 0)';

const jsonOf = (value: [string, string][] | Wire | Transport | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);

const bodyOf = (exchange: Exchange | null): Buffer | null =>
  exchange?.response?.body ?? exchange?.received ?? null;

/** SQL: whether the attempt ends the delivery. */
const ENDS = `((d.status = 'delivering' and r.next_status in ('succeeded', 'failed'))
        or (d.status = 'cancelled' and r.next_status = 'succeeded'))`;

/** @param what the erasure that clears the value: `payload` by either erasure, `tenant` by the tenant's erasure alone */
const unlessErased = (what: 'payload' | 'tenant', value: string) =>
  `case when ${what === 'payload' ? 'u.erased is null' : "u.erased is distinct from 'tenant'"} then ${value} end`;

/** @param whatIsLocked `skip locked` leaves out rows that another transaction has locked; the empty text waits for them */
const recordQuery = (whatIsLocked: 'skip locked' | '') => `
  -- each array stands in a select of its own, where the planner does not see its values: otherwise it would plan each call anew
  with r as (
    select * from unnest(${COLUMNS.map(({ type }, at) => `(select $${at + 1}::${type}[])`).join(', ')})
    as r (${COLUMNS.map(({ name }) => name).join(', ')})
  ), free as (
    select d.id from deliveries d where d.id in (select id from r)
      -- as of this statement, which is when the attempt counts as ended
      and not (d.id in (select unnest((select $${COLUMNS.length + 1}::text[])))
        and exists (select 1 from endpoints e where e.id = d.endpoint_id and ${IS_FAILING}))
    order by d.id for no key update ${whatIsLocked}
  ), updated as (
    update deliveries d set
      status = case
        -- it has arrived, although it was cancelled meanwhile
        when d.status = 'cancelled' and r.next_status = 'succeeded' then 'succeeded'
        when d.status <> 'delivering' then d.status
        when r.next_status = 'unchanged' then d.claim_from
        when r.next_status = 'retrying' and d.claim_trigger = 'manual' then d.claim_from
        else r.next_status end,
      held_reason = case when r.next_status = 'unchanged' then d.held_reason end,
      attempt_count = r.number,
      slots_used = r.slots_used,
      next_attempt_at = case
        when d.status <> 'delivering' then d.next_attempt_at
        -- a press leaves what was planned where it was, unless the receiver asks for more time
        when r.next_status = 'retrying' and d.claim_trigger = 'manual' then
          greatest(coalesce(d.next_attempt_at, now()), now() + make_interval(secs => r.not_before_ms / 1000))
        when r.next_status = 'retrying' then now() + make_interval(secs => r.after_ms / 1000)
        when r.next_status = 'unchanged' then d.next_attempt_at end,
      ended_status = case when ${ENDS} then r.next_status else d.ended_status end,
      ended_at = case when ${ENDS} then now() else d.ended_at end,
      -- nobody is notified of a test's failure or of a late success
      told_at = case when d.is_test or r.next_status = 'succeeded' then coalesce(d.told_at, now()) else d.told_at end,
      -- delays count from the schedule's own attempts; a receiver's retry-after counts after a manual attempt, too
      attempted_at = case when d.claim_trigger = 'manual' then d.attempted_at
        else now() - make_interval(secs => r.ended_ago_ms / 1000) end,
      not_before = greatest(case when d.claim_trigger = 'manual' then d.not_before end,
        now() + make_interval(secs => r.not_before_ms / 1000)),
      moved = d.moved and d.claim_trigger = 'manual',
      last_error = r.error_code, last_response_status = r.response_status,
      ${NO_CLAIM}
    from r join free on free.id = r.id where d.id = r.id and d.claim_number = r.number and d.claim_run = r.claim_run
    -- returning shows the row as it is under its lock: an erasure during the attempt is seen
    returning d.id, d.status, d.erased
  ), logged as (
    insert into attempts (delivery_id, number, trigger, press_id, workflow_id, run_id, started_at, duration_ms,
      request_url, request_url_sealed, request_headers, response_status, response_headers, response_body,
      response_truncated, wire, transport, error_code, error_message, recorded_at)
    select r.id, r.number, r.trigger, r.press_id, r.workflow_id, r.run_id, r.started_at, r.duration_ms,
      ${unlessErased('tenant', 'r.request_url')}, ${unlessErased('tenant', 'r.request_url_sealed')},
      ${unlessErased('tenant', 'r.request_headers::json')}, r.response_status,
      ${unlessErased('payload', 'r.response_headers::json')}, ${unlessErased('payload', 'r.response_body')},
      r.response_truncated, ${unlessErased('payload', 'r.wire::json')},
      ${unlessErased('tenant', 'r.transport::jsonb')}, r.error_code,
      ${unlessErased('payload', 'r.error_message')}, clock_timestamp()
    from r join updated u on u.id = r.id
    on conflict do nothing
  )
  select free.id, u.status from free left join updated u on u.id = free.id`;

const RECORD = recordQuery('skip locked');
const RECORD_PATIENTLY = recordQuery('');

/** `missing`: the attempt had been recorded before. */
export type Recorded = DeliveryStatus | 'missing';
export type Written = Map<string, Recorded>;

/**
 * Writes all records in one statement.
 * @param mayWait whether to wait for locked deliveries
 * @param unlessFailing deliveries that are left out where their endpoint is failing now
 * @returns the statuses, without those of locked deliveries, unless `mayWait`
 */
export async function writeRecords(
  db: Queryable,
  records: AttemptRecord[],
  mayWait: boolean,
  unlessFailing: string[] = [],
): Promise<Written> {
  if (records.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; status: DeliveryStatus | null }>({
    name: mayWait ? 'record-patiently' : 'record',
    text: mayWait ? RECORD_PATIENTLY : RECORD,
    values: [...COLUMNS.map(({ of }) => records.map(of)), unlessFailing],
  });
  const written: Written = new Map(rows.map(({ id, status }) => [id, status ?? 'missing']));
  await replanLate(
    db,
    records.filter(({ deliveryId, next }) => next.status === 'retrying' && written.has(deliveryId)),
  );
  return written;
}
