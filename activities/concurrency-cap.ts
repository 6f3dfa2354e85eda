/** Caps the attempts in flight for each endpoint, whichever lane they come from. */

export type ConcurrencyCap = {
  /** @returns a function that frees the place, or `null` when no place became free within `waitMs` */
  acquire(key: string, waitMs: number): Promise<(() => void) | null>;
};

export function createConcurrencyCap(limit: number): ConcurrencyCap {
  const inUse = new Map<string, { count: number; waiters: (() => void)[] }>();

  function release(key: string): void {
    const entry = inUse.get(key);
    if (entry === undefined) return;
    const next = entry.waiters.shift();
    // The place goes straight to the next in line; only without one does it become free.
    if (next !== undefined) {
      next();
      return;
    }
    entry.count -= 1;
    if (entry.count === 0) inUse.delete(key);
  }

  return {
    async acquire(key, waitMs) {
      const entry = inUse.get(key) ?? { count: 0, waiters: [] };
      inUse.set(key, entry);
      if (entry.count < limit) {
        entry.count += 1;
        return () => release(key);
      }
      return new Promise((resolve) => {
        const granted = () => {
          clearTimeout(timer);
          resolve(() => release(key));
        };
        const timer = setTimeout(() => {
          entry.waiters.splice(entry.waiters.indexOf(granted), 1);
          resolve(null);
        }, waitMs);
        entry.waiters.push(granted);
      });
    },
  };
}
