/** Records what came of a group of attempts, without letting the slow ones hold up the quick ones. */
import { setTimeout } from 'node:timers/promises';
import { isDatabaseAway } from '../src/store/pool.ts';
import type { AttemptEntry, AttemptOutput } from '../workflows/contract.ts';
import type { ClaimOutcome, DecidedAttempt } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';

/** How long the fast ones of a group wait for the slow ones before they are recorded without them. */
const FLUSH_MS = 250;

/** Records in batches: all together when all are quick, the quick ones first when some are not. */
export async function recordInBatches(
  deps: ActivityDeps,
  work: Promise<ClaimOutcome>[],
): Promise<AttemptOutput> {
  const entries: AttemptEntry[] = [];
  const decided: ClaimOutcome[] = [];
  const pending = new Set(
    work.map((promise) => {
      const tracked: Promise<void> = promise.then((result) => {
        decided.push(result);
        pending.delete(tracked);
      });
      return tracked;
    }),
  );
  let recorded = true;
  while (pending.size > 0 || decided.length > 0) {
    await Promise.race([Promise.all(pending), setTimeout(FLUSH_MS)]);
    if (decided.length === 0) await Promise.race(pending);
    const batch = decided.splice(0);
    if (!(await record(deps, batch))) recorded = false;
    entries.push(...batch.map((result) => result.entry));
  }
  return recorded ? { entries } : { entries, unrecorded: true };
}

/** @returns whether it worked: what was sent was sent, so the outcome is returned in either case */
async function record(deps: ActivityDeps, batch: ClaimOutcome[]): Promise<boolean> {
  const decided = batch.filter((result): result is DecidedAttempt => 'record' in result);
  try {
    applyStatuses(decided, await deps.recorder.record(decided.map((each) => each.record)));
    return true;
  } catch (error) {
    if (isDatabaseAway(error)) deps.metrics.storageErrors.inc({ part: 'activity' });
    deps.logger.warn({ err: error, attempts: decided.length }, 'attempts could not be recorded yet');
    deps.unrecorded.keep(decided.map((each) => each.record));
    return false;
  }
}

/** A delivery that was cancelled or held meanwhile is not retried, whatever the attempt decided. */
export function applyStatuses(decided: { entry: AttemptEntry }[], statuses: Map<string, string>): void {
  for (const { entry } of decided) {
    const status = statuses.get(entry.id);
    if (entry.outcome === 'retry' && status === 'held') entry.outcome = 'left';
    if (entry.outcome === 'retry' && status === 'cancelled') entry.outcome = 'ended';
    if (entry.outcome === 'exhausted' && status === 'cancelled') entry.outcome = 'ended';
  }
}
