/** Cache of credentials that auth schemes obtained from others, such as access tokens, by endpoint. It lives in memory alone. */
import { LRUCache } from 'lru-cache';

type Make = () => Promise<{ value: string; forMs: number }>;

export type CredentialCache = {
  /** The credential from the cache or from `make`, which callers at the same time share. @throws what `make` throws */
  get(key: string, make: Make): Promise<string>;
  /** Drops the credential, unless it has been replaced already: many attempts may find it refused. */
  drop(key: string, refused: string): void;
};

const MAX_CREDENTIALS = 10_000;
const MAX_AGE_MS = 24 * 3_600_000;

export function createCredentialCache(): CredentialCache {
  const cache = new LRUCache<string, string, Make>({
    max: MAX_CREDENTIALS,
    // Who waits for a credential gets it, also when the cache has no room for it any more.
    ignoreFetchAbort: true,
    async fetchMethod(_key, _stale, { context: make, options }) {
      const { value, forMs } = await make();
      options.ttl = Math.min(MAX_AGE_MS, Math.max(1, Math.floor(forMs)));
      return value;
    },
  });
  return {
    async get(key, make) {
      const value = await cache.fetch(key, { context: make });
      if (value === undefined) throw new Error('A scheme has obtained no credential');
      return value;
    },
    drop(key, refused) {
      if (cache.peek(key) === refused) cache.delete(key);
    },
  };
}
