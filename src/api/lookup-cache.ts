/**
 * A memory of what was looked up, for a moment. Those who ask for the same thing at the same time share one look-up; what
 * was changed meanwhile is never remembered as it was before; and nothing that is forgotten is taken from somebody who waits.
 */
import { LRUCache } from 'lru-cache';

export type LookupCache<Value> = {
  /** What is remembered under the name, or is looked up now; `null`: there is none. @throws what `find` throws */
  get(name: string): Promise<Value | null>;
  /** whether `get` would answer without a look-up */
  has(name: string): boolean;
  /**
   * Something was changed. Nothing that was being looked up at this moment is remembered, nor that something does not exist.
   * @param concerns which of the remembered values go; absent: all
   */
  forget(concerns?: (value: Value, name: string) => boolean): void;
};

/**
 * @param rules.find looks one up. It may be asked for one name again before it has answered, after `forget`
 * @param rules.forMs how long a value is remembered, counted from when its look-up began
 * @param rules.max how many values are remembered
 * @param rules.maxAbsent how many names that there are not. They have room of their own: whoever asks for many such names
 *   pushes out nothing that exists
 */
export function createLookupCache<Value extends object>(rules: {
  find(name: string): Promise<Value | null>;
  forMs: number;
  max: number;
  maxAbsent: number;
}): LookupCache<Value> {
  const found = new LRUCache<string, Value>({ max: rules.max, ttl: rules.forMs });
  const absent = new LRUCache<string, true>({ max: rules.maxAbsent, ttl: rules.forMs });
  // Replaced by `forget`: a look-up that began before belongs to the old one, and is neither remembered nor joined.
  let underWay = new Map<string, Promise<Value | null>>();

  async function lookUp(name: string, own: typeof underWay): Promise<Value | null> {
    const start = performance.now();
    try {
      const value = await rules.find(name);
      if (own !== underWay) return value;
      if (value === null) absent.set(name, true, { start });
      else found.set(name, value, { start });
      return value;
    } finally {
      own.delete(name);
    }
  }

  return {
    async get(name) {
      const value = found.get(name);
      if (value !== undefined) return value;
      if (absent.get(name)) return null;
      const same = underWay.get(name);
      if (same !== undefined) return same;
      const own = underWay;
      // Begun after it is noted, however soon it ends.
      const looking = Promise.resolve().then(() => lookUp(name, own));
      own.set(name, looking);
      return looking;
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
