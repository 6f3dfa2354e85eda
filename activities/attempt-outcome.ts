/** From what came of an attempt to what is recorded of it and what the workflow is told. Pure but for the dice. */

import { type AttemptErrorCode, OWN_FAULTS } from '../src/domain/errors.ts';
import { decide } from '../src/domain/outcome.ts';
import { RETRY_AFTER_CAP_MS, scheduleOf } from '../src/domain/schedule.ts';
import { profileOrDefault } from '../src/profiles/index.ts';
import type { AttemptEndpoint } from '../src/store/attempt-endpoints.ts';
import type { Claim, ClaimedDelivery } from '../src/store/claims.ts';
import type { AttemptRecord, Exchange } from '../src/store/records.ts';
import type { AttemptEntry } from '../workflows/contract.ts';

export type AttemptResult = {
  startedAtMs: number;
  durationMs: number;
  /** since its end. Never reckoned with two clocks: that of this process may be off by an hour */
  endedAgoMs: number;
  responseStatus: number | null;
  errorCode: AttemptErrorCode | null;
  errorMessage: string | null;
  retryAfterMs: number | null;
  exchange: Exchange | null;
};

/** What came of a delivery in one call of `attempt`: with a record where an attempt was made. */
export type ClaimOutcome = DecidedAttempt | { entry: AttemptEntry };

export type DecidedAttempt = { record: AttemptRecord; entry: AttemptEntry };

// Long because it names every field of a record and of an entry.
export function decideAttempt(input: {
  delivery: ClaimedDelivery;
  claim: Claim;
  endpoint: AttemptEndpoint;
  result: AttemptResult;
  workflowId: string;
  /** one number for all deliveries of an endpoint in this call: together they failed, together they return */
  random: number;
  group: number;
}): DecidedAttempt {
  const { delivery, claim, endpoint, result, random, group } = input;
  const profile = profileOrDefault(endpoint.profile);
  const ownFault = result.errorCode !== null && OWN_FAULTS.has(result.errorCode) ? result.errorCode : null;
  const decision = decide(
    { status: result.responseStatus, error: result.errorCode, retryAfterMs: result.retryAfterMs },
    claim.trigger,
    {
      slotsUsed: delivery.slotsUsed,
      scheduledInMs: delivery.dueInMs,
      ended: delivery.endedStatus,
      held: delivery.heldReason,
      isTest: delivery.isTest,
    },
    scheduleOf(endpoint.retrySchedule, profile.schedule),
    random,
  );
  const succeeded = decision.kind === 'succeeded';
  const exhausted = decision.kind === 'exhausted';
  // The delay counts from the end of this attempt, which may be long ago where it was lost.
  const afterMs = decision.kind === 'retry' ? Math.max(0, decision.afterMs - result.endedAgoMs) : 0;
  // What does not reach the operator's own endpoint is only logged: telling of it would go there too.
  const alarms = exhausted && !delivery.isTest && !endpoint.isOperator;
  const record: AttemptRecord = {
    deliveryId: delivery.id,
    number: claim.number,
    trigger: claim.trigger,
    pressId: claim.pressId,
    workflowId: input.workflowId,
    runId: claim.runId,
    claimRunId: claim.runId,
    startedAtMs: result.startedAtMs,
    durationMs: result.durationMs,
    responseStatus: result.responseStatus,
    errorCode: result.errorCode,
    errorMessage: result.errorMessage,
    exchange: result.exchange,
    next: nextOf(decision.kind, afterMs),
    slotsUsed:
      'slotsUsed' in decision
        ? decision.slotsUsed
        : delivery.slotsUsed + (succeeded && claim.trigger !== 'manual' ? 1 : 0),
    endedAgoMs: result.endedAgoMs,
    notBeforeMs:
      result.retryAfterMs === null
        ? null
        : Math.min(result.retryAfterMs, RETRY_AFTER_CAP_MS) - result.endedAgoMs,
    planVersion: endpoint.planVersion,
    effects: {
      endpointId: endpoint.id,
      exhausted: alarms,
      disable: 'disableEndpoint' in decision && decision.disableEndpoint && !endpoint.isOperator,
      stall: alarms && ownFault === null && profile.stallsWhenExhausted,
      unsendable: delivery.isTest || endpoint.isOperator ? null : ownFault,
      unstall: succeeded && endpoint.stalledAt !== null && !delivery.isTest,
      // A press on what is held or has ended occupied the endpoint; when that fails the place is free again.
      releaseNext: endpoint.ordered && !delivery.isTest && decision.kind !== 'retry',
      holdIfStalled: profile.stallsWhenExhausted && decision.kind === 'retry',
      health: ownFault === null ? healthChange(endpoint, delivery, succeeded) : null,
    },
  };
  const entry: AttemptEntry = {
    id: delivery.id,
    outcome: outcomeOf(decision.kind, delivery, alarms),
    attempt: {
      number: claim.number,
      trigger: claim.trigger,
      ...(claim.pressId !== null && { pressId: claim.pressId }),
      at: result.startedAtMs,
      ms: Math.round(result.durationMs),
      ...(result.responseStatus !== null && { status: result.responseStatus }),
      ...(result.errorCode !== null && { error: result.errorCode }),
    },
    ...(decision.kind === 'retry' && { retryAfterMs: Math.round(afterMs) }),
    group,
  };
  return { record, entry };
}

function nextOf(
  kind: 'succeeded' | 'retry' | 'exhausted' | 'unchanged',
  afterMs: number,
): AttemptRecord['next'] {
  if (kind === 'retry') return { status: 'retrying', afterMs };
  return { status: kind === 'exhausted' ? 'failed' : kind };
}

function outcomeOf(
  kind: 'succeeded' | 'retry' | 'exhausted' | 'unchanged',
  delivery: ClaimedDelivery,
  alarms: boolean,
): AttemptEntry['outcome'] {
  if (kind === 'succeeded') return 'succeeded';
  if (kind === 'exhausted') return alarms ? 'exhausted' : 'ended';
  if (kind === 'retry') return delivery.owned ? 'retry' : 'left';
  return delivery.endedStatus === null ? 'left' : 'ended';
}

/** A success is written only where there was trouble before. Tests have no effect on health. */
function healthChange(
  endpoint: AttemptEndpoint,
  delivery: ClaimedDelivery,
  succeeded: boolean,
): AttemptRecord['effects']['health'] {
  if (delivery.isTest || endpoint.isOperator) return null;
  if (!succeeded) return 'failing';
  return endpoint.failingSince === null && endpoint.warnedPercent === 0 ? null : 'healthy';
}
