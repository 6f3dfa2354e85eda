/** The transition table of a delivery: every change of its status, who makes it, and which fields may change with it. */
import { DELIVERY_STATUSES, type DeliveryStatus, ENDED_STATUSES, UNENDED_STATUSES } from './delivery.ts';

/** A delivery, or `none` before it is accepted. */
export type StateBefore = DeliveryStatus | 'none';

export type Transition = {
  name: string;
  /** the function of `src/store` that makes it */
  by: string;
  /** what makes it happen, in a sentence */
  when: string;
  from: readonly StateBefore[];
  to: readonly DeliveryStatus[];
  /** columns of `deliveries` that may change with the status */
  changes: readonly string[];
};

const CLAIM = [
  ...['claim_number', 'claim_run', 'claim_trigger', 'claim_press', 'claim_from', 'claim_started_at'],
  'claim_deadline',
];
const WORKFLOW = ['workflow_id', 'run_id'];
const LEASE = ['leased_by', 'leased_until'];
const END = ['ended_status', 'ended_at', 'told_at', 'held_reason', 'next_attempt_at', 'last_error'];

/**
 * A status is changed in these ways and in no other. The column `ended_status` keeps how a delivery first ended while a press
 * sends it once more, so a delivery that is `delivering` may have ended before.
 */
export const TRANSITIONS: readonly Transition[] = [
  {
    name: 'accept',
    by: 'accept.ts acceptAll, redelivery.ts redeliverPage',
    when: 'An event is emitted, or a replay makes a delivery that never was.',
    from: ['none'],
    to: ['pending', 'held'],
    changes: [],
  },
  {
    name: 'claim',
    by: 'claims.ts claimDeliveries',
    when: 'An attempt begins. The schedule claims a delivery that is due, a press any that is not being sent.',
    from: ['pending', 'retrying', 'held', ...ENDED_STATUSES],
    to: ['delivering'],
    changes: [...CLAIM, ...WORKFLOW, 'next_trigger', 'leased_until'],
  },
  {
    name: 'record',
    by: 'recorder.ts createRecorder',
    when: 'An attempt is recorded. A success counts even if the delivery was cancelled meanwhile; a failed press restores the status.',
    from: ['delivering', 'cancelled'],
    to: ['succeeded', 'retrying', 'failed', 'pending', 'held', 'cancelled'],
    changes: [
      ...[...CLAIM, ...END, 'attempt_count', 'slots_used', 'attempted_at', 'not_before', 'moved'],
      'last_response_status',
    ],
  },
  {
    name: 'give the claim back',
    by: 'claims.ts releaseClaim',
    when: 'The attempt could not be made now: it is deferred.',
    from: ['delivering'],
    to: ['retrying', 'pending', 'held', ...ENDED_STATUSES],
    changes: [...CLAIM, 'next_attempt_at', 'next_trigger'],
  },
  {
    name: 'end unsent',
    by: 'claims.ts endUnsent',
    when: 'There is nothing to send any more, or nowhere.',
    from: ['delivering'],
    to: ['failed'],
    changes: [...CLAIM, ...END],
  },
  {
    name: 'hold for the rate limit',
    by: 'rate-limits.ts holdForRateLimit',
    when: 'The rate limit does not allow the attempt soon.',
    from: ['delivering'],
    to: ['held'],
    changes: [...CLAIM, ...WORKFLOW, 'held_reason', 'next_attempt_at', 'next_trigger', 'leased_until'],
  },
  {
    name: 'hold',
    by: 'backlog.ts alignWaiting, holdStalled',
    when: 'The endpoint has stalled, or is to keep order from now on.',
    from: ['pending', 'retrying'],
    to: ['held'],
    changes: [...WORKFLOW, 'held_reason', 'next_attempt_at', 'leased_until'],
  },
  {
    name: 'release',
    by: 'backlog.ts releaseNext, alignWaiting; rate-limits.ts releaseDue',
    when: 'The one before it has ended, the stall is over, or the rate limit allows it.',
    from: ['held'],
    to: ['pending'],
    changes: [...LEASE, 'held_reason', 'turn'],
  },
  {
    name: 'bring forward',
    by: 'replan.ts releaseMoved',
    when: 'A shorter retry schedule is due before the old timer.',
    from: ['retrying'],
    to: ['pending'],
    changes: [...WORKFLOW, ...LEASE, 'moved'],
  },
  {
    name: 'end with the endpoint',
    by: 'backlog.ts alignWaiting',
    when: 'The endpoint was disabled or deleted.',
    from: ['pending', 'retrying', 'held'],
    to: ['failed'],
    changes: END,
  },
  {
    name: 'cancel',
    by: 'deliveries.ts cancelDeliveries',
    when: 'Somebody cancels it, or its payload is erased.',
    from: UNENDED_STATUSES,
    to: ['cancelled'],
    changes: END,
  },
  {
    name: 'cancel with the tenant',
    by: 'tenants.ts cancelWaitingPage',
    when: 'Its tenant was deleted. What had ended before keeps its end.',
    from: UNENDED_STATUSES,
    to: ENDED_STATUSES,
    changes: END,
  },
  {
    name: 'free',
    by: 'overdue.ts freeDeliveries',
    when: 'Its workflow is gone: the attempt that was under way counts as outcome_unknown.',
    from: ['delivering', 'retrying'],
    to: ['pending', 'held', ...ENDED_STATUSES],
    changes: [
      ...CLAIM,
      ...WORKFLOW,
      ...LEASE,
      'attempt_count',
      'slots_used',
      'last_error',
      'next_attempt_at',
    ],
  },
  {
    name: 'reopen',
    by: 'redelivery.ts redeliverPage',
    when: 'A recovery, a replay or a bulk retry sends it anew, with the whole schedule; a bulk retry also what waits for its next attempt.',
    from: [...ENDED_STATUSES, 'retrying'],
    to: ['pending', 'held'],
    changes: [
      ...['ended_status', 'ended_at', 'told_at', 'notice_id', 'held_reason', 'turn', 'slots_used'],
      ...[...WORKFLOW, ...LEASE, 'next_attempt_at', 'next_trigger'],
    ],
  },
  {
    name: 'fail what is broken',
    by: 'broken-rows.ts failBroken',
    when: 'Its row is corrupt.',
    from: DELIVERY_STATUSES,
    to: ENDED_STATUSES,
    changes: [...CLAIM, ...END, 'attempt_count', 'slots_used'],
  },
];

/** The transitions that such a change may be; none: it is not allowed. @param changed columns beside `status` */
export function transitionsOf(
  from: StateBefore,
  to: DeliveryStatus,
  changed: readonly string[],
): readonly Transition[] {
  return TRANSITIONS.filter(
    (each) =>
      each.from.includes(from) &&
      each.to.includes(to) &&
      changed.every((column) => each.changes.includes(column)),
  );
}
