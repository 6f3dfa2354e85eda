/** Shutdown of a process within a time limit: parts stop concurrently, and one that hangs does not delay the end. */
import type { Logger } from '../observability/logger.ts';

export type ShutdownPlan = {
  /** time for what is in flight to finish */
  finishMs: number;
  /** time for closing connections after that */
  closeMs: number;
};

/** Share of the time to finish after which connections and messages that still hang are cut off; the rest is for recording that. */
export const CUT_SHARE = 0.9;

const CLOSE_SHARE = 0.2;
const CLOSE_MAX_MS = 5_000;

/** @param totalMs from the signal to the end */
export function shutdownPlan(totalMs: number): ShutdownPlan {
  const closeMs = Math.min(CLOSE_MAX_MS, totalMs * CLOSE_SHARE);
  return { finishMs: totalMs - closeMs, closeMs };
}

/**
 * Stops all parts concurrently. Never throws: a part that fails to stop, or takes longer than `withinMs`, is named in the log and left
 * behind.
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
      logger.warn({ part, reason: (error as Error).message }, 'a part failed to stop');
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
    logger.warn(
      { parts: [...waiting] },
      'some parts did not stop in time; the process ends without waiting for them',
    );
}
