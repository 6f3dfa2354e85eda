/** SQL of a delivery's states, for updates and conditions; which changes are allowed says src/domain/delivery-transitions.ts. */
import { ENDED_STATUSES, type EndedStatus, type HeldReason, UNENDED_STATUSES } from '../domain/delivery.ts';

const list = (statuses: readonly string[]) => `(${statuses.map((status) => `'${status}'`).join(', ')})`;

/** Whether a status is an end: `status in ${ENDED_LIST}`. */
export const ENDED_LIST = list(ENDED_STATUSES);
/** Condition of what has not ended, in the words of the partial indexes. */
export const UNENDED = `status in ${list(UNENDED_STATUSES)}`;
/** Condition of what has ended. */
export const ENDED = `status in ${ENDED_LIST}`;

/** Assignments that clear a claim. */
export const NO_CLAIM = `claim_number = null, claim_run = null, claim_trigger = null, claim_press = null,
    claim_from = null, claim_started_at = null, claim_deadline = null`;

/** Assignments that end a delivery without an attempt. */
export const endedAs = (status: EndedStatus) =>
  `status = '${status}', ended_status = '${status}', ended_at = now(), held_reason = null, next_attempt_at = null`;

/** Assignments that hold it: its workflow goes on without it. */
export const heldAs = (reason: HeldReason) =>
  `status = 'held', held_reason = '${reason}', leased_until = null, workflow_id = null, run_id = null, next_attempt_at = null`;

/** Assignments that hand it to the dispatchers. */
export const RELEASED = `status = 'pending', held_reason = null, leased_until = null`;

/** Assignments after which no workflow owns its schedule. */
export const NO_WORKFLOW = 'workflow_id = null, run_id = null';

/** Assignment that marks it as offered to Temporal before, so that its event's workflow id is not used again. */
export const offeredBefore = (by: string) => `leased_by = coalesce(d.leased_by, '${by}')`;
