/** Activity that records attempts which `attempt` could not record. Temporal repeats it until the database is back. */
import { activityInfo } from '@temporalio/activity';
import { ATTEMPT_ERRORS } from '../src/domain/errors.ts';
import { loadAttemptEndpoints } from '../src/store/attempt-endpoints.ts';
import { type Claim, readOwnClaims } from '../src/store/claims.ts';
import type { AttemptOutput } from '../workflows/contract.ts';
import { decideAttempt } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';
import { applyStatuses } from './record-batches.ts';

export async function record(deps: ActivityDeps, { entries }: AttemptOutput): Promise<AttemptOutput> {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error('record runs only in a workflow');
  const { workflowId, runId } = workflowExecution;
  const made = entries.filter((entry) => entry.attempt !== undefined);
  const deliveries = await readOwnClaims(
    deps.db,
    made.map((entry) => entry.id),
    workflowId,
    runId,
  );
  const endpoints = await loadAttemptEndpoints(
    deps.db,
    deps.vault,
    deliveries.map((delivery) => delivery.id),
  );
  const decided = deliveries.flatMap((delivery) => {
    const entry = made.find((each) => each.id === delivery.id);
    const endpoint = endpoints.get(delivery.endpointId);
    if (entry?.attempt === undefined || endpoint === undefined) return [];
    const { attempt } = entry;
    const keptRecord = deps.unrecorded.find(delivery.id, attempt.number);
    if (keptRecord !== undefined) return [{ entry, record: keptRecord }];
    const rebuilt = decideAttempt({
      delivery,
      claim: delivery.claim as Claim,
      endpoint,
      seen: {
        startedAtMs: attempt.at,
        durationMs: attempt.ms,
        endedAgoMs: Math.max(0, Date.now() - attempt.at - attempt.ms),
        status: attempt.status ?? null,
        error: attempt.error ?? null,
        errorMessage: attempt.error === undefined ? null : ATTEMPT_ERRORS[attempt.error],
        retryAfterMs: null,
        exchange: null,
      },
      workflowId,
      random: 0.5,
      group: entry.group,
    });
    return [{ entry, record: rebuilt.record }];
  });
  const statuses = await deps.recorder.record(decided.map((each) => each.record));
  for (const { id, attempt } of made) if (attempt !== undefined) deps.unrecorded.forget(id, attempt.number);
  applyStatuses(decided, statuses);
  return { entries };
}
