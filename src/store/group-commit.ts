/**
 * Group commit: requests that come while others are being committed share the next transaction. When it is quiet there is no delay; under
 * load there is one commit instead of many. A request that must wait for a lock leaves the shared transaction and joins the lock
 * waiters, so that the others do not wait for its lock.
 */

import { type CommitGroupRules, expired, takeGroup, type WaitingRequest } from './commit-groups.ts';
import { createLockWaiters } from './lock-waiters.ts';
import { isDatabaseAway, isPassing } from './pool.ts';

/** The result of a request that cannot be committed without waiting for a lock. */
export const APART = Symbol('apart');

/** How long a statement of a shared transaction waits for an unforeseen lock. */
export const SHARED_LOCK_TIMEOUT_MS = 50;
/**
 * How often a group is split to find the requests that must wait: enough to find two among a hundred. After that, all the remaining
 * ones join the lock waiters, because one lock is probably in the way of all.
 */
const MAX_CONTENTIONS = 16;
/** How long a statement of the lock waiters waits for a lock. */
export const PATIENT_LOCK_TIMEOUT_MS = 3_000;

export type GroupRules<Request, Result> = CommitGroupRules<Request> & {
  /**
   * Commits all requests, except those that would have to wait for a lock. Rather than wait for long it throws an error that
   * `isPassing` recognises.
   * @returns one result for each request, or `APART`
   */
  commit(requests: Request[]): Promise<(Result | typeof APART)[]>;
  /** Commits requests of one owner, and may wait for locks. */
  commitPatiently(requests: Request[]): Promise<Result[]>;
  /** shared transactions at the same time */
  transactions: number;
  /** transactions of the lock waiters at the same time, each of another owner */
  patientTransactions: number;
  /** a request that waits for longer than this, in ms, is rejected with `tooLate()`; absent: none is */
  maxWaitMs?: number;
  tooLate?: () => Error;
};

/** @returns a function that commits a request, with others or alone; it resolves when committed and rejects with the request's own error */
// Long because the queue and the transactions under way are one state.
export function createGroupCommit<Request, Result>(
  rules: GroupRules<Request, Result>,
): (request: Request) => Promise<Result> {
  let waiting: WaitingRequest<Request, Result>[] = [];
  let running = 0;
  let isFilling = false;
  /** names of requests that are being committed: a request with one of these would wait for that transaction's end */
  const underWay = new Set<string>();
  const patient = createLockWaiters<Request, Result>(rules);
  const watch = watchAges(rules, () => {
    const { late, left } = expired(waiting, rules.maxWaitMs);
    waiting = left;
    return { late: [...late, ...patient.giveUp()], left: left.length + patient.size() };
  });

  /** Fills after the current piece of work: requests that it makes one after the other share a transaction from the first on. */
  function fillSoon(): void {
    if (isFilling) return;
    isFilling = true;
    queueMicrotask(() => {
      isFilling = false;
      fill();
    });
  }

  function fill(): void {
    while (running < rules.transactions) {
      const { group, left } = takeGroup(waiting, rules, underWay);
      if (group.length === 0) return;
      waiting = left;
      running += 1;
      const names = group.flatMap(({ request }) => rules.namesOf(request));
      for (const name of names) underWay.add(name);
      void commit(group).finally(() => {
        running -= 1;
        for (const name of names) underWay.delete(name);
        fill();
      });
    }
  }

  /** Commits a group. Where one request is refused or must wait, the group is split, so that the others are committed without it. */
  async function commit(
    group: WaitingRequest<Request, Result>[],
    budget = { contentions: MAX_CONTENTIONS },
  ): Promise<void> {
    try {
      const results = await rules.commit(group.map(({ request }) => request));
      group.forEach((each, at) => {
        const result = results[at] as Result | typeof APART;
        if (result === APART) patient.add(each);
        else each.resolve(result);
      });
    } catch (error) {
      const contended = isPassing(error);
      if (contended) budget.contentions -= 1;
      if (contended && (group.length === 1 || budget.contentions <= 0)) {
        for (const each of group) {
          if (group.length === 1) patient.suspect(each);
          patient.add(each);
        }
      } else if (group.length === 1 || isDatabaseAway(error)) {
        for (const { reject } of group) reject(error);
      } else {
        const half = Math.ceil(group.length / 2);
        await commit(group.slice(0, half), budget);
        await commit(group.slice(half), budget);
      }
    }
  }

  return (request) =>
    new Promise((resolve, reject) => {
      const one = { request, resolve, reject, sinceMs: performance.now() };
      if (patient.serves(rules.ownerOf(request))) patient.add(one);
      else waiting.push(one);
      fillSoon();
      watch();
    });
}

/** @returns a function that starts the timer, which rejects requests that wait too long and runs until none waits */
function watchAges<Request, Result>(
  { maxWaitMs, tooLate }: Pick<GroupRules<Request, Result>, 'maxWaitMs' | 'tooLate'>,
  giveUp: () => { late: WaitingRequest<Request, Result>[]; left: number },
): () => void {
  if (maxWaitMs === undefined || tooLate === undefined) return () => {};
  let timer: NodeJS.Timeout | null = null;
  const look = () => {
    const { late, left } = giveUp();
    for (const { reject } of late) reject(tooLate());
    timer = left === 0 ? null : setTimeout(look, maxWaitMs / 10).unref();
  };
  return () => {
    if (timer === null) timer = setTimeout(look, maxWaitMs / 10).unref();
  };
}
