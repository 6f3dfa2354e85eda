/** Attempts that could not be recorded, kept in this process until they are. */
import { LRUCache } from 'lru-cache';
import type { AttemptRecord } from '../src/store/records.ts';

/**
 * Keeps the records in memory, so that an exchange is not lost when its record fails. In another process, or after a restart, the
 * workflow's history still has everything but the exchange.
 */
export type UnrecordedAttempts = {
  keep(records: AttemptRecord[]): void;
  find(deliveryId: string, number: number): AttemptRecord | undefined;
  /** Forgets a record. Call it only after the record is written: until then this is the only copy of the exchange. */
  forget(deliveryId: string, number: number): void;
};

const MAX_KEPT = 2_000;

export function createUnrecordedAttempts(): UnrecordedAttempts {
  const kept = new LRUCache<string, AttemptRecord>({ max: MAX_KEPT });
  return {
    keep(records) {
      for (const record of records) kept.set(`${record.deliveryId} ${record.number}`, record);
    },
    find: (deliveryId, number) => kept.get(`${deliveryId} ${number}`),
    forget(deliveryId, number) {
      kept.delete(`${deliveryId} ${number}`);
    },
  };
}
