/** Token bucket for each tenant: the milliseconds of the schema threads that it may still use. */
import { LRUCache } from 'lru-cache';

export type TenantBudget = {
  /** seconds until the tenant may use more; 0: now */
  waitS(tenantId: string): number;
  spend(tenantId: string, ms: number): void;
};

/** A tenant that is evicted gets a full bucket again. Fewer tenants than this can spend at any one time. */
const MAX_TENANTS = 10_000;

/**
 * @param msPerS milliseconds that a bucket gains in a second
 * @param burstMs milliseconds in a full bucket; one piece of work may overdraw it
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
