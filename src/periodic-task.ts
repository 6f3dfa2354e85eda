/** Periodic task: work that is repeated while the process runs. */
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';

export type PeriodicTask = {
  start(): void;
  /** Ends the pause between two rounds. During a round it makes the next one follow at once, so that no wake is lost. */
  wake(): void;
  /** Resolves when the round under way is over. `stopTogether` of runtime/shutdown.ts bounds the wait. */
  stop(): Promise<void>;
};

/** The share by which a pause may be shorter, so that the processes of an installation do not ask the database all at once. */
const JITTER = 0.1;

/**
 * Does `work`, and again `everyMs` after its end (less up to a tenth), so that rounds do not overlap. A round that returns `again` is
 * followed by the next one at once. A failure is counted, and logged unless the round before failed for the same reason.
 * @param options.name the label of its failures in the metrics
 * @param options.failures `null`: the work never fails
 * @param options.failed the log message of a failure
 * @param options.startsAtOnce whether the first round begins at the start; default: `everyMs` later
 */
export function createPeriodicTask(options: {
  name: string;
  everyMs: number;
  work: () => Promise<unknown>;
  logger: Logger;
  failures: Metrics['taskFailures'] | null;
  failed: string;
  startsAtOnce?: boolean;
}): PeriodicTask {
  const { name, everyMs, work, logger, failures, failed, startsAtOnce = false } = options;
  let running = false;
  let isWoken = false;
  let endPause: () => void = () => {};
  let rounds: Promise<void> = Promise.resolve();
  let lastReason: string | undefined;
  failures?.inc({ task: name }, 0);

  async function repeat(): Promise<void> {
    if (!startsAtOnce) await pause();
    while (running) {
      isWoken = false;
      const isDone = (await round()) !== 'again';
      if (isDone && running) await pause();
    }
  }

  async function round(): Promise<unknown> {
    try {
      const result = await work();
      lastReason = undefined;
      return result;
    } catch (error) {
      failures?.inc({ task: name });
      const { message: reason } = error as Error;
      if (reason !== lastReason) logger.warn({ reason }, failed);
      lastReason = reason;
      return undefined;
    }
  }

  async function pause(): Promise<void> {
    if (isWoken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs * (1 - JITTER * Math.random()));
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function wake(): void {
    isWoken = true;
    endPause();
  }

  return {
    start() {
      if (running) return;
      running = true;
      isWoken = false;
      rounds = repeat();
    },
    wake,
    async stop() {
      running = false;
      wake();
      await rounds;
    },
  };
}
