/**
 * Fails the attempt of a delivery for which no request can be made. The fault is ours; the attempt is recorded and retried like any other.
 */
import { ATTEMPT_ERRORS, type AttemptErrorCode, OWN_FAULTS, Problem } from '../src/domain/errors.ts';
import type { Claim } from '../src/store/claims.ts';
import type { AttemptContext } from './attempt-context.ts';
import { type ClaimOutcome, decideAttempt, type SeenAttempt } from './attempt-outcome.ts';
import { countAttempt } from './observe-attempt.ts';

/** Decides a failed attempt without a request. It uses up a slot of the schedule, which bounds the retries, and has no effect on health. */
export function unsendable(context: AttemptContext, claim: Claim, error: unknown): ClaimOutcome {
  const { deps, delivery, endpoint, workflowId, random, group } = context;
  const errorCode = reasonOf(error);
  const seen: SeenAttempt = {
    startedAtMs: Date.now(),
    durationMs: 0,
    endedAgoMs: 0,
    status: null,
    error: errorCode,
    errorMessage: ATTEMPT_ERRORS[errorCode],
    retryAfterMs: null,
    exchange: null,
  };
  countAttempt(deps, delivery, seen);
  return decideAttempt({ delivery, claim, endpoint, seen, workflowId, random, group });
}

function reasonOf(error: unknown): AttemptErrorCode {
  const code = error instanceof Problem ? error.code : null;
  return [...OWN_FAULTS].find((each) => each === code) ?? 'unsendable';
}
