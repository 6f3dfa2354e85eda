/** What each attempt leaves for those who operate: a span in its event's trace, a count, a duration. */
import { clockOffsetMs } from '../src/domain/clock.ts';
import { OWN_FAULTS } from '../src/domain/errors.ts';
import { idTimeMs, isId } from '../src/domain/ids.ts';
import { outcomeOf } from '../src/observability/metrics.ts';
import type { Span } from '../src/observability/tracing.ts';
import type { Claim, ClaimedDelivery } from '../src/store/claims.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { SeenAttempt } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';

/** The names of the workflow and its run are those that Temporal's own interceptors use. */
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
  // How long one took that was lost with its process, nobody knows; and what was not sent took no time.
  if (errorCode === 'outcome_unknown' || (errorCode !== null && OWN_FAULTS.has(errorCode))) return;
  metrics.attemptDuration.observe(durationMs / 1000);
  if (errorCode === null && delivery.attemptCount === 0 && !delivery.isTest) {
    // An id that we have not made says nothing of its time.
    if (!isId('delivery', delivery.id)) return;
    metrics.deliveryLatency.observe(
      (startedAtMs + durationMs + clockOffsetMs() - idTimeMs(delivery.id)) / 1000,
    );
  }
}
