/**
 * Spaces the starts of attempts at a rate-limited endpoint within this process. Their places are reserved in the database; when the
 * process is late for several of them, they must not start together.
 */
import { setTimeout } from 'node:timers/promises';

export type RateLimitSpacing = {
  /** Resolves when the next attempt may start: `1 / perSecond` after the one before it has started. */
  next(endpointId: string, perSecond: number): Promise<void>;
};

/** An endpoint is forgotten after this time without an attempt. */
const FORGET_MS = 60_000;

/**
 * @param now a monotonic clock in ms
 * @param sleep may take longer than it is asked for
 */
export function createRateLimitSpacing(
  now: () => number = () => performance.now(),
  sleep: (ms: number) => Promise<unknown> = setTimeout,
): RateLimitSpacing {
  // Each turn follows the real start of the one before: where the process stalls, the starts that were planned meanwhile move on. The
  // rate may change from one to the next.
  const last = new Map<string, { start: Promise<number>; askedAt: number }>();
  return {
    async next(endpointId, perSecond) {
      const nowMs = now();
      const before = last.get(endpointId)?.start;
      const start =
        before === undefined ? Promise.resolve(nowMs) : before.then((at) => startAfter(at, perSecond));
      // Re-inserted at the end, so that the first entries are those not used for longest.
      last.delete(endpointId);
      last.set(endpointId, { start, askedAt: nowMs });
      for (const [id, { askedAt }] of last) {
        if (askedAt > nowMs - FORGET_MS) break;
        last.delete(id);
      }
      await start;
    },
  };

  async function startAfter(atMs: number, perSecond: number): Promise<number> {
    const waitMs = atMs + 1_000 / perSecond - now();
    if (waitMs > 0) await sleep(waitMs);
    return now();
  }
}
