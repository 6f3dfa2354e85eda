/**
 * Keeps the starts of attempts at a rate-limited endpoint apart in this process. Their places are reserved in the
 * database; when the process is late for some of them, they must not go out as a bunch.
 */
import { setTimeout } from 'node:timers/promises';

export type Spacing = {
  /** Resolves when the next attempt may start: `1 / perSecond` after the one before it. */
  next(endpointId: string, perSecond: number): Promise<void>;
};

/** An endpoint that nothing was sent to for so long need not be remembered. */
const FORGET_MS = 60_000;

/** @param now a monotonic clock in ms */
export function createSpacing(now: () => number = () => performance.now()): Spacing {
  const freeAt = new Map<string, number>();
  return {
    async next(endpointId, perSecond) {
      const nowMs = now();
      const at = Math.max(nowMs, freeAt.get(endpointId) ?? 0);
      // Re-inserted at the end: the first ones are those not used for longest.
      freeAt.delete(endpointId);
      freeAt.set(endpointId, at + 1_000 / perSecond);
      for (const [id, free] of freeAt) {
        if (free > nowMs - FORGET_MS) break;
        freeAt.delete(id);
      }
      if (at > nowMs) await setTimeout(at - nowMs);
    },
  };
}
