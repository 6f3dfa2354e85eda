/**
 * Spaces the starts of attempts at a rate-limited endpoint within this process. Their places are reserved in the database; when the
 * process is late for several of them, they must not start together.
 */
import { setTimeout } from 'node:timers/promises';

export type RateLimitSpacing = {
  /** Resolves when the next attempt may start: `1 / perSecond` after the one before it. */
  next(endpointId: string, perSecond: number): Promise<void>;
};

/** An endpoint is forgotten after this time without an attempt. */
const FORGET_MS = 60_000;

/** @param now a monotonic clock in ms */
export function createRateLimitSpacing(now: () => number = () => performance.now()): RateLimitSpacing {
  // Keeps the last start and not the next free time, because the rate may change in between.
  const started = new Map<string, { at: number; perSecond: number }>();
  const freeAt = (endpoint: { at: number } | undefined, perSecond: number) =>
    endpoint === undefined ? 0 : endpoint.at + 1_000 / perSecond;
  return {
    async next(endpointId, perSecond) {
      const nowMs = now();
      const at = Math.max(nowMs, freeAt(started.get(endpointId), perSecond));
      // Re-inserted at the end, so that the first entries are those not used for longest.
      started.delete(endpointId);
      started.set(endpointId, { at, perSecond });
      for (const [id, last] of started) {
        if (freeAt(last, last.perSecond) > nowMs - FORGET_MS) break;
        started.delete(id);
      }
      if (at > nowMs) await setTimeout(at - nowMs);
    },
  };
}
