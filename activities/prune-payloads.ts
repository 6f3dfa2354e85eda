/** The activity that removes a page of old payloads. */
import { nextTenantToPrune, prunePage } from '../src/store/erasure.ts';
import type { PruneCursor, PrunedPage } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Small enough to hold no lock for long. */
const PAGE = 500;

export async function prunePayloads(deps: ActivityDeps, cursor: PruneCursor): Promise<PrunedPage> {
  const { db, payloadRetentionDays: defaultDays } = deps;
  let { tenantId, after } = cursor;
  if (after === null) {
    const tenant = await nextTenantToPrune(db, tenantId, defaultDays);
    if (tenant === null) return { erased: 0, next: null };
    tenantId = tenant.id;
    after = tenant.prunedTo;
  }
  const { erased, last } = await prunePage(db, tenantId, { after, limit: PAGE, defaultDays });
  return { erased, next: { tenantId, after: last } };
}
