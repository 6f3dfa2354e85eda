/** The composition root: makes the parts that the roles of this process need, starts them, and stops them in order. */
import type { FastifyInstance } from 'fastify';
import { createEmitter } from '../dispatch/emitter.ts';
import type { Monitoring } from '../observability/monitoring-server.ts';
import { createPeriodicTask } from '../periodic-task.ts';
import { analyzeGrown } from '../store/analyze.ts';
import { followDatabaseClock } from '../store/database-clock.ts';
import { createApiParts } from './api-parts.ts';
import { createSharedParts, type ServiceOptions } from './shared-parts.ts';
import { shutdownPlan, stopTogether } from './shutdown.ts';
import { createDispatching, createWorkerParts, type WorkerParts } from './worker-parts.ts';

export type { ServiceOptions } from './shared-parts.ts';

export type Service = {
  /** of the API; null without that role */
  url: string | null;
  /** of the server for /metrics and the probes; null where none was asked for */
  monitoringUrl: string | null;
  app: FastifyInstance | null;
  /** resolves when the workers poll, which they do once Temporal can be reached */
  working: Promise<void>;
  /** one round of the reconciler, for those who do not want to wait for its turn; none without the worker's role */
  reconcile(): Promise<number>;
  /**
   * Takes nothing new, finishes what is in flight.
   * @param withinMs after so long it resolves whatever hangs; `TIDINGS_SHUTDOWN_SECONDS` by default
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
  const { db, emitDb, acceptor, observability, schema, listening } = parts;
  const dispatching = roles.worker ? createDispatching(options, parts) : null;
  const dispatcher = dispatching?.dispatcher ?? null;
  const { metrics } = observability;
  const emitter = createEmitter({ db, acceptor, dispatcher, metrics, logger });
  const publicUrl = () => env.TIDINGS_PUBLIC_URL ?? url ?? `http://${env.TIDINGS_HOST}:${env.TIDINGS_PORT}`;
  if (dispatching !== null) worker = createWorkerParts(options, parts, dispatching, emitter, publicUrl);
  const api = roles.api ? await createApiParts(options, parts, emitter) : null;
  const statistics = createPeriodicTask({
    everyMs: STATISTICS_MS,
    work: () => analyzeGrown(db),
    logger,
    failed: 'tables that have grown could not be analysed',
  });
  const clock = createPeriodicTask({
    everyMs: CLOCK_MS,
    work: () => followDatabaseClock(db),
    logger,
    failed: "the database's clock could not be read",
  });
  for (const task of [statistics, schema, clock]) task.start();
  let monitoring: Monitoring | null = null;
  try {
    monitoring = await observability.serve();
    if (api !== null) url = await api.listen();
  } catch (error) {
    await close(shutdownPlan(shutdownMs).closeMs);
    throw error;
  }
  // What a URL says is judged by the last look: the first one is taken when everything of ours listens.
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
        database: () => emitter.close().then(() => Promise.all([db.end(), emitDb.end()])),
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
      worker?.leave();
      const { finishMs, closeMs } = shutdownPlan(withinMs);
      await stopTogether(
        {
          // What the API has accepted to the last goes back for others to take.
          'API and dispatcher': () =>
            Promise.all([api?.stop(finishMs), dispatcher?.stop()]).then(() => dispatcher?.stop()),
          ...worker?.stops(finishMs),
          statistics: statistics.stop,
          'schema watch': schema.stop,
          clock: clock.stop,
        },
        finishMs,
        logger,
      );
      await close(closeMs);
    },
  };
}
