/**
 * Finds deliveries that should have moved on and did not. It starts new workflows for those whose workflow is gone, and brings the
 * backlog of changed endpoints in line with them.
 */
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createPeriodicTask, type PeriodicTask } from '../periodic-task.ts';
import { alignEndpoints } from '../store/backlog.ts';
import { listUnfinishedOperations } from '../store/operations.ts';
import { findUntold } from '../store/overdue.ts';
import { type Db, unlessLocked } from '../store/pool.ts';
import { listToReplan, replanPage } from '../store/replan.ts';
import type { TemporalEngine } from '../temporal/engine.ts';
import { freeStranded } from './stranded.ts';

export type Reconciler = PeriodicTask & {
  /** Runs one round. @returns how many deliveries were freed for a new workflow */
  round(): Promise<number>;
};

const BATCH = 500;
/** Pages of backlog in a round: 100,000 deliveries at one endpoint, some ten seconds. */
const PAGES = 20;
/** A notification may wait for a digest. It counts as lost when it is overdue by this many grace periods more. */
const UNTOLD_FACTOR = 6;

export function createReconciler(deps: {
  db: Db;
  engine: TemporalEngine;
  metrics: Pick<Metrics, 'taskFailures'>;
  logger: Logger;
  /** how long a delivery may be overdue before it counts as lost, in ms */
  graceMs: number;
  noticeIntervalMs: number;
  /** the name of this installation in the namespace */
  taskQueue: string;
}): Reconciler {
  const { db, engine, logger, graceMs } = deps;

  async function round(): Promise<number> {
    if (!engine.isAvailable()) return 0;
    const freed = await settled(() =>
      freeStranded({ db, engine, logger, graceMs, report: skipped('a delivery') }),
    );
    // A step that fails does not keep the others from running.
    const others = [
      await settled(() =>
        alignEndpoints(db, {
          endpoints: BATCH,
          pages: PAGES,
          onError: skipped('the backlog of an endpoint'),
        }),
      ),
      await settled(() => replanAll(db, skipped('the schedule of an endpoint'))),
      await settled(() => operateAll(db, engine, skipped('an operation'))),
      await settled(() => notifyUntold(deps)),
    ];
    for (const result of [freed, ...others]) if (result.status === 'rejected') throw result.reason;
    return freed.status === 'fulfilled' ? freed.value : 0;
  }

  const settled = async <Result>(step: () => Promise<Result>) => (await Promise.allSettled([step()]))[0];

  const skipped = (what: string) => (id: string, error: unknown) =>
    logger.error({ err: error, id }, `the reconciler skips ${what}, because it fails`);

  const everyMs = Math.min(60_000, Math.max(1_000, graceMs / 2));
  return {
    round,
    ...createPeriodicTask({
      name: 'reconciler',
      everyMs,
      work: round,
      logger,
      failures: deps.metrics.taskFailures,
      failed: 'a reconciler round failed',
    }),
  };
}

type Report = (id: string, error: unknown) => void;

async function replanAll(db: Db, report: Report): Promise<void> {
  for (const id of await listToReplan(db, PAGES))
    await unlessLocked(db, (client) => replanPage(client, id)).catch((error) => report(id, error));
}

/** Starts the workflows of unfinished operations; one that is open already stays as it is. */
async function operateAll(db: Db, engine: TemporalEngine, report: Report): Promise<void> {
  for (const id of await listUnfinishedOperations(db))
    await engine.startOperation(id).catch((error) => report(id, error));
}

/** Starts a workflow that notifies people of exhausted deliveries whose own workflow is gone. */
async function notifyUntold(deps: {
  db: Db;
  engine: TemporalEngine;
  graceMs: number;
  noticeIntervalMs: number;
  taskQueue: string;
}): Promise<void> {
  const { db, engine, graceMs, noticeIntervalMs, taskQueue } = deps;
  const untold = await findUntold(db, noticeIntervalMs + UNTOLD_FACTOR * graceMs, BATCH);
  if (untold.length === 0) return;
  await engine.start({
    // All processes of this installation use the same id: while the workflow runs, none of them starts another.
    workflowId: `${taskQueue}-untold`,
    again: true,
    input: { untold },
    tenantIds: [],
    endpointIds: [],
    eventTypes: [],
    summary: `telling people of ${untold.length} exhausted deliveries`,
  });
}
