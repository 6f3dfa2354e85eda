/** Finds and frees overdue deliveries for the reconciler. */

import { NO_CLAIM, offeredBefore } from './delivery-states.ts';
import { DISPATCH_CHANNEL } from './leases.ts';
import type { Db } from './pool.ts';

export type OverdueDelivery = {
  id: string;
  workflowId: string | null;
  runId: string | null;
  claimRun: string | null;
};

/** Finds deliveries whose next step is overdue by `graceMs`: `limit` of them with ids beyond `after`. */
export async function findOverdue(
  db: Db,
  graceMs: number,
  page: { after: string; limit: number },
): Promise<OverdueDelivery[]> {
  const { rows } = await db.query<OverdueDelivery>(
    `select id, workflow_id as "workflowId", run_id as "runId", claim_run as "claimRun" from deliveries
     where status in ('delivering', 'retrying') and id > $2
       and coalesce(claim_deadline, next_attempt_at, created_at) < now() - make_interval(secs => $1::double precision / 1000)
     order by id limit $3`,
    [graceMs, page.after, page.limit],
  );
  return rows;
}

/**
 * Frees deliveries whose workflow will not go on. An unended delivery returns to the dispatchers and goes on in a new workflow; one that
 * had ended returns to its end. An attempt without a record is logged as `outcome_unknown` and counts.
 * @param expected the deliveries as they were found: one that has moved on since is left alone, and a locked one is left for the next
 *   round
 * @returns the ids of the freed deliveries
 */
export async function freeDeliveries(db: Db, expected: OverdueDelivery[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with stuck as (
       select d.* from deliveries d
       join unnest($1::text[], $2::text[], $3::text[]) as r (id, workflow_id, claim_run) on r.id = d.id
       where d.status in ('delivering', 'retrying') and d.workflow_id is not distinct from r.workflow_id
         and d.claim_run is not distinct from r.claim_run
       order by d.id for update of d skip locked
     ), lost as (
       insert into attempts (delivery_id, number, trigger, press_id, workflow_id, run_id, started_at, duration_ms,
         error_code, error_message, recorded_at)
       select id, claim_number, claim_trigger, claim_press, workflow_id, claim_run, claim_started_at, 0,
         'outcome_unknown', 'The workflow that made this attempt is gone.', clock_timestamp()
       from stuck where claim_number is not null
       on conflict do nothing
     ), freed as (
       update deliveries d set
         status = coalesce(d.ended_status, case d.claim_from when 'held' then 'held' else 'pending' end),
         attempt_count = coalesce(d.claim_number, d.attempt_count),
         slots_used = d.slots_used + case when d.claim_number is not null and d.claim_trigger <> 'manual' then 1 else 0 end,
         last_error = case when d.claim_number is not null then 'outcome_unknown' else d.last_error end,
         workflow_id = case when d.ended_status is null then null else d.workflow_id end,
         run_id = case when d.ended_status is null then null else d.run_id end,
         next_attempt_at = null, leased_until = now(), ${offeredBefore('reconciler')},
         ${NO_CLAIM}
       from stuck where d.id = stuck.id
       returning d.id
     )
     select pg_notify($4, ''), id from freed`,
    [
      expected.map((each) => each.id),
      expected.map((each) => each.workflowId),
      expected.map((each) => each.claimRun),
      DISPATCH_CHANNEL,
    ],
  );
  return rows.map((row) => row.id);
}

/** Finds exhausted deliveries that are in no notice `graceMs` after their end, because their workflow is gone. */
export async function findUntold(db: Db, graceMs: number, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from deliveries where status = 'failed' and told_at is null and notice_id is null
       and ended_at < now() - make_interval(secs => $1::double precision / 1000)
     order by ended_at limit $2`,
    [graceMs, limit],
  );
  return rows.map((row) => row.id);
}
