/** Tells whether a payload was erased since its delivery was claimed. Questions that come together share a query. */
import { createGroupCommit } from './group-commit.ts';
import type { Db } from './pool.ts';

/** @returns whether there is nothing to send any more. A delivery that does not exist counts as erased */
export type ErasureCheck = (deliveryId: string) => Promise<boolean>;

const MAX_ASKED = 500;

export function createErasureCheck(db: Db): ErasureCheck {
  const ask = (deliveryIds: string[]) => erasedAmong(db, deliveryIds);
  return createGroupCommit<string, boolean>({
    commit: ask,
    commitPatiently: ask,
    namesOf: () => [],
    ownerOf: (deliveryId) => deliveryId,
    sizeOf: () => 1,
    transactions: 2,
    patientTransactions: 1,
    maxRequests: MAX_ASKED,
    maxSize: MAX_ASKED,
  });
}

async function erasedAmong(db: Db, deliveryIds: string[]): Promise<boolean[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'erasure-check',
    text: 'select id from deliveries where id in (select unnest((select $1::text[]))) and erased is null',
    values: [deliveryIds],
  });
  const kept = new Set(rows.map(({ id }) => id));
  return deliveryIds.map((id) => !kept.has(id));
}
