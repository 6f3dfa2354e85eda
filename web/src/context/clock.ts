/** One clock for all relative times of a page: they change together, and a page with a thousand of them has one timer. */
import { useSyncExternalStore } from 'react';

function createClock(everyMs: number) {
  const listeners = new Set<() => void>();
  let nowMs = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    now: () => nowMs,
    subscribe(listener: () => void) {
      listeners.add(listener);
      nowMs = Date.now();
      timer ??= setInterval(() => {
        nowMs = Date.now();
        for (const each of listeners) each();
      }, everyMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

const slow = createClock(15_000);
const fast = createClock(1_000);

/** The time now, in ms, anew every 15 seconds; `fast`: every second. */
export function useNow(pace: 'slow' | 'fast' = 'slow'): number {
  const clock = pace === 'fast' ? fast : slow;
  return useSyncExternalStore(clock.subscribe, clock.now);
}
