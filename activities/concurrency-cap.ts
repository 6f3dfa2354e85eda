/**
 * Caps the attempts in flight for each endpoint, whichever lane they come from. It says which endpoints are crowded, so that no more of
 * their deliveries are claimed only to wait.
 */

export type ConcurrencyCap = {
  /** @returns a function that frees the place, or `null` when no place became free within `waitMs` */
  acquire(key: string, waitMs: number): Promise<(() => void) | null>;
  /** Whether as many attempts wait for a place as there are places. */
  isCrowded(key: string): boolean;
  hasCrowds(): boolean;
  /** Calls the listener whenever an endpoint is crowded no longer. */
  onRoom(listener: () => void): void;
};

export function createConcurrencyCap(limit: number): ConcurrencyCap {
  const inUse = new Map<string, { count: number; waiters: (() => void)[] }>();
  const crowded = new Set<string>();
  const listeners: (() => void)[] = [];

  function countWaiters(key: string, { length }: (() => void)[]): void {
    if (length >= limit) crowded.add(key);
    else if (crowded.delete(key)) for (const listener of listeners) listener();
  }

  function release(key: string): void {
    const entry = inUse.get(key);
    if (entry === undefined) return;
    const next = entry.waiters.shift();
    // The place goes straight to the next in line; only without one does it become free.
    if (next !== undefined) {
      next();
      countWaiters(key, entry.waiters);
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
          countWaiters(key, entry.waiters);
          resolve(null);
        }, waitMs);
        entry.waiters.push(granted);
        countWaiters(key, entry.waiters);
      });
    },
    isCrowded: (key) => crowded.has(key),
    hasCrowds: () => crowded.size > 0,
    onRoom: (listener) => listeners.push(listener),
  };
}
