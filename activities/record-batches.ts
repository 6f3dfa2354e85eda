/** Records the outcomes of a group of attempts in batches, so that slow attempts do not hold up quick ones. */
import { setTimeout } from 'node:timers/promises';
import { isDatabaseAway } from '../src/store/pool.ts';
import type { AttemptEntry, AttemptOutput } from '../workflows/contract.ts';
import type { ClaimOutcome, DecidedAttempt } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';

/** How long finished attempts of a group wait for the others before they are recorded without them. */
const FLUSH_MS = 250;

/** Records all attempts in one batch when all are quick, or the quick ones first when some are slow. */
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

/** @returns `false` when the records could not be written. It does not throw, because the attempts were made and must be reported. */
async function record(deps: ActivityDeps, batch: ClaimOutcome[]): Promise<boolean> {
  const decided = batch.filter((result): result is DecidedAttempt => 'record' in result);
  try {
    applyStatuses(decided, await deps.recorder.record(decided.map((each) => each.record)));
    return true;
  } catch (error) {
    if (isDatabaseAway(error)) deps.metrics.storageErrors.inc({ part: 'activity' });
    deps.logger.warn(
      { err: error, attempts: decided.length },
      'attempts could not be recorded; they are recorded later',
    );
    deps.unrecorded.keep(decided.map((each) => each.record));
    return false;
  }
}

/** Corrects the entries of deliveries that were cancelled or held meanwhile: they are not retried, whatever was decided. */
export function applyStatuses(decided: { entry: AttemptEntry }[], statuses: Map<string, string>): void {
  for (const { entry } of decided) {
    const status = statuses.get(entry.id);
    if (entry.outcome === 'retry' && status === 'held') entry.outcome = 'left';
    if (entry.outcome === 'retry' && status === 'cancelled') entry.outcome = 'ended';
    if (entry.outcome === 'exhausted' && status === 'cancelled') entry.outcome = 'ended';
  }
}
