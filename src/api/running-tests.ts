/**
 * The test buttons that are pressed at this moment: how many may be, and one look at the database for all that wait for what
 * comes of them, however many those are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../domain/errors.ts';
import { endedAmong } from '../store/deliveries.ts';
import type { Db } from '../store/pool.ts';

export type RunningTests = {
  /**
   * Takes a place among the tests under way.
   * @param target.timeoutMs of its endpoint: after so long at most a place is free again
   * @returns what gives it back
   * @throws Problem too_many_requests when the endpoint or the tenant has no place left
   */
  begin(target: { tenantId: string; endpointId: string; timeoutMs: number }): () => void;
  /** Resolves when the delivery has ended or is gone, or after `withinMs`. Rejects when the database cannot be asked. */
  untilEnded(deliveryId: string, withinMs: number): Promise<void>;
};

const LOOK_MS = 50;

/** @param limits tests under way at once, in this process */
export function createRunningTests(db: Db, limits: { perEndpoint: number; perTenant: number }): RunningTests {
  const underWay = new Map<string, number>();
  const waiting = new Map<string, { resolve(): void; reject(error: unknown): void }>();
  let isLooking = false;

  async function look(): Promise<void> {
    isLooking = true;
    while (waiting.size > 0) {
      const ids = [...waiting.keys()];
      try {
        for (const id of await endedAmong(db, ids)) waiting.get(id)?.resolve();
      } catch (error) {
        for (const id of ids) waiting.get(id)?.reject(error);
      }
      await sleep(LOOK_MS);
    }
    isLooking = false;
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
          `${count} tests of this ${whose} are under way, which is as many as may. Wait until one has been answered.`,
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
      if (!isLooking) void look();
      const tired = new AbortController();
      try {
        await Promise.race([ended, sleep(withinMs, undefined, { signal: tired.signal })]);
      } finally {
        waiting.delete(deliveryId);
        tired.abort();
      }
    },
  };
}
