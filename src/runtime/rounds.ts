/** Work that is done again and again while the process runs. */
import type { Logger } from '../logger.ts';

export type Rounds = {
  start(): void;
  /** Resolves when the round under way is over. */
  stop(): Promise<void>;
};

/**
 * Does `work` every so many ms; a round that takes longer is not overtaken by the next, and one that fails is logged.
 * @param failed what the log says then
 */
export function createRounds(options: {
  everyMs: number;
  work: () => Promise<unknown>;
  logger: Logger;
  failed: string;
}): Rounds {
  const { everyMs, work, logger, failed } = options;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<unknown> | undefined;
  return {
    start() {
      timer = setInterval(() => {
        current ??= work()
          .catch((error: Error) => logger.warn({ reason: error.message }, failed))
          .finally(() => {
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
