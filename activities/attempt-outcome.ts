/** Turns the result of an attempt into its record and into the entry for its workflow. */
import type { AttemptErrorCode } from '../src/domain/errors.ts';
import { type AttemptResult, decide } from '../src/domain/outcome.ts';
import { RETRY_AFTER_CAP_MS, scheduleOf } from '../src/domain/schedule.ts';
import { profileOrDefault } from '../src/profiles/index.ts';
import type { AttemptEndpoint } from '../src/store/attempt-endpoints.ts';
import type { Claim, ClaimedDelivery } from '../src/store/claims.ts';
import type { AttemptRecord, Exchange } from '../src/store/records.ts';
import type { AttemptEntry } from '../workflows/contract.ts';

/** The result of an attempt, with its times and its exchange. */
export type SeenAttempt = AttemptResult & {
  error: AttemptErrorCode | null;
  errorMessage: string | null;
  startedAtMs: number;
  durationMs: number;
  /** ms since its end; never the difference of two clocks, because this process's clock may be off by an hour */
  endedAgoMs: number;
  exchange: Exchange | null;
};

/** The outcome of a delivery in one call of `attempt`; it has a record if an attempt was made. */
export type ClaimOutcome = DecidedAttempt | { entry: AttemptEntry };

export type DecidedAttempt = { record: AttemptRecord; entry: AttemptEntry };

// Long because it names every field of a record and of an entry.
export function decideAttempt(input: {
  delivery: ClaimedDelivery;
  claim: Claim;
  endpoint: AttemptEndpoint;
  seen: SeenAttempt;
  workflowId: string;
  /** in [0, 1): one number for all deliveries of an endpoint in this call, so that they are retried together */
  random: number;
  group: number;
}): DecidedAttempt {
  const { delivery, claim, endpoint, seen, random, group } = input;
  const { endedAgoMs } = seen;
  const profile = profileOrDefault(endpoint.profile);
  const { next, slotsUsed, effects, workflow } = decide(
    { result: seen, trigger: claim.trigger, endedAgoMs, random },
    {
      slotsUsed: delivery.slotsUsed,
      // As of now: the attempt may have taken a minute.
      scheduledInMs:
        delivery.dueInMs === null ? null : delivery.dueInMs - (performance.now() - delivery.readAtMs),
      ended: delivery.endedStatus,
      held: delivery.heldReason,
      isTest: delivery.isTest,
      owned: delivery.owned,
    },
    {
      isOperator: endpoint.isOperator,
      ordered: endpoint.ordered,
      isStalled: endpoint.stalledAt !== null,
      isFailing: endpoint.failingSince !== null || endpoint.warnedPercent > 0,
      stallsWhenExhausted: profile.stallsWhenExhausted,
    },
    scheduleOf(endpoint.retrySchedule, profile.schedule),
  );
  const record: AttemptRecord = {
    deliveryId: delivery.id,
    number: claim.number,
    trigger: claim.trigger,
    pressId: claim.pressId,
    workflowId: input.workflowId,
    runId: claim.runId,
    claimRunId: claim.runId,
    startedAtMs: seen.startedAtMs,
    durationMs: seen.durationMs,
    responseStatus: seen.status,
    errorCode: seen.error,
    errorMessage: seen.errorMessage,
    exchange: seen.exchange,
    next,
    slotsUsed,
    endedAgoMs,
    notBeforeMs:
      seen.retryAfterMs === null ? null : Math.min(seen.retryAfterMs, RETRY_AFTER_CAP_MS) - endedAgoMs,
    planVersion: endpoint.planVersion,
    effects: { ...effects, endpointId: endpoint.id },
    provesHealth: seen.error === null && !delivery.isTest && !endpoint.isOperator,
  };
  const entry: AttemptEntry = {
    id: delivery.id,
    outcome: workflow,
    attempt: {
      number: claim.number,
      trigger: claim.trigger,
      ...(claim.pressId !== null && { pressId: claim.pressId }),
      at: seen.startedAtMs,
      ms: Math.round(seen.durationMs),
      ...(seen.status !== null && { status: seen.status }),
      ...(seen.error !== null && { error: seen.error }),
    },
    ...(next.status === 'retrying' && { retryAfterMs: Math.round(next.afterMs) }),
    group,
  };
  return { record, entry };
}
