/** Activity that advances an operation: it carries out the next page, or counts how many of its deliveries have ended. */
import { activityInfo } from '@temporalio/activity';
import { clockOffsetMs } from '../src/domain/clock.ts';
import type { Operation } from '../src/domain/operation.ts';
import { findProfile } from '../src/profiles/index.ts';
import { cancelPage } from '../src/store/bulk-cancel.ts';
import { isDataError } from '../src/store/data-error.ts';
import { awaitEmits, eraseTenantItself, eraseTenantPage } from '../src/store/erasure.ts';
import {
  failOperation,
  finishOperation,
  lockOperation,
  moveCursor,
  settleMatched,
  tally,
  WATCHING,
} from '../src/store/operations.ts';
import { isDatabaseAway, isPassing, type Queryable, transaction } from '../src/store/pool.ts';
import { type BodyOf, redeliverPage } from '../src/store/redelivery.ts';
import { findTenant } from '../src/store/tenants.ts';
import type { OperationStep } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Temporal's timers are exact to about a second, so a page holds the work of about a second. */
const MAX_PAGE = 500;
const WATCH_MIN_MS = 500;
const WATCH_MAX_MS = 60_000;

/** Pages without a match in a row, after which the activity returns so that other work gets its turn. */
const MAX_EMPTY_PAGES = 20;
/** Tries, over some three minutes, after which an error that is not the database's absence counts as permanent. */
const MAX_TRIES = 8;

export async function advanceOperation(
  deps: ActivityDeps,
  input: { operationId: string },
): Promise<OperationStep> {
  try {
    for (let empty = 1; ; empty += 1) {
      const step = await advance(deps, input);
      if (step !== 'nothing found') return step;
      if (empty === MAX_EMPTY_PAGES) return { done: false, waitMs: 1, doing: 'looking' };
    }
  } catch (error) {
    const isLastTry = isDataError(error) || activityInfo().attempt >= MAX_TRIES;
    if (isDatabaseAway(error) || isPassing(error) || !isLastTry) throw error;
    deps.logger.error({ err: error, operation: input.operationId }, 'an operation has failed');
    const hasBegun = await failOperation(deps.db, input.operationId);
    return hasBegun
      ? { done: false, waitMs: WATCH_MIN_MS, doing: 'watching what it had begun' }
      : { done: true };
  }
}

/** Carries out one page, in the transaction that moves the cursor. */
async function advance(
  deps: ActivityDeps,
  input: { operationId: string },
): Promise<OperationStep | 'nothing found'> {
  return transaction(deps.db, async (client) => {
    const operation = await lockOperation(client, input.operationId);
    if (operation === null) return { done: true };
    // What an operation had begun before it was stopped goes on, and is counted.
    if (operation.status !== 'running' || operation.cursor === WATCHING) return watch(client, operation);
    if (operation.kind === 'erase') return erase(client, operation);
    if (operation.kind === 'bulk_cancel') return cancel(client, operation);
    const { cursor, count } = await redeliverPage(
      client,
      operation,
      pageSize(operation),
      await bodies(deps, operation),
    );
    await moveCursor(client, operation.id, cursor ?? WATCHING, { taken: count });
    if (cursor === null) await settleMatched(client, operation.id);
    else if (count === 0) return 'nothing found';
    await tally(client, operation.id);
    const waitMs = cursor === null ? WATCH_MIN_MS : (count / operation.perSecond) * 1000;
    return { done: false, waitMs: Math.max(1, Math.round(waitMs)), doing: `${count} set going` };
  });
}

/** A page holds at most the deliveries of one second, so that the rate is kept within a page, too. */
const pageSize = ({ perSecond }: Operation) => Math.max(1, Math.min(MAX_PAGE, Math.floor(perSecond)));

/** @returns the function that makes a new delivery's own body; `null`: the profile's bodies do not carry the delivery's id */
async function bodies(deps: ActivityDeps, { tenantId }: Operation): Promise<BodyOf | null> {
  const tenant = await findTenant(deps.db, tenantId);
  return findProfile(tenant?.profile ?? '')?.renderForDelivery ?? null;
}

async function erase(client: Queryable, operation: Operation & { cursor: string }): Promise<OperationStep> {
  if (operation.cursor === '') await awaitEmits(client, operation.tenantId);
  const { erased, last } = await eraseTenantPage(client, operation.tenantId, operation.cursor, MAX_PAGE);
  if (last === null) {
    await eraseTenantItself(client, operation.tenantId);
    await settleMatched(client, operation.id);
    await finishOperation(client, operation.id, 'completed');
    return { done: true };
  }
  await moveCursor(client, operation.id, last, { done: erased });
  return { done: false, waitMs: WATCH_MIN_MS, doing: `${erased} payloads erased` };
}

async function cancel(
  client: Queryable,
  operation: Operation & { cursor: string },
): Promise<OperationStep | 'nothing found'> {
  const { cursor, count } = await cancelPage(client, operation, MAX_PAGE);
  await moveCursor(client, operation.id, cursor ?? operation.cursor, { taken: count, done: count });
  if (cursor === null) {
    await settleMatched(client, operation.id);
    await finishOperation(client, operation.id, 'completed');
    return { done: true };
  }
  return count === 0 ? 'nothing found' : { done: false, waitMs: 1, doing: `${count} cancelled` };
}

async function watch(client: Queryable, operation: Operation): Promise<OperationStep> {
  const { isOpen, goesOn } = await tally(client, operation.id);
  if (!isOpen) {
    await finishOperation(client, operation.id, 'completed');
    return { done: true };
  }
  // The longer it has run, the longer it is likely to run: a retry schedule may last for days.
  const ageMs = Date.now() + clockOffsetMs() - operation.startedAt.getTime();
  const waitMs = goesOn
    ? WATCH_MIN_MS
    : Math.round(Math.min(WATCH_MAX_MS, Math.max(WATCH_MIN_MS, ageMs / 10)));
  return { done: false, waitMs, doing: 'some have not ended yet' };
}
