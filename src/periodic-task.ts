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
 * @param options.failures counts the failures under `name`; absent: the work does not fail
 * @param options.failed the log message of a failure
 * @param options.startsAtOnce whether the first round begins at the start; default: `everyMs` later
 */
export function createPeriodicTask(options: {
  name?: string;
  everyMs: number;
  work: () => Promise<unknown>;
  logger: Logger;
  failures?: Metrics['taskFailures'];
  failed: string;
  startsAtOnce?: boolean;
}): PeriodicTask {
  const { name = '', everyMs, work, logger, failures, failed, startsAtOnce = false } = options;
  const pause = createPause(everyMs);
  let running = false;
  let rounds: Promise<void> = Promise.resolve();
  let lastReason: string | undefined;
  failures?.inc({ task: name }, 0);

  async function repeat(): Promise<void> {
    if (!startsAtOnce) await pause.wait();
    while (running) {
      pause.forgetWakes();
      const isDone = (await round()) !== 'again';
      if (isDone && running) await pause.wait();
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

  return {
    start() {
      if (running) return;
      running = true;
      pause.forgetWakes();
      rounds = repeat();
    },
    wake: pause.wake,
    async stop() {
      running = false;
      pause.wake();
      await rounds;
    },
  };
}

/** A pause that a wake ends. One that comes before the pause makes it end at once. */
function createPause(ms: number) {
  let isWoken = false;
  let end: () => void = () => {};
  return {
    async wait(): Promise<void> {
      if (isWoken) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms * (1 - JITTER * Math.random()));
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    wake(): void {
      isWoken = true;
      end();
    },
    forgetWakes(): void {
      isWoken = false;
    },
  };
}
