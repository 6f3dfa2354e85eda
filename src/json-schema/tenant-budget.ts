/** How many milliseconds of the schema threads each tenant may still use: a bucket that fills by itself. */
import { LRUCache } from 'lru-cache';

export type TenantBudget = {
  /** seconds until the tenant may use more; 0: now */
  waitS(tenantId: string): number;
  spend(tenantId: string, ms: number): void;
};

/** A tenant that is forgotten has a full bucket: only those that spend matter, and there cannot be more at a time. */
const MAX_TENANTS = 10_000;

/**
 * @param msPerS what a bucket gets in a second
 * @param burstMs what a full one holds; one piece of work may overdraw it
 */
export function createTenantBudget(
  msPerS: number,
  burstMs: number,
  now: () => number = () => performance.now(),
): TenantBudget {
  const buckets = new LRUCache<string, { leftMs: number; at: number }>({ max: MAX_TENANTS });

  function bucketOf(tenantId: string): { leftMs: number; at: number } {
    const at = now();
    const bucket = buckets.get(tenantId) ?? { leftMs: burstMs, at };
    bucket.leftMs = Math.min(burstMs, bucket.leftMs + ((at - bucket.at) / 1000) * msPerS);
    bucket.at = at;
    buckets.set(tenantId, bucket);
    return bucket;
  }

  return {
    waitS(tenantId) {
      const { leftMs } = bucketOf(tenantId);
      return leftMs > 0 ? 0 : Math.max(1, Math.ceil(-leftMs / msPerS));
    },
    spend(tenantId, ms) {
      bucketOf(tenantId).leftMs -= ms;
    },
  };
}
