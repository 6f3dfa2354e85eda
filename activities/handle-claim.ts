/** Handles each delivery of a call of `attempt` by the verdict of its claim. */
import { ENDPOINT_BOUNDS } from '../src/domain/endpoint.ts';
import { ATTEMPT_ERRORS } from '../src/domain/errors.ts';
import { failBroken } from '../src/store/broken-rows.ts';
import type { Claim, ClaimedDelivery } from '../src/store/claims.ts';
import { isDatabaseAway, isPassing } from '../src/store/pool.ts';
import type { AttemptEntry } from '../workflows/contract.ts';
import { type AttemptContext, defer } from './attempt-context.ts';
import {
  type ClaimOutcome,
  type DecidedAttempt,
  decideAttempt,
  type SeenAttempt,
} from './attempt-outcome.ts';
import { countAttempt } from './observe-attempt.ts';
import { sendAttempt } from './send-attempt.ts';
import { unsendable } from './unsendable.ts';

const BUSY_POLL_MS = 1_000;
/** The longest wait: as long as a schedule may be. A later planned time is a broken value. */
const MAX_WAIT_MS = ENDPOINT_BOUNDS.scheduleTotalS * 1000;
/** How long an attempt stays in `inFlight` after its end, until its record is written. */
const IN_FLIGHT_AFTER_MS = 10_000;

/**
 * Handles a delivery by itself, so that an error does not keep the others of the group from being sent and recorded. If the database is
 * away, the delivery is deferred. Any other error is a failed attempt of this delivery, which uses up its schedule.
 */
export async function handleClaim(context: AttemptContext): Promise<ClaimOutcome> {
  const { deps, delivery } = context;
  try {
    return await handleByVerdict(context);
  } catch (error) {
    deps.logger.error({ err: error, delivery: delivery.id }, 'an attempt could not be made');
    const { verdict, claim } = delivery;
    if (isDatabaseAway(error) || isPassing(error) || verdict !== 'claimed' || claim === null)
      return defer(context);
    return unsendable(context, claim, error);
  }
}

async function handleByVerdict(context: AttemptContext): Promise<ClaimOutcome> {
  const { delivery, group } = context;
  const { id, claim } = delivery;
  const dueInMs = Math.round(Math.min(MAX_WAIT_MS, Math.max(0, delivery.dueInMs ?? 0)));
  switch (delivery.verdict) {
    case 'claimed':
      return inFlight(context, claim as Claim, () => sendAttempt(context, claim as Claim));
    case 'unfinished':
    case 'abandoned':
      return handleLost(context, claim as Claim);
    case 'busy': {
      const afterMs = Math.round(Math.min(BUSY_POLL_MS, Math.max(0, claim?.leftMs ?? 0)));
      if (context.trigger === 'manual')
        return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: afterMs, group } };
      return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: afterMs, group } };
    }
    case 'locked':
      if (context.trigger === 'manual')
        return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: BUSY_POLL_MS, group } };
      return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: BUSY_POLL_MS, group } };
    case 'early':
      return { entry: { id, outcome: 'retry', retryAfterMs: dueInMs, group } };
    case 'done_before':
      if (delivery.status === 'retrying' && delivery.owned) {
        return { entry: { id, outcome: 'retry', retryAfterMs: dueInMs, group } };
      }
      return { entry: endedEntry(delivery, group) };
    case 'ended':
      return { entry: endedEntry(delivery, group) };
    case 'foreign':
    case 'held':
      return { entry: { id, outcome: 'left', group } };
  }
}

/** The entry of an ended delivery. A lost run of this activity may have ended it, and then the workflow must still notify people. */
function endedEntry(delivery: ClaimedDelivery, group: number): AttemptEntry {
  const { id, status, owned, told } = delivery;
  if (status === 'succeeded') return { id, outcome: 'succeeded', group };
  if (status === 'failed' && owned && !told) return { id, outcome: 'exhausted', group };
  return { id, outcome: status === 'failed' || status === 'cancelled' ? 'ended' : 'left', group };
}

/** Handles a claim without a record. Its attempt was lost with its process, unless another run of this activity still makes it here. */
function handleLost(context: AttemptContext, claim: Claim): ClaimOutcome | Promise<ClaimOutcome> {
  const { deps, delivery, trigger, pressId } = context;
  const running = deps.inFlight.get(keyOf(delivery, claim));
  if (running !== undefined && delivery.verdict === 'unfinished') return running;
  const decided = decideLostOrUnreadable(context, claim);
  if (decided === null) return failUnreadable(context);
  // The lost attempt was not this press's own, so the press must still be carried out.
  return trigger === 'manual' && claim.pressId !== pressId
    ? { ...decided, entry: { ...decided.entry, outcome: 'left', pressAgain: true, retryAfterMs: 0 } }
    : decided;
}

const keyOf = (delivery: ClaimedDelivery, claim: Claim) => `${delivery.id} ${claim.number}`;

/** Registers the attempt while it runs, so that a second run of the activity waits for it and does not declare it lost. */
function inFlight(
  { deps, delivery }: AttemptContext,
  claim: Claim,
  work: () => Promise<ClaimOutcome>,
): Promise<ClaimOutcome> {
  const key = keyOf(delivery, claim);
  const running = work().finally(() =>
    setTimeout(() => deps.inFlight.delete(key), IN_FLIGHT_AFTER_MS).unref(),
  );
  deps.inFlight.set(key, running);
  return running;
}

/** @returns `null` when the decision throws: only the row goes into it, so the row is broken, and a retry would throw for ever */
function decideLostOrUnreadable(context: AttemptContext, claim: Claim): DecidedAttempt | null {
  try {
    return decideLost(context, claim);
  } catch (error) {
    const { deps, delivery } = context;
    deps.logger.error(
      { err: error, delivery: delivery.id },
      'the stored claim of a delivery is not valid: the delivery is ended as failed',
    );
    return null;
  }
}

/** Fails a delivery whose claim cannot be read. People are notified of it as of any exhausted delivery. */
async function failUnreadable({ deps, delivery, group }: AttemptContext): Promise<ClaimOutcome> {
  await failBroken(deps.db, delivery.id);
  return { entry: { id: delivery.id, outcome: 'exhausted', group } };
}

function decideLost(
  { deps, delivery, endpoint, workflowId, random, group }: AttemptContext,
  claim: Claim,
): DecidedAttempt {
  const seen: SeenAttempt = {
    startedAtMs: claim.startedAt.getTime(),
    durationMs: 0,
    endedAgoMs: claim.ageMs,
    status: null,
    error: 'outcome_unknown',
    errorMessage: ATTEMPT_ERRORS.outcome_unknown,
    retryAfterMs: null,
    exchange: null,
  };
  countAttempt(deps, delivery, seen);
  return decideAttempt({ delivery, claim, endpoint, seen, workflowId, random, group });
}
