/** Work that is done again and again while the process runs. */
import type { Logger } from './observability/logger.ts';

export type PeriodicTask = {
  start(): void;
  /** Resolves when the round under way is over. */
  stop(): Promise<void>;
};

/**
 * Does `work` every so many ms; a round that takes longer is not overtaken by the next. Failures are logged, of several in a
 * row with the same reason the first.
 * @param options.failed what the log says then
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
