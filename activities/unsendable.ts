/** A delivery of which no request can be made: a failure of ours, recorded and retried by its schedule like any other. */
import { ATTEMPT_ERRORS, type AttemptErrorCode, OWN_FAULTS, Problem } from '../src/domain/errors.ts';
import type { Claim } from '../src/store/claims.ts';
import type { Treatment } from './attempt-context.ts';
import { type Result, settle, type Tried } from './attempt-outcome.ts';
import { countAttempt } from './observe-attempt.ts';

/** Counted and logged, so that it tries what the schedule allows and no more; nothing was sent, and the endpoint has no part in it. */
export function unsendable(treatment: Treatment, claim: Claim, error: unknown): Result {
  const { deps, delivery, endpoint, workflowId, random, group } = treatment;
  const errorCode = reasonOf(error);
  const tried: Tried = {
    startedAtMs: Date.now(),
    durationMs: 0,
    endedAgoMs: 0,
    responseStatus: null,
    errorCode,
    errorMessage: ATTEMPT_ERRORS[errorCode],
    retryAfterMs: null,
    exchange: null,
  };
  countAttempt(deps, delivery, tried);
  return settle({ delivery, claim, endpoint, tried, workflowId, random, group });
}

function reasonOf(error: unknown): AttemptErrorCode {
  const code = error instanceof Problem ? error.code : null;
  return [...OWN_FAULTS].find((each) => each === code) ?? 'unsendable';
}
