/**
 * Activity that attempts deliveries: it claims them, POSTs them concurrently, and records the results. After a crash it may run again;
 * the claims then decide what the second run may do.
 */
import { activityInfo, Context } from '@temporalio/activity';
import { type AttemptEndpoint, loadAttemptEndpoints } from '../src/store/attempt-endpoints.ts';
import { failBroken, isolateFailures } from '../src/store/broken-rows.ts';
import { type ClaimedDelivery, claimDeliveries } from '../src/store/claims.ts';
import { reserveRateLimit } from '../src/store/rate-limits.ts';
import type { AttemptInput, AttemptOutput } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';
import { handleClaim } from './handle-claim.ts';
import { recordInBatches } from './record-batches.ts';
import { LIMIT_WAIT_MS } from './send-attempt.ts';

export async function attempt(deps: ActivityDeps, input: AttemptInput): Promise<AttemptOutput> {
  const { workflowId, runId } = execution();
  deps.attemptBegan(workflowId);
  const heartbeat = setInterval(() => Context.current().heartbeat(), 5_000);
  try {
    const { trigger, pressId = null } = input;
    // Everything that can fail comes before the claim, so that a failure there counts as no attempt.
    const endpoints = await loadAttemptEndpoints(deps.db, deps.vault, input.deliveryIds);
    const request = { trigger, pressId, workflowId, runId };
    const broken: string[] = [];
    const deliveries = await isolateFailures(
      input.deliveryIds,
      (deliveryIds) => claimDeliveries(deps.db, { ...request, deliveryIds: [...deliveryIds] }),
      async (deliveryId, error) => {
        deps.logger.error(
          { err: error, delivery: deliveryId },
          'the stored values of a delivery are not valid: it is ended as failed',
        );
        await failBroken(deps.db, deliveryId);
        broken.push(deliveryId);
        return [];
      },
    );
    const endpointIds = [...new Set(deliveries.map((delivery) => delivery.endpointId))];
    const rateLimitWaits = await reserveRateLimits(deps, deliveries, endpoints);
    const random = new Map(endpointIds.map((id) => [id, deps.random()]));
    const work = deliveries.map((delivery) =>
      handleClaim({
        deps,
        delivery,
        endpoint: endpoints.get(delivery.endpointId) as AttemptEndpoint,
        trigger,
        pressId,
        workflowId,
        random: random.get(delivery.endpointId) ?? 0,
        group: endpointIds.indexOf(delivery.endpointId),
        rateLimitWaitMs: rateLimitWaits.get(delivery.id),
      }),
    );
    const output = await recordInBatches(deps, work);
    output.entries.push(
      ...broken.map((id, at) => ({ id, outcome: 'exhausted' as const, group: endpointIds.length + at })),
    );
    return output;
  } finally {
    clearInterval(heartbeat);
    deps.attemptEnded(workflowId);
  }
}

function execution(): { workflowId: string; runId: string } {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error('attempt runs only in a workflow');
  return workflowExecution;
}

/** @returns the ms to wait for each claimed delivery of a rate-limited endpoint; `null`: there is no place soon */
async function reserveRateLimits(
  deps: ActivityDeps,
  deliveries: ClaimedDelivery[],
  endpoints: Map<string, AttemptEndpoint>,
): Promise<Map<string, number | null>> {
  const waits = new Map<string, number | null>();
  // Concurrently, so that an endpoint whose row is locked holds up no other.
  const reserving = [...endpoints.values()].map(async (endpoint) => {
    if (endpoint.ratePerSecond === null) return;
    const limited = deliveries.filter(
      (each) => each.verdict === 'claimed' && each.endpointId === endpoint.id,
    );
    if (limited.length === 0) return;
    // If the reservation fails, no delivery has a place: scheduled ones are held, presses are deferred.
    const places = await reserveRateLimit(
      deps.db,
      endpoint.id,
      endpoint.ratePerSecond,
      limited.length,
      LIMIT_WAIT_MS,
    ).catch(() => []);
    limited.forEach((delivery, place) => {
      waits.set(delivery.id, places[place] ?? null);
    });
  });
  await Promise.all(reserving);
  return waits;
}
