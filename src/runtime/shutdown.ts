/** The end of a process within a bound: parts stop side by side, and none that hangs holds up the end. */
import type { Logger } from '../observability/logger.ts';

export type ShutdownPlan = {
  /** for what is in flight to finish */
  finishMs: number;
  /** for connections to be closed after that */
  closeMs: number;
};

/** Of the time to finish: what then still hangs is cut off while there is time to write that down. */
export const CUT_SHARE = 0.9;

const CLOSE_SHARE = 0.2;
const CLOSE_MAX_MS = 5_000;

/** @param totalMs from the signal to the end */
export function shutdownPlan(totalMs: number): ShutdownPlan {
  const closeMs = Math.min(CLOSE_MAX_MS, totalMs * CLOSE_SHARE);
  return { finishMs: totalMs - closeMs, closeMs };
}

/**
 * Stops all of the parts at the same time. Never throws: who fails to stop, or is not done within `withinMs`, is named in the log
 * and left behind.
 */
export async function stopTogether(
  parts: Record<string, () => unknown>,
  withinMs: number,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const waiting = new Set(Object.keys(parts));
  const stops = Object.entries(parts).map(async ([part, stop]) => {
    try {
      await stop();
    } catch (error) {
      logger.warn({ part, reason: (error as Error).message }, 'a part could not be stopped in order');
    }
    waiting.delete(part);
  });
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs);
  });
  await Promise.race([Promise.all(stops), timeUp]);
  clearTimeout(timer);
  if (waiting.size > 0)
    logger.warn({ parts: [...waiting] }, 'parts hang and are left behind: the time to stop is up');
}
