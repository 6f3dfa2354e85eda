/** Lets deliveries to rate-limited endpoints go when their places come near. */
import type { Logger } from '../logger.ts';
import type { Db } from '../store/pool.ts';
import { releaseDue } from '../store/rate-limits.ts';

export type Pacer = { start(): void; stop(): Promise<void> };

const ROUND_MS = 500;
/** How far ahead: longer than a round and the way through Temporal, shorter than an attempt waits for its place. */
const HORIZON_MS = 2_000;

export function createPacer({ db, logger }: { db: Db; logger: Logger }): Pacer {
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<unknown> | undefined;
  return {
    start() {
      timer = setInterval(() => {
        // A round that takes long is not overtaken by the next.
        current ??= releaseDue(db, HORIZON_MS)
          .catch((error) => logger.warn({ reason: error.message }, 'a round of the pacer failed'))
          .finally(() => {
            current = undefined;
          });
      }, ROUND_MS);
    },
    async stop() {
      clearInterval(timer);
      await current;
    },
  };
}
