/** What is known of a delivery when it is its turn, and how it is put off when it cannot be its turn. */
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
  /** numbers its endpoint in this call */
  group: number;
  /** ms to wait until the endpoint's rate limit allows this attempt; null: not soon; undefined: no rate limit */
  rateLimitWaitMs: number | null | undefined;
};

/** Takes back the claim, if there is one of ours, and comes again a little later. */
export async function defer({ deps, delivery, group, trigger }: AttemptContext): Promise<ClaimOutcome> {
  const { id, claim, verdict } = delivery;
  if (verdict === 'claimed' && claim !== null) {
    await releaseClaim(deps.db, id, claim.runId, DEFER_MS).catch((error) =>
      deps.logger.error({ err: error, delivery: id }, 'a claim could not be taken back'),
    );
  }
  if (trigger === 'manual') {
    return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: DEFER_MS, group } };
  }
  return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: DEFER_MS, group } };
}
