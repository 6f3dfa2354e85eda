/** The Temporal workers of a process: one for workflows and short activities, one for attempts that may take long. */
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../workflows/contract.ts';
import { ATTEMPTS_QUEUE_SUFFIX } from '../../workflows/contract.ts';
import type { Logger } from '../observability/logger.ts';

export type RunningWorkers = {
  isPolling(): boolean;
  /** Takes no more work, finishes what is in flight, then resolves. */
  stop(): Promise<void>;
};

const RESTART_MS = 2_000;
/** The share of the grace time after which activities are cancelled. In the rest they report how far they got. */
const GRACE_SHARE = 0.95;

/**
 * How long a workflow's code may run without a pause. Thousands of waiting presses may arrive at once, and on a busy machine the
 * SDK's 5 s are too short for them. The SDK then aborts the task: at best it retries the same task for ever, at worst Node ends the
 * process ("async hook stack has become corrupted"). The SDK takes the option, but its types do not name it.
 */
const PATIENT = { isolateExecutionTimeout: '1 minute' };

type WorkerOptions = {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** path of the prebuilt bundle */
  workflowBundle: string;
  activities: Activities;
  /** for activities in flight when the workers stop; no POST is cut off if it is above the longest timeout of an endpoint */
  graceMs: number;
  logger: Logger;
};

export async function runWorkers(options: WorkerOptions): Promise<RunningWorkers> {
  const { logger } = options;
  let stopping = false;
  const current = new Map<string, Worker>();

  /**
   * Replaces a worker that has given up (Temporal away for long, a namespace made anew). It is no periodic task, since it waits for the
   * worker's end; a worker stops by its own `shutdown`.
   */
  async function keepRunning(name: string, make: () => Promise<Worker>, first: Worker): Promise<void> {
    for (let worker: Worker | undefined = first; !stopping; worker = undefined) {
      try {
        worker ??= await make();
        if (stopping) return;
        current.set(name, worker);
        await worker.run();
      } catch (error) {
        if (stopping)
          logger.warn(
            { worker: name, reason: (error as Error).message },
            'a Temporal worker failed while it was being stopped',
          );
        else logger.error({ err: error, worker: name }, 'a Temporal worker has failed and is started again');
      }
      if (!stopping) await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    }
  }

  const runs: Promise<void>[] = [];
  for (const [name, make] of Object.entries(workerMakers(options)))
    runs.push(keepRunning(name, make, await make()));
  return {
    isPolling: () => [...current.values()].every((worker) => worker.getState() === 'RUNNING'),
    async stop() {
      stopping = true;
      for (const worker of current.values()) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(runs);
    },
  };
}

/** The workers of a process, each with its settings. */
function workerMakers(options: WorkerOptions): Record<string, () => Promise<Worker>> {
  const { connection, namespace, taskQueue, activities } = options;
  return {
    main: () =>
      Worker.create({
        connection,
        namespace,
        taskQueue,
        activities,
        workflowBundle: { codePath: options.workflowBundle },
        shutdownGraceTime: options.graceMs * GRACE_SHARE,
        shutdownForceTime: options.graceMs,
        // A local activity holds its workflow's task for as long as its slowest POST. There must be more slots of both than POSTs that hang.
        maxConcurrentWorkflowTaskExecutions: 500,
        maxConcurrentLocalActivityExecutions: 1_000,
        maxConcurrentActivityTaskExecutions: 200,
        maxCachedWorkflows: 1_000,
        ...PATIENT,
      }),
    // Hung endpoints fill these slots and no others.
    attempts: () =>
      Worker.create({
        connection,
        namespace,
        taskQueue: taskQueue + ATTEMPTS_QUEUE_SUFFIX,
        activities: { attempt: activities.attempt },
        shutdownGraceTime: options.graceMs * GRACE_SHARE,
        shutdownForceTime: options.graceMs,
        maxConcurrentActivityTaskExecutions: 1_000,
      }),
  };
}
