/** Decides what follows from an attempt: for its delivery, for its endpoint (a 410 disables it), and for its workflow. */
import type { EndedStatus, HeldReason, Trigger } from './delivery.ts';
import { type AttemptErrorCode, OWN_FAULTS } from './errors.ts';
import { nextDelayMs, RETRY_AFTER_CAP_MS, type RetrySchedule } from './schedule.ts';

/** The result of one POST. `status` is null when no response came; `error` is null exactly when the attempt succeeded. */
export type AttemptResult = {
  status: number | null;
  error: AttemptErrorCode | null;
  /** the delay that the receiver asked for with 429 or 503, in ms */
  retryAfterMs: number | null;
};

/** The delivery as it was claimed. */
export type DeliveryBefore = {
  /** scheduled attempts made before this one */
  slotsUsed: number;
  /** ms from now until the attempt that the schedule has planned (negative: overdue); null when none is planned */
  scheduledInMs: number | null;
  /** the delivery's end, when this attempt was requested after it */
  ended: EndedStatus | null;
  /** why the delivery is held; it is held again when a manual attempt fails */
  held: HeldReason | null;
  isTest: boolean;
};

/** The endpoint as it was when the attempt began. */
export type EndpointBefore = {
  /** whether it is the operator's own: a failure there is only logged, because a report of it would go there, too */
  isOperator: boolean;
  ordered: boolean;
  isStalled: boolean;
  /** whether attempts failed lately or people were warned, so that a success must be noted */
  isFailing: boolean;
  /** whether its profile stalls an endpoint after an exhausted delivery */
  stallsWhenExhausted: boolean;
};

/** Effects on the endpoint, applied in the record's transaction, under the endpoint's lock. */
export type EndpointEffects = {
  /** a delivery is exhausted: people are notified */
  exhausted: boolean;
  disable: boolean;
  /** hold the endpoint's other deliveries until a new one succeeds */
  stall: boolean;
  /** release the deliveries that a stall held */
  unstall: boolean;
  /** the delivery's end at an ordered endpoint releases the next one */
  releaseNext: boolean;
  /** hold the planned retry, if the endpoint has stalled since the event was accepted */
  holdIfStalled: boolean;
  /** why no request could be made, which the operator is told; `null`: one could */
  unsendable: AttemptErrorCode | null;
  /** how the attempt changes the endpoint's health; `null`: it does not */
  health: 'failing' | 'healthy' | null;
};

export type Decision = {
  /** the delivery's next status; `unchanged` restores the one from before the claim */
  next: { status: 'succeeded' | 'failed' | 'unchanged' } | { status: 'retrying'; afterMs: number };
  /** scheduled attempts made, this one included */
  slotsUsed: number;
  effects: EndpointEffects;
  /** the outcome for the workflow. `left`: another workflow, or none, continues it; `ended`: it has ended, and nobody is notified */
  workflow: 'succeeded' | 'exhausted' | 'ended' | 'retry' | 'left';
};

/**
 * Decides what follows from an attempt.
 * @param attempt.endedAgoMs ms since its end, from which a delay counts; 0 unless the attempt was found lost
 * @param attempt.random in [0, 1), for the jitter
 * @param delivery.owned whether the asking workflow owns the delivery's schedule
 */
export function decide(
  attempt: { result: AttemptResult; trigger: Trigger; endedAgoMs: number; random: number },
  delivery: DeliveryBefore & { owned: boolean },
  endpoint: EndpointBefore,
  schedule: RetrySchedule,
): Decision {
  const { result, trigger } = attempt;
  // Delays count from the end of the attempt; what was planned before stays at its time.
  const planned = delivery.scheduledInMs === null ? null : delivery.scheduledInMs + attempt.endedAgoMs;
  const before = { ...delivery, scheduledInMs: planned };
  const state = nextState(result, trigger, before, schedule, attempt.random);
  const afterMs = state.kind === 'retry' ? Math.max(0, state.afterMs - attempt.endedAgoMs) : 0;
  const succeeded = state.kind === 'succeeded';
  const isConcerned = !delivery.isTest && !endpoint.isOperator;
  const exhausted = state.kind === 'exhausted' && isConcerned;
  const ownFault = result.error !== null && OWN_FAULTS.has(result.error) ? result.error : null;
  // Of an attempt that was lost with our process, it is not known whether the endpoint has failed.
  const saysNothing = ownFault !== null || result.error === 'outcome_unknown';
  return {
    next: nextOf(state, afterMs),
    slotsUsed:
      'slotsUsed' in state
        ? state.slotsUsed
        : delivery.slotsUsed + (succeeded && trigger !== 'manual' ? 1 : 0),
    effects: {
      exhausted,
      disable: 'disableEndpoint' in state && state.disableEndpoint && !endpoint.isOperator,
      stall: exhausted && ownFault === null && endpoint.stallsWhenExhausted,
      unstall: succeeded && endpoint.isStalled && !delivery.isTest,
      // A press on a held or ended delivery occupied the ordered endpoint. Its failure frees the endpoint, too.
      releaseNext: endpoint.ordered && !delivery.isTest && state.kind !== 'retry',
      holdIfStalled: endpoint.stallsWhenExhausted && state.kind === 'retry',
      unsendable: isConcerned ? ownFault : null,
      health: isConcerned && !saysNothing ? healthAfter(succeeded, endpoint) : null,
    },
    workflow: workflowAfter(state, delivery, exhausted),
  };
}

function nextOf(state: NextState, afterMs: number): Decision['next'] {
  if (state.kind === 'retry') return { status: 'retrying', afterMs };
  return { status: state.kind === 'exhausted' ? 'failed' : state.kind };
}

/** A success is noted only at an endpoint that was failing, or has begun to since (`provesHealth` of the record). */
function healthAfter(succeeded: boolean, { isFailing }: EndpointBefore): EndpointEffects['health'] {
  if (!succeeded) return 'failing';
  return isFailing ? 'healthy' : null;
}

function workflowAfter(
  state: NextState,
  delivery: DeliveryBefore & { owned: boolean },
  exhausted: boolean,
): Decision['workflow'] {
  switch (state.kind) {
    case 'succeeded':
      return 'succeeded';
    case 'exhausted':
      return exhausted ? 'exhausted' : 'ended';
    case 'retry':
      return delivery.owned ? 'retry' : 'left';
    case 'unchanged':
      return delivery.ended === null ? 'left' : 'ended';
  }
}

type NextState =
  | { kind: 'succeeded' }
  | { kind: 'retry'; afterMs: number; slotsUsed: number }
  /** the schedule is used up: people are notified */
  | { kind: 'exhausted'; slotsUsed: number; disableEndpoint: boolean }
  /** the delivery stays ended or held, as it was */
  | { kind: 'unchanged'; disableEndpoint: boolean };

/** How often a last attempt of unknown outcome is repeated. The bound ends a delivery that ends each process that sends it. */
const REPEATS_OF_LAST = 3;
const REPEAT_AFTER_MS = 1_000;

/**
 * Decides what the delivery does next.
 *
 * - Any success ends it. A 410 ends it too and disables the endpoint, whatever the schedule still holds.
 * - A failed manual attempt uses up no slot: what the schedule had planned stays planned, and after the end there is
 *   one attempt and no new schedule.
 * - A last attempt that was lost with our process is repeated: no crash of ours ends a delivery that may never have been sent
 *   (product.md, promise 1).
 * - A test is one attempt.
 */
export function nextState(
  result: AttemptResult,
  trigger: Trigger,
  before: DeliveryBefore,
  schedule: RetrySchedule,
  random: number,
): NextState {
  if (result.error === null) return { kind: 'succeeded' };
  if (before.isTest) return { kind: 'exhausted', slotsUsed: before.slotsUsed + 1, disableEndpoint: false };
  const gone = result.status === 410;
  if (before.ended !== null) return { kind: 'unchanged', disableEndpoint: gone };
  if (gone) return { kind: 'exhausted', slotsUsed: before.slotsUsed + 1, disableEndpoint: true };
  if (trigger === 'manual') {
    if (before.held !== null) return { kind: 'unchanged', disableEndpoint: false };
    const afterMs = Math.max(
      before.scheduledInMs ?? 0,
      Math.min(result.retryAfterMs ?? 0, RETRY_AFTER_CAP_MS),
    );
    return { kind: 'retry', afterMs, slotsUsed: before.slotsUsed };
  }
  const slotsUsed = before.slotsUsed + 1;
  const afterMs = nextDelayMs(schedule, slotsUsed, random, result.retryAfterMs);
  if (afterMs !== null) return { kind: 'retry', afterMs, slotsUsed };
  if (result.error === 'outcome_unknown' && slotsUsed <= schedule.delaysS.length + REPEATS_OF_LAST)
    return { kind: 'retry', afterMs: REPEAT_AFTER_MS, slotsUsed };
  return { kind: 'exhausted', slotsUsed, disableEndpoint: false };
}
