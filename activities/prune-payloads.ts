/** Activity that erases a page of old payloads. The first one of a round also deletes the sessions that have ended. */

import { nextTenantToPrune, pruneEnded, prunePage } from '../src/store/pruning.ts';
import { deleteEnded } from '../src/store/sessions.ts';
import type { PruneCursor, PrunedPage } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Events of a page: few enough that no lock is held for long. */
const PAGE = 500;

/** Erases first, for all tenants, marked payloads whose deliveries have ended; then, tenant by tenant, payloads that have become old. */
export async function prunePayloads(deps: ActivityDeps, cursor: PruneCursor): Promise<PrunedPage> {
  if (cursor.tenantId === '') {
    await deleteEnded(deps.db, PAGE);
    const { erased, looked } = await pruneEnded(deps.db, PAGE);
    if (looked === PAGE) return { erased, next: cursor };
    const page = await pruneNextTenant(deps, '');
    return { erased: erased + page.erased, next: page.next };
  }
  if (cursor.after === null) return pruneNextTenant(deps, cursor.tenantId);
  return pruneTenant(deps, cursor.tenantId, cursor.after);
}

async function pruneNextTenant(deps: ActivityDeps, afterId: string): Promise<PrunedPage> {
  const { tenant, lookedTo } = await nextTenantToPrune(deps.db, afterId, deps.payloadRetentionDays);
  if (tenant !== null) return pruneTenant(deps, tenant.id, tenant.prunedTo);
  return { erased: 0, next: lookedTo === null ? null : { tenantId: lookedTo, after: null } };
}

async function pruneTenant(
  { db, payloadRetentionDays: defaultDays }: ActivityDeps,
  tenantId: string,
  after: string,
): Promise<PrunedPage> {
  const { erased, last } = await prunePage(db, tenantId, { after, limit: PAGE, defaultDays });
  return { erased, next: { tenantId, after: last } };
}
