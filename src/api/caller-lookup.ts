/**
 * Which caller a key belongs to. What was found is remembered for a moment, for an emitter's key comes with every event. Keys
 * that nobody remembers are looked up together, one query at a time: however many wrong ones come, the database is asked no
 * more often.
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

/** A key that was revoked in another process works there for so long. */
const REMEMBER_MS = 1_000;
const MAX_KEYS = 10_000;
const MAX_WRONG = 10_000;
/** A key that was good so lately is looked up before any stranger's. */
const TRUSTED_MS = 10 * 60 * 1000;
const TOGETHER = 500;
/** Of honest callers there are never so many new ones at once. */
const MAX_WAITING = 10_000;
const STRANGERS_EVERY_MS = 100;
const MAX_STRANGERS_WAITING = 500;

export type CallerLookup = {
  /**
   * @param address where the request came from
   * @returns `null`: the key is not valid
   * @throws Problem too_many_requests when the key is new here and too many wrong ones came from its address
   */
  findCaller(key: string, address: string): Promise<Caller | null>;
  /** The key was revoked: what was remembered of it holds no longer. */
  forget(keyId: string): void;
};

type Rules = Pick<ApiDeps, 'emitDb' | 'adminKey' | 'wrongKeysPerS' | 'logger'>;

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
        logger.debug({ reason: error.message }, 'the use of keys was not noted'),
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
      'Too many wrong API keys came from this address. Keys that were in use go on working; a new one is looked up when it is sent again in a second.',
      { retryAfterS: 1 },
    );
  const quick = createBatchedLookup({ work: lookUp, size: TOGETHER, maxWaiting: MAX_WAITING, full: busy });
  const slow = createBatchedLookup({
    work: lookUp,
    size: TOGETHER,
    everyMs: STRANGERS_EVERY_MS,
    maxWaiting: MAX_STRANGERS_WAITING,
    full: tooManyWrong,
  });
  const suspects = new Set<string>();
  const memory = createLookupCache<FoundKey>({
    find: async (name) => (await (suspects.has(name) ? slow : quick)(name)) ?? null,
    forMs: REMEMBER_MS,
    max: MAX_KEYS,
    maxAbsent: MAX_WRONG,
  });

  async function find(name: string, address: string): Promise<FoundKey | null> {
    if (memory.has(name) || trusted.has(name) || !wrongKeys.isSuspect(address)) return memory.get(name);
    suspects.add(name);
    try {
      return await memory.get(name);
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
    forget: (keyId) => memory.forget(({ id }) => id === keyId),
  };
}
