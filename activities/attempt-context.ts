/** Context of one delivery in a call of `attempt`, and the way to defer a delivery that cannot be attempted now. */
import type { AttemptEndpoint } from '../src/store/attempt-endpoints.ts';
import { type ClaimedDelivery, releaseClaim } from '../src/store/claims.ts';
import type { AttemptInput } from '../workflows/contract.ts';
import type { ClaimOutcome } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';

const DEFER_MS = 5_000;

export type AttemptContext = {
  deps: ActivityDeps;
  delivery: ClaimedDelivery;
  endpoint: AttemptEndpoint;
  trigger: AttemptInput['trigger'];
  pressId: string | null;
  workflowId: string;
  /** in [0, 1), the same for all deliveries of an endpoint in this call */
  random: number;
  /** the number of its endpoint in this call */
  group: number;
  /** ms until the endpoint's rate limit allows this attempt; `null`: not soon; `undefined`: there is no rate limit */
  rateLimitWaitMs: number | null | undefined;
};

/** Releases this run's claim, if there is one, so that the delivery is attempted again after `DEFER_MS`. */
export async function defer({ deps, delivery, group, trigger }: AttemptContext): Promise<ClaimOutcome> {
  const { id, claim, verdict } = delivery;
  if (verdict === 'claimed' && claim !== null) {
    await releaseClaim(deps.db, id, claim.runId, DEFER_MS).catch((error) =>
      deps.logger.error(
        { err: error, delivery: id },
        'the claim of an attempt that was not made could not be released',
      ),
    );
  }
  if (trigger === 'manual') {
    return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: DEFER_MS, group } };
  }
  return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: DEFER_MS, group } };
}
