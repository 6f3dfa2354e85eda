/** The activity that carries an operation on: its next page, or a look at how its deliveries fare. */
import type { Operation } from '../src/domain/operation.ts';
import { profileNamed } from '../src/profiles/index.ts';
import { eraseTenantItself, eraseTenantPage } from '../src/store/erasure.ts';
import { countProgress, finishOperation, lockRunningOperation, moveCursor } from '../src/store/operations.ts';
import { type Queryable, transaction } from '../src/store/pool.ts';
import { setGoing } from '../src/store/selections.ts';
import { findTenant } from '../src/store/tenants.ts';
import type { OperationStep } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Temporal's timers are about a second coarse: the pages must be of about a second. */
const MAX_PAGE = 500;
/** Everything has been set going; what remains is to see it end. */
const WATCHING = 'watching';
const WATCH_MIN_MS = 500;
const WATCH_MAX_MS = 60_000;

export async function advanceOperation(
  deps: ActivityDeps,
  input: { operationId: string },
): Promise<OperationStep> {
  return transaction(deps.db, async (client) => {
    const operation = await lockRunningOperation(client, input.operationId);
    if (operation === null) return { done: true };
    if (operation.cursor === WATCHING) return watch(client, operation);
    if (operation.kind === 'erase') return erase(client, operation);
    const page = await setGoing(client, operation, pageSize(operation), await bodies(deps, operation));
    await moveCursor(client, operation.id, page.cursor ?? WATCHING);
    const waitMs = page.cursor === null ? WATCH_MIN_MS : (page.count / operation.perSecond) * 1000;
    return { done: false, waitMs: Math.max(1, Math.round(waitMs)), doing: `${page.count} set going` };
  });
}

/** A page is at most what may go in a second, so that the pace is kept within pages too. */
const pageSize = ({ perSecond }: Operation) => Math.max(1, Math.min(MAX_PAGE, Math.floor(perSecond)));

/** Where a contract's body carries the delivery's own id, a delivery that is made now has its own. */
async function bodies(deps: ActivityDeps, { tenantId }: Operation) {
  const tenant = await findTenant(deps.db, tenantId);
  const render = tenant === null ? undefined : profileNamed(tenant.profile).renderForDelivery;
  return (eventBody: Buffer, deliveryId: string) => render?.(eventBody, deliveryId) ?? null;
}

async function erase(client: Queryable, operation: Operation & { cursor: string }): Promise<OperationStep> {
  const { erased, last } = await eraseTenantPage(client, operation.tenantId, operation.cursor, MAX_PAGE);
  if (last === null) {
    await eraseTenantItself(client, operation.tenantId);
    await finishOperation(client, operation.id, 'completed', { done: operation.done, failed: 0 });
    return { done: true };
  }
  await moveCursor(client, operation.id, last, erased);
  return { done: false, waitMs: WATCH_MIN_MS, doing: `${erased} payloads erased` };
}

async function watch(client: Queryable, operation: Operation): Promise<OperationStep> {
  const { done, failed, open } = await countProgress(client, operation.id);
  if (open === 0) {
    await finishOperation(client, operation.id, 'completed', { done, failed });
    return { done: true };
  }
  // The longer it takes, the longer it is likely to take: a schedule may run for days.
  const ageMs = Date.now() - operation.startedAt.getTime();
  const waitMs = Math.round(Math.min(WATCH_MAX_MS, Math.max(WATCH_MIN_MS, ageMs / 10)));
  return { done: false, waitMs, doing: `${open} have not ended yet` };
}
