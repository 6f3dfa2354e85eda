/** What is done with each delivery of a call, by what its claim has found. */
import { ENDPOINT_BOUNDS } from '../src/domain/endpoint.ts';
import { ATTEMPT_ERRORS } from '../src/domain/errors.ts';
import { failBroken } from '../src/store/broken-rows.ts';
import type { Claim, ClaimedDelivery } from '../src/store/claims.ts';
import { isDatabaseAway, isPassing } from '../src/store/pool.ts';
import type { AttemptEntry } from '../workflows/contract.ts';
import { putOff, type Treatment } from './attempt-context.ts';
import { type Result, type Settled, settle, type Tried } from './attempt-outcome.ts';
import { countAttempt } from './observe-attempt.ts';
import { post } from './send-attempt.ts';
import { unsendable } from './unsendable.ts';

const BUSY_POLL_MS = 1_000;
/** As long as a schedule may be: what is due later than that was not planned by us. */
const MAX_WAIT_MS = ENDPOINT_BOUNDS.scheduleTotalS * 1000;
/** From the end of an attempt until its record is written. */
const IN_HAND_AFTER_MS = 10_000;

/**
 * One delivery's trouble is its own: the others of the group are sent and recorded all the same. Where the database is away
 * it comes again; whatever else goes wrong is a failure of this delivery, which its schedule bounds.
 */
export async function treatSafely(treatment: Treatment): Promise<Result> {
  const { deps, delivery } = treatment;
  try {
    return await treat(treatment);
  } catch (error) {
    deps.logger.error({ err: error, delivery: delivery.id }, 'an attempt could not be made');
    const { verdict, claim } = delivery;
    if (isDatabaseAway(error) || isPassing(error) || verdict !== 'claimed' || claim === null)
      return putOff(treatment);
    return unsendable(treatment, claim, error);
  }
}

async function treat(treatment: Treatment): Promise<Result> {
  const { delivery, group } = treatment;
  const { id, claim } = delivery;
  const dueInMs = Math.round(Math.min(MAX_WAIT_MS, Math.max(0, delivery.dueInMs ?? 0)));
  switch (delivery.verdict) {
    case 'claimed':
      return inHand(treatment, claim as Claim, () => post(treatment, claim as Claim));
    case 'unfinished':
    case 'abandoned':
      return treatLost(treatment, claim as Claim);
    case 'busy': {
      const afterMs = Math.round(Math.min(BUSY_POLL_MS, Math.max(0, claim?.leftMs ?? 0)));
      if (treatment.trigger === 'manual')
        return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: afterMs, group } };
      return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: afterMs, group } };
    }
    case 'locked':
      if (treatment.trigger === 'manual')
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

/** A run of this activity that was lost may have ended it: what the workflow must still do is the same. */
function endedEntry(delivery: ClaimedDelivery, group: number): AttemptEntry {
  const { id, status, owned, told } = delivery;
  if (status === 'succeeded') return { id, outcome: 'succeeded', group };
  if (status === 'failed' && owned && !told) return { id, outcome: 'exhausted', group };
  return { id, outcome: status === 'failed' || status === 'cancelled' ? 'ended' : 'left', group };
}

/** A claim without its attempt: lost with its process, unless another run of this activity is still at it here. */
function treatLost(treatment: Treatment, claim: Claim): Result | Promise<Result> {
  const { deps, delivery, trigger, pressId } = treatment;
  const running = deps.inHand.get(keyOf(delivery, claim));
  if (running !== undefined && delivery.verdict === 'unfinished') return running;
  const settled = lostOrBroken(treatment, claim);
  if (settled === null) return endBroken(treatment);
  // It was the attempt of something else that was lost: the press that found it is still to be carried out.
  return trigger === 'manual' && claim.pressId !== pressId
    ? { ...settled, entry: { ...settled.entry, outcome: 'left', pressAgain: true, retryAfterMs: 0 } }
    : settled;
}

const keyOf = (delivery: ClaimedDelivery, claim: Claim) => `${delivery.id} ${claim.number}`;

/** Keeps the attempt findable while it runs: a second run of the activity waits for it instead of declaring it lost. */
function inHand({ deps, delivery }: Treatment, claim: Claim, work: () => Promise<Result>): Promise<Result> {
  const key = keyOf(delivery, claim);
  const running = work().finally(() => setTimeout(() => deps.inHand.delete(key), IN_HAND_AFTER_MS).unref());
  deps.inHand.set(key, running);
  return running;
}

/** Nothing but the row goes into it, so whatever it throws is the row's: `null`, for the claim would stand there for ever. */
function lostOrBroken(treatment: Treatment, claim: Claim): Settled | null {
  try {
    return settleLost(treatment, claim);
  } catch (error) {
    const { deps, delivery } = treatment;
    deps.logger.error(
      { err: error, delivery: delivery.id },
      'a claim cannot be read: the delivery has failed',
    );
    return null;
  }
}

/** Told of like any that is given up, as those are which cannot even be claimed. */
async function endBroken({ deps, delivery, group }: Treatment): Promise<Result> {
  await failBroken(deps.db, delivery.id);
  return { entry: { id: delivery.id, outcome: 'exhausted', group } };
}

function settleLost(
  { deps, delivery, endpoint, workflowId, random, group }: Treatment,
  claim: Claim,
): Settled {
  const tried: Tried = {
    startedAtMs: claim.startedAt.getTime(),
    durationMs: 0,
    endedAgoMs: claim.ageMs,
    responseStatus: null,
    errorCode: 'outcome_unknown',
    errorMessage: ATTEMPT_ERRORS.outcome_unknown,
    retryAfterMs: null,
    exchange: null,
  };
  countAttempt(deps, delivery, tried);
  return settle({ delivery, claim, endpoint, tried, workflowId, random, group });
}
