/** The composition root of a process: makes the parts that its roles need, starts them, and stops them in order. */
import type { FastifyInstance } from 'fastify';
import { createEmitter } from '../dispatch/emitter.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Monitoring } from '../observability/monitoring-server.ts';
import { createPeriodicTask, type PeriodicTask } from '../periodic-task.ts';
import { analyzeGrown } from '../store/analyze.ts';
import { followDatabaseClock } from '../store/database-clock.ts';
import type { Db } from '../store/pool.ts';
import { createApiParts } from './api-parts.ts';
import { createSharedParts, type ServiceOptions } from './shared-parts.ts';
import { shutdownPlan, stopTogether } from './shutdown.ts';
import { createDispatching, createWorkerParts, type WorkerParts } from './worker-parts.ts';

export type { ServiceOptions } from './shared-parts.ts';

export type Service = {
  /** of the API; null without that role */
  url: string | null;
  /** of the separate server for /metrics and the probes; null without one */
  monitoringUrl: string | null;
  app: FastifyInstance | null;
  /** resolves when the workers poll, which they do once Temporal can be reached */
  working: Promise<void>;
  /** runs a round of the reconciler now; does nothing without the worker's role */
  reconcile(): Promise<number>;
  /**
   * Takes up nothing new, and finishes what is in flight.
   * @param withinMs resolves after this time even if parts hang; default: `TIDINGS_SHUTDOWN_SECONDS`
   */
  stop(withinMs?: number): Promise<void>;
};

const STATISTICS_MS = 1_000;
const CLOCK_MS = 10_000;

/** @throws Error when the port is taken, or the database cannot be used */
// Long because a start that fails half way, and a stop, must know every part.
export async function startService(options: ServiceOptions): Promise<Service> {
  const { environment: env, logger, roles } = options;
  const shutdownMs = env.TIDINGS_SHUTDOWN_SECONDS * 1000;
  let url: string | null = null;
  let worker: WorkerParts | null = null;
  const parts = await createSharedParts(options, () => worker?.isPolling() ?? false);
  const { db, emitDb, apiDb, acceptor, observability, schema, listening } = parts;
  const dispatching = roles.worker ? createDispatching(options, parts) : null;
  const dispatcher = dispatching?.dispatcher ?? null;
  const { metrics } = observability;
  const emitter = createEmitter({ db, acceptor, dispatcher, metrics, logger });
  const publicUrl = () => env.TIDINGS_PUBLIC_URL ?? url ?? `http://${env.TIDINGS_HOST}:${env.TIDINGS_PORT}`;
  if (dispatching !== null) worker = createWorkerParts(options, parts, dispatching, emitter, publicUrl);
  const api = roles.api ? await createApiParts(options, parts, emitter, publicUrl) : null;
  const upkeep = createUpkeep(db, metrics, logger);
  for (const task of [schema, upkeep.statistics, upkeep.clock]) task.start();
  let monitoring: Monitoring | null = null;
  try {
    monitoring = await observability.serve();
    if (api !== null) url = await api.listen();
  } catch (error) {
    await close(shutdownPlan(shutdownMs).closeMs);
    throw error;
  }
  // URLs are checked against the last reading of our listening ports. The first one is taken now that all servers listen.
  void listening.look();
  worker?.start();

  async function close(withinMs: number): Promise<void> {
    await stopTogether(
      {
        monitoring: () => monitoring?.close(),
        Temporal: parts.link.close,
        sender: () => worker?.close(),
        tracing: observability.tracing.stop,
        schemas: () => api?.close(),
        // The last NOTIFY needs the database.
        database: () =>
          emitter
            .close()
            .then(() => Promise.all([...new Set([db, emitDb, apiDb])].map((pool) => pool.end()))),
      },
      withinMs,
      logger,
    );
  }

  return {
    url,
    monitoringUrl: monitoring?.url ?? null,
    app: api?.app ?? null,
    working: worker?.working() ?? Promise.resolve(),
    reconcile: async () => (await worker?.reconcile()) ?? 0,
    async stop(withinMs = shutdownMs) {
      const { finishMs, closeMs } = shutdownPlan(withinMs);
      await stopTogether(
        {
          // The second stop hands back the leases of what the API accepted meanwhile, for other processes to take.
          'API and dispatcher': () =>
            Promise.all([api?.stop(finishMs), dispatcher?.stop()]).then(() => dispatcher?.stop()),
          ...worker?.stops(finishMs),
          statistics: upkeep.statistics.stop,
          'schema watch': schema.stop,
          clock: upkeep.clock.stop,
        },
        finishMs,
        logger,
      );
      await close(closeMs);
    },
  };
}

/** Tasks that every process repeats for the database. */
function createUpkeep(
  db: Db,
  metrics: Metrics,
  logger: Logger,
): { statistics: PeriodicTask; clock: PeriodicTask } {
  return {
    statistics: createPeriodicTask({
      name: 'statistics of tables',
      failures: metrics.taskFailures,
      everyMs: STATISTICS_MS,
      work: () => analyzeGrown(db),
      logger,
      failed: 'tables that have grown could not be analysed',
    }),
    clock: createPeriodicTask({
      name: "database's clock",
      failures: metrics.taskFailures,
      everyMs: CLOCK_MS,
      work: () => followDatabaseClock(db),
      logger,
      failed: "the database's clock could not be read",
    }),
  };
}
