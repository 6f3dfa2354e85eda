/** Periodic task: work that is repeated while the process runs. */
import type { Logger } from './observability/logger.ts';

export type PeriodicTask = {
  start(): void;
  /** Resolves when the round under way is over. */
  stop(): Promise<void>;
};

/**
 * Does `work` every `everyMs`; rounds do not overlap. Logs a failure, unless the round before failed for the same reason.
 * @param options.failed the log message of a failure
 */
export function createPeriodicTask(options: {
  everyMs: number;
  work: () => Promise<unknown>;
  logger: Logger;
  failed: string;
}): PeriodicTask {
  const { everyMs, work, logger, failed } = options;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<unknown> | undefined;
  let lastReason: string | undefined;

  async function round(): Promise<void> {
    try {
      await work();
      lastReason = undefined;
    } catch (error) {
      const { message: reason } = error as Error;
      if (reason !== lastReason) logger.warn({ reason }, failed);
      lastReason = reason;
    }
  }

  return {
    start() {
      timer = setInterval(() => {
        current ??= round().finally(() => {
          current = undefined;
        });
      }, everyMs);
    },
    async stop() {
      clearInterval(timer);
      await current;
    },
  };
}
