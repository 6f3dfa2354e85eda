/** Life of this process's Temporal workers: they start once Temporal can be reached and the schema fits, and stop at any moment. */
import { type RunningWorkers, runWorkers } from '../temporal/worker.ts';
import { WORKFLOW_BUNDLE } from '../temporal/workflow-bundle.ts';
import type { ServiceOptions, SharedParts } from './shared-parts.ts';
import { shutdownPlan } from './shutdown.ts';

export type WorkerLifecycle = {
  start(): void;
  /** Resolves when the workers poll, or will not start any more. */
  working(): Promise<void>;
  isPolling(): boolean;
  /** From its call on no workers start; those that are starting are stopped too. */
  stop(): Promise<void>;
};

/** @param onWorking called once, when the workers poll */
export function createWorkerLifecycle(
  options: ServiceOptions,
  { link, schema, prepareTemporal }: SharedParts,
  activities: Parameters<typeof runWorkers>[0]['activities'],
  onWorking: () => void,
): WorkerLifecycle {
  const { environment: env, logger } = options;
  let workers: RunningWorkers | null = null;
  let isLeaving = false;
  let working: Promise<void> = Promise.resolve();
  let stopWaiting: () => void = () => {};
  const left = new Promise<null>((resolve) => {
    stopWaiting = () => resolve(null);
  });

  async function work(): Promise<void> {
    // A stop does not wait for Temporal to come back or for the schema to fit.
    const ready = Promise.all([link.connected, schema.fits]).then(([connection]) => connection);
    const connection = await Promise.race([ready, left]);
    if (connection === null || isLeaving) return;
    await prepareTemporal();
    if (isLeaving) return;
    workers = await runWorkers({
      connection,
      namespace: options.temporal.namespace,
      taskQueue: env.TIDINGS_TASK_QUEUE,
      workflowBundle: options.workflowBundle ?? WORKFLOW_BUNDLE,
      activities,
      graceMs: shutdownPlan(env.TIDINGS_SHUTDOWN_SECONDS * 1000).finishMs,
      logger,
    });
    if (!isLeaving) onWorking();
  }

  return {
    start() {
      working = work();
      working.catch((error) => logger.fatal({ err: error }, 'the worker could not be started'));
    },
    working: () => working,
    isPolling: () => workers?.isPolling() ?? false,
    async stop() {
      isLeaving = true;
      stopWaiting();
      await workers?.stop();
      await working.catch(() => {});
      await workers?.stop();
    },
  };
}
