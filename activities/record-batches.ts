/** Records what came of a group of attempts, without letting the slow ones hold up the quick ones. */
import { setTimeout } from 'node:timers/promises';
import { isDatabaseAway } from '../src/store/pool.ts';
import type { AttemptEntry, AttemptOutput } from '../workflows/contract.ts';
import type { Result, Settled } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';

/** How long the fast ones of a group wait for the slow ones before they are recorded without them. */
const FLUSH_MS = 250;

/** Records in batches: all together when all are quick, the quick ones first when some are not. */
export async function recordAsTheyCome(deps: ActivityDeps, work: Promise<Result>[]): Promise<AttemptOutput> {
  const entries: AttemptEntry[] = [];
  const settled: Result[] = [];
  const pending = new Set(
    work.map((promise) => {
      const tracked: Promise<void> = promise.then((result) => {
        settled.push(result);
        pending.delete(tracked);
      });
      return tracked;
    }),
  );
  let recorded = true;
  while (pending.size > 0 || settled.length > 0) {
    await Promise.race([Promise.all(pending), setTimeout(FLUSH_MS)]);
    if (settled.length === 0) await Promise.race(pending);
    const batch = settled.splice(0);
    if (!(await record(deps, batch))) recorded = false;
    entries.push(...batch.map((result) => result.entry));
  }
  return recorded ? { entries } : { entries, unrecorded: true };
}

/** @returns whether it worked: what was sent was sent, so the outcome is returned in either case */
async function record(deps: ActivityDeps, batch: Result[]): Promise<boolean> {
  const settled = batch.filter((result): result is Settled => 'record' in result);
  try {
    applyStatuses(settled, await deps.recorder.record(settled.map((each) => each.record)));
    return true;
  } catch (error) {
    if (isDatabaseAway(error)) deps.metrics.storageErrors.inc({ part: 'activity' });
    deps.logger.warn({ err: error, attempts: settled.length }, 'attempts could not be recorded yet');
    deps.unrecorded.keep(settled.map((each) => each.record));
    return false;
  }
}

/** A delivery that was cancelled or held meanwhile is not retried, whatever the attempt decided. */
export function applyStatuses(settled: { entry: AttemptEntry }[], statuses: Map<string, string>): void {
  for (const { entry } of settled) {
    const status = statuses.get(entry.id);
    if (entry.outcome === 'retry' && status === 'held') entry.outcome = 'left';
    if (entry.outcome === 'retry' && status === 'cancelled') entry.outcome = 'ended';
    if (entry.outcome === 'exhausted' && status === 'cancelled') entry.outcome = 'ended';
  }
}
