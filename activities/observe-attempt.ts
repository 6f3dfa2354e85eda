/** Observability of attempts: a span in the event's trace, a count and a duration for each. */
import { clockOffsetMs } from '../src/domain/clock.ts';
import { hasDuration } from '../src/domain/errors.ts';
import { idTimeMs, isId } from '../src/domain/ids.ts';
import { outcomeOf } from '../src/observability/metrics.ts';
import type { Span } from '../src/observability/tracing.ts';
import type { Claim, ClaimedDelivery } from '../src/store/claims.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { SeenAttempt } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';

/** Starts the span of an attempt. Temporal's own interceptors use the same attributes for a workflow and its run. */
export function startAttemptSpan(
  { deps, delivery, endpoint, workflowId }: AttemptContext,
  claim: Claim,
): Span {
  return deps.tracing.start('attempt', {
    kind: 'client',
    parent: delivery.traceparent,
    attributes: {
      'http.request.method': 'POST',
      'server.address': endpoint.host,
      'tidings.delivery.id': delivery.id,
      'tidings.event.id': delivery.eventId,
      'tidings.endpoint.id': endpoint.id,
      'tidings.attempt.number': claim.number,
      'tidings.attempt.trigger': claim.trigger,
      temporalWorkflowID: workflowId,
      temporalRunID: claim.runId,
    },
  });
}

export function countAttempt({ metrics }: ActivityDeps, delivery: ClaimedDelivery, seen: SeenAttempt): void {
  const { error: errorCode, startedAtMs, durationMs } = seen;
  metrics.attempts.inc({ outcome: outcomeOf(errorCode) });
  if (!hasDuration(errorCode)) return;
  metrics.attemptDuration.observe(durationMs / 1000);
  if (errorCode === null && delivery.attemptCount === 0 && !delivery.isTest) {
    // An id that is not of our form holds no time.
    if (!isId('delivery', delivery.id)) return;
    metrics.deliveryLatency.observe(
      (startedAtMs + durationMs + clockOffsetMs() - idTimeMs(delivery.id)) / 1000,
    );
  }
}
