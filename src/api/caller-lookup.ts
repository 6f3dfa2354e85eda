/**
 * Look-up of the caller that a key belongs to. Keys are cached for a second, because an emitter sends its key with every event.
 * Other keys are looked up in batches.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Caller } from '../domain/access.ts';
import { type FoundKey, findKeys, hashKey } from '../store/api-keys.ts';
import type { ApiDeps } from './deps.ts';
import { createGuardedLookup, noteStaleUse } from './guarded-lookup.ts';
import { createLookupCache } from './lookup-cache.ts';
import { createWrongKeyLimiter, type WrongKeyLimiter } from './wrong-key-limiter.ts';

/** A key that another process revokes still works here for so long. */
const CACHE_MS = 1_000;
const MAX_KEYS = 10_000;
const MAX_WRONG = 10_000;

export type CallerLookup = {
  /**
   * @param address where the request came from
   * @returns `null`: the key is not valid
   * @throws Problem too_many_requests when too many new keys from suspect addresses wait; overloaded when too many others do
   */
  findCaller(key: string, address: string): Promise<Caller | null>;
  /** Drops a key from the cache. Call it when the key is revoked. */
  forget(keyId: string): void;
};

type Rules = Pick<ApiDeps, 'emitDb' | 'adminKey' | 'wrongKeysPerS' | 'logger'>;

/** @param wrongKeys who has sent wrong credentials, where it is shared with other look-ups */
export function createCallerLookup(
  { emitDb: db, adminKey, wrongKeysPerS, logger }: Rules,
  wrongKeys: WrongKeyLimiter = createWrongKeyLimiter(wrongKeysPerS),
): CallerLookup {
  const adminHash = hashKey(adminKey);
  const admin: Caller = { id: 'admin', name: null, tenantId: null, scopes: [], ratePerSecond: null };
  const keys = createGuardedLookup<FoundKey>('API keys', async (hashes) => {
    const found = await findKeys(db, hashes);
    await noteStaleUse({ db, logger }, 'api_keys', found);
    return found;
  });
  const suspects = new Set<string>();
  const cache = createLookupCache<FoundKey>({
    find: (name) => keys.find(name, suspects.has(name)),
    forMs: CACHE_MS,
    max: MAX_KEYS,
    maxAbsent: MAX_WRONG,
  });

  async function find(name: string, address: string): Promise<FoundKey | null> {
    if (cache.has(name) || keys.isTrusted(name) || !wrongKeys.isSuspect(address)) return cache.get(name);
    suspects.add(name);
    try {
      return await cache.get(name);
    } finally {
      suspects.delete(name);
    }
  }

  return {
    async findCaller(key, address) {
      const hash = hashKey(key);
      // Digests have one length and are compared in constant time: nothing about the key leaks.
      if (timingSafeEqual(hash, adminHash)) return admin;
      const found = await find(hash.toString('base64'), address);
      if (found === null) wrongKeys.sentWrong(address);
      return found;
    },
    forget: (keyId) => cache.forget(({ id }) => id === keyId),
  };
}
