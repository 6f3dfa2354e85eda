/**
 * Test calls that are running in this process. It bounds their number, and polls the database once for all callers that wait
 * for a result.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../domain/errors.ts';
import { endedAmong } from '../store/deliveries.ts';
import type { Db } from '../store/pool.ts';

export type RunningTests = {
  /**
   * Takes a slot for a test.
   * @param target.timeoutMs of its endpoint; it becomes the `retry-after` of a refusal
   * @returns a function that frees the slot
   * @throws Problem too_many_requests when the endpoint or the tenant has no slot left
   */
  begin(target: { tenantId: string; endpointId: string; timeoutMs: number }): () => void;
  /** Resolves when the delivery has ended or is gone, or after `withinMs`. Rejects when the query fails. */
  untilEnded(deliveryId: string, withinMs: number): Promise<void>;
};

const POLL_MS = 50;

/** @param limits tests that may run at once in this process */
// Long because the limits and the wait share what is under way.
export function createRunningTests(db: Db, limits: { perEndpoint: number; perTenant: number }): RunningTests {
  const underWay = new Map<string, number>();
  const waiting = new Map<string, { resolve(): void; reject(error: unknown): void }>();
  let isPolling = false;

  async function poll(): Promise<void> {
    isPolling = true;
    while (waiting.size > 0) {
      const ids = [...waiting.keys()];
      try {
        for (const id of await endedAmong(db, ids)) waiting.get(id)?.resolve();
      } catch (error) {
        for (const id of ids) waiting.get(id)?.reject(error);
      }
      await sleep(POLL_MS);
    }
    isPolling = false;
  }

  function take(name: string, limit: number, refused: () => Problem): () => void {
    const count = underWay.get(name) ?? 0;
    if (count >= limit) throw refused();
    underWay.set(name, count + 1);
    return () => {
      const left = (underWay.get(name) ?? 1) - 1;
      if (left > 0) underWay.set(name, left);
      else underWay.delete(name);
    };
  }

  return {
    begin({ tenantId, endpointId, timeoutMs }) {
      const retryAfterS = Math.max(1, Math.ceil(timeoutMs / 1000));
      const tooMany = (count: number, whose: string) => () =>
        new Problem(
          'too_many_requests',
          `This ${whose} has ${count} running tests, the most it may have. Wait until one is answered.`,
          { retryAfterS },
        );
      const freeTenant = take(tenantId, limits.perTenant, tooMany(limits.perTenant, 'tenant'));
      try {
        const freeEndpoint = take(endpointId, limits.perEndpoint, tooMany(limits.perEndpoint, 'endpoint'));
        return () => {
          freeEndpoint();
          freeTenant();
        };
      } catch (error) {
        freeTenant();
        throw error;
      }
    },
    async untilEnded(deliveryId, withinMs) {
      const ended = new Promise<void>((resolve, reject) => waiting.set(deliveryId, { resolve, reject }));
      if (!isPolling) void poll();
      const timeout = new AbortController();
      try {
        await Promise.race([ended, sleep(withinMs, undefined, { signal: timeout.signal })]);
      } finally {
        waiting.delete(deliveryId);
        timeout.abort();
      }
    },
  };
}
