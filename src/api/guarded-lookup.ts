/**
 * Look-up of credentials by their hashes, in batches, one query at a time: a flood of wrong ones makes no flood of queries. New ones
 * from an address that sends many wrong ones are looked up more slowly, in batches of their own.
 */
import { LRUCache } from 'lru-cache';
import { Problem } from '../domain/errors.ts';
import { noteUse } from '../store/last-use.ts';
import { createBatchedLookup } from './batched-lookup.ts';
import type { ApiDeps } from './deps.ts';
import type { WrongKeyLimiter } from './wrong-key-limiter.ts';

/** One that was valid so recently is never looked up slowly, whatever its address. */
const TRUSTED_MS = 10 * 60 * 1000;
const MAX_TRUSTED = 10_000;
const BATCH_SIZE = 500;
/** More new credentials than honest callers ever send at once. */
const MAX_WAITING = 10_000;
/** Pause between two slow batches. */
const SLOW_PAUSE_MS = 100;
const MAX_WAITING_SLOW = 500;

type GuardedLookup<Value> = {
  /**
   * @param name the hash in base64
   * @param isSlow whether it is looked up with those of suspect addresses
   * @throws Problem too_many_requests when too many of those wait; overloaded when too many others do
   */
  find(name: string, isSlow: boolean): Promise<Value | null>;
  /** whether it was valid lately */
  isTrusted(name: string): boolean;
};

/**
 * @param what the plural of what is looked up, for refusals
 * @param work finds at most 500 hashes, and returns what it has found by the hash in base64
 */
export function createGuardedLookup<Value>(
  what: string,
  work: (hashes: Buffer[]) => Promise<Map<string, Value>>,
): GuardedLookup<Value> {
  const trusted = new LRUCache<string, true>({ max: MAX_TRUSTED, ttl: TRUSTED_MS });

  async function lookUp(names: string[]): Promise<Map<string, Value>> {
    const found = await work(names.map((name) => Buffer.from(name, 'base64')));
    for (const name of names) if (!found.has(name)) trusted.delete(name);
    for (const name of found.keys()) trusted.set(name, true);
    return found;
  }

  const busy = () =>
    new Problem('overloaded', `Too many new ${what} are being looked up. Ask again in a second.`, {
      retryAfterS: 1,
    });
  const tooManyWrong = () =>
    new Problem(
      'too_many_requests',
      `Too many wrong ${what} came from this address. Those that worked lately still work. Send a new one again in a second.`,
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
  return {
    find: async (name, isSlow) => (await (isSlow ? slow : quick)(name)) ?? null,
    isTrusted: (name) => trusted.has(name),
  };
}

/**
 * Looks one up anew, without a cache: what has ended is not found from then on, in any process. One that is not found counts as a
 * wrong key of its address.
 */
export async function findUncached<Value>(
  { find, isTrusted }: GuardedLookup<Value>,
  wrongKeys: WrongKeyLimiter,
  hash: Buffer,
  address: string,
): Promise<Value | null> {
  const name = hash.toString('base64');
  const found = await find(name, !isTrusted(name) && wrongKeys.isSuspect(address));
  if (found === null) wrongKeys.sentWrong(address);
  return found;
}

/** Notes the use of those whose last use was noted a while ago. That it cannot be stored keeps nobody out. */
export async function noteStaleUse(
  { db, logger }: Pick<ApiDeps, 'db' | 'logger'>,
  table: Parameters<typeof noteUse>[1],
  found: ReadonlyMap<string, { id: string; stale: boolean }>,
): Promise<void> {
  const stale = [...found.values()].filter((each) => each.stale).map(({ id }) => id);
  await noteUse(db, table, stale).catch((error) =>
    logger.debug({ reason: error.message, table }, 'the time of last use could not be stored'),
  );
}
