/**
 * Look-up of the caller that a key belongs to. Keys are cached for a second, because an emitter sends its key with every event.
 * Other keys are looked up in batches, one query at a time: a flood of wrong keys makes no flood of queries. New keys from an
 * address that sends many wrong ones are looked up more slowly, in batches of their own.
 */
import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../domain/access.ts';
import { Problem } from '../domain/errors.ts';
import { type FoundKey, findKeys, hashKey, noteUse } from '../store/api-keys.ts';
import { createBatchedLookup } from './batched-lookup.ts';
import type { ApiDeps } from './deps.ts';
import { createLookupCache } from './lookup-cache.ts';
import { createWrongKeyLimiter } from './wrong-key-limiter.ts';

/** A key that another process revokes still works here for so long. */
const CACHE_MS = 1_000;
const MAX_KEYS = 10_000;
const MAX_WRONG = 10_000;
/** A key that was valid so recently is never looked up slowly, whatever its address. */
const TRUSTED_MS = 10 * 60 * 1000;
const BATCH_SIZE = 500;
/** More new keys than honest callers ever send at once. */
const MAX_WAITING = 10_000;
/** Pause between two slow batches. */
const SLOW_PAUSE_MS = 100;
const MAX_WAITING_SLOW = 500;

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

// Long because the two look-ups and what is remembered share one state.
export function createCallerLookup({ emitDb: db, adminKey, wrongKeysPerS, logger }: Rules): CallerLookup {
  const adminHash = hashKey(adminKey);
  const admin: Caller = { id: 'admin', name: null, tenantId: null, scopes: [], ratePerSecond: null };
  const trusted = new LRUCache<string, true>({ max: MAX_KEYS, ttl: TRUSTED_MS });
  const wrongKeys = createWrongKeyLimiter(wrongKeysPerS);

  async function lookUp(names: string[]): Promise<Map<string, FoundKey>> {
    const found = await findKeys(
      db,
      names.map((name) => Buffer.from(name, 'base64')),
    );
    for (const name of names) if (!found.has(name)) trusted.delete(name);
    for (const name of found.keys()) trusted.set(name, true);
    const stale = [...found.values()].filter((key) => key.stale).map((key) => key.id);
    if (stale.length > 0) {
      await noteUse(db, stale).catch((error) =>
        logger.debug(
          { reason: error.message },
          'the time when some API keys were last used could not be stored',
        ),
      );
    }
    return found;
  }

  const busy = () =>
    new Problem('overloaded', 'Too many new keys are being looked up. Ask again in a second.', {
      retryAfterS: 1,
    });
  const tooManyWrong = () =>
    new Problem(
      'too_many_requests',
      'Too many wrong API keys came from this address. Keys that worked lately still work. Send a new key again in a second.',
      { retryAfterS: 1 },
    );
  const quick = createBatchedLookup({ work: lookUp, size: BATCH_SIZE, maxWaiting: MAX_WAITING, full: busy });
  const slow = createBatchedLookup({
    work: lookUp,
    size: BATCH_SIZE,
    everyMs: SLOW_PAUSE_MS,
    maxWaiting: MAX_WAITING_SLOW,
    full: tooManyWrong,
  });
  const suspects = new Set<string>();
  const cache = createLookupCache<FoundKey>({
    find: async (name) => (await (suspects.has(name) ? slow : quick)(name)) ?? null,
    forMs: CACHE_MS,
    max: MAX_KEYS,
    maxAbsent: MAX_WRONG,
  });

  async function find(name: string, address: string): Promise<FoundKey | null> {
    if (cache.has(name) || trusted.has(name) || !wrongKeys.isSuspect(address)) return cache.get(name);
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
