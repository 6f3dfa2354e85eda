/** Frees stranded deliveries, whose workflow is gone although they have not ended, for new workflows. */
import type { RunStatus } from '../domain/ports.ts';
import type { Logger } from '../observability/logger.ts';
import { failBroken, isolateFailures } from '../store/broken-rows.ts';
import { findOverdue, freeDeliveries, type OverdueDelivery } from '../store/overdue.ts';
import type { Db } from '../store/pool.ts';
import type { TemporalEngine } from '../temporal/engine.ts';

const BATCH = 500;

type Deps = {
  db: Db;
  engine: TemporalEngine;
  logger: Logger;
  /** how long a delivery may be overdue before its workflow is looked for, in ms */
  graceMs: number;
  /** called for a delivery whose row makes the statement fail: it is ended as failed */
  report: (id: string, error: unknown) => void;
};

/** @returns how many deliveries were freed */
export async function freeStranded(deps: Deps): Promise<number> {
  const { db, engine, logger, graceMs } = deps;
  let freed = 0;
  const statuses = new Map<string | null, RunStatus>([[null, 'unknown']]);
  // Every page is read: deliveries whose workflow is merely slow must not hide the others.
  for (let after = ''; ; ) {
    const overdue = await findOverdue(db, graceMs, { after, limit: BATCH });
    for (const { workflowId } of overdue) {
      if (workflowId !== null && !statuses.has(workflowId))
        statuses.set(workflowId, await engine.runStatus(workflowId));
    }
    const stranded = overdue.filter(({ workflowId }) => statuses.get(workflowId) !== 'running');
    freed += await free(deps, stranded);
    const last = overdue.at(-1);
    if (last === undefined || overdue.length < BATCH) break;
    after = last.id;
  }
  if (freed > 0)
    logger.warn({ deliveries: freed }, 'deliveries whose workflow is gone continue in a new one');
  return freed;
}

async function free({ db, report }: Deps, stranded: OverdueDelivery[]): Promise<number> {
  const freed = await isolateFailures(
    stranded,
    (some) => freeDeliveries(db, [...some]),
    async ({ id }, error) => {
      report(id, error);
      await failBroken(db, id);
      return [id];
    },
  );
  return freed.length;
}
