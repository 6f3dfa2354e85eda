/**
 * Cache of look-ups. Concurrent callers share one look-up. A value that changed during its look-up is not cached. A caller that
 * waits still gets its answer when the cache is emptied.
 */
import { LRUCache } from 'lru-cache';

export type LookupCache<Value> = {
  /** The value from the cache or from a look-up; `null`: there is none. @throws what `find` throws */
  get(name: string): Promise<Value | null>;
  /** whether `get` would answer without a look-up */
  has(name: string): boolean;
  /**
   * Call it after a change. It drops values, all names that are cached as absent, and the results of look-ups that still run.
   * @param concerns says of a value whether to drop it; absent: all are dropped
   */
  forget(concerns?: (value: Value, name: string) => boolean): void;
};

/**
 * @param rules.find looks one name up. After `forget` it may be called again for a name while an earlier call still runs
 * @param rules.forMs how long an entry is cached, from the start of its look-up
 * @param rules.max how many values are cached
 * @param rules.maxAbsent how many names are cached as absent. They have room of their own, so that asking for many names that
 *   do not exist evicts no value
 */
export function createLookupCache<Value extends object>(rules: {
  find(name: string): Promise<Value | null>;
  forMs: number;
  max: number;
  maxAbsent: number;
}): LookupCache<Value> {
  const found = new LRUCache<string, Value>({ max: rules.max, ttl: rules.forMs });
  const absent = new LRUCache<string, true>({ max: rules.maxAbsent, ttl: rules.forMs });
  // `forget` replaces the map. The result of a look-up that is in an old map is not cached, and later callers do not share it.
  let underWay = new Map<string, Promise<Value | null>>();

  async function lookUp(name: string, startedIn: typeof underWay): Promise<Value | null> {
    const start = performance.now();
    try {
      const value = await rules.find(name);
      if (startedIn !== underWay) return value;
      if (value === null) absent.set(name, true, { start });
      else found.set(name, value, { start });
      return value;
    } finally {
      startedIn.delete(name);
    }
  }

  return {
    async get(name) {
      const value = found.get(name);
      if (value !== undefined) return value;
      if (absent.get(name)) return null;
      const running = underWay.get(name);
      if (running !== undefined) return running;
      const current = underWay;
      // Starts after it is in the map: a look-up that ended at once would otherwise never be removed from it.
      const started = Promise.resolve().then(() => lookUp(name, current));
      current.set(name, started);
      return started;
    },
    has: (name) => found.has(name) || absent.has(name),
    forget(concerns) {
      underWay = new Map();
      absent.clear();
      if (concerns === undefined) return found.clear();
      for (const [name, value] of [...found.entries()]) if (concerns(value, name)) found.delete(name);
    },
  };
}
