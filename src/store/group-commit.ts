/**
 * Group commit: requests that come while others are being committed share the next transaction. No delay when it is
 * quiet; one commit, and one statement instead of many, when it is not. Nobody waits in a shared transaction for what one
 * of them waits for: such requests go apart, into the patient lane.
 */

import { type CommitGroupRules, expired, takeGroup, type WaitingRequest } from './commit-groups.ts';
import { createLockWaiters } from './lock-waiters.ts';
import { isDatabaseAway, isPassing } from './pool.ts';

/** Of a request that could not be committed without waiting for a lock. */
export const APART = Symbol('apart');

/** How long a statement of a shared transaction waits for a lock that was not foreseen. */
export const SHARED_LOCK_TIMEOUT_MS = 50;
/**
 * So often a group is taken apart to find who must wait: enough for two among a hundred. Where it is more, something stands in
 * the way of all, and each goes on alone.
 */
const MAX_CONTENTIONS = 16;
/** How long a statement of the patient lane waits for one. */
export const PATIENT_LOCK_TIMEOUT_MS = 3_000;

export type GroupRules<Request, Result> = CommitGroupRules<Request> & {
  /**
   * Commits them all, but for those that it leaves out because they would have to wait. It throws what `isPassing` knows
   * rather than wait for long.
   * @returns one result for each, or `APART`
   */
  commit(requests: Request[]): Promise<(Result | typeof APART)[]>;
  /** The same for requests of one owner, and it may wait. */
  commitPatiently(requests: Request[]): Promise<Result[]>;
  /** groups that may be committed at the same time */
  transactions: number;
  /** the same in the patient lane, each of another owner */
  patientTransactions: number;
  /** what waits for longer than this, in ms, is given up with `tooLate()`; absent: nothing is */
  maxWaitMs?: number;
  tooLate?: () => Error;
};

/** @returns what commits a request, with others or alone: resolves when it is committed, rejects with its own error */
// Long because the queue and the transactions under way are one state.
export function createGroupCommit<Request, Result>(
  rules: GroupRules<Request, Result>,
): (request: Request) => Promise<Result> {
  let waiting: WaitingRequest<Request, Result>[] = [];
  let running = 0;
  /** names that are being committed: whoever shares one would wait for its end in another transaction */
  const underWay = new Set<string>();
  const patient = createLockWaiters<Request, Result>(rules);
  const watch = watchAges(rules, () => {
    const { late, left } = expired(waiting, rules.maxWaitMs);
    waiting = left;
    return { late: [...late, ...patient.giveUp()], left: left.length + patient.size() };
  });

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

  /** A group in which one request is refused or must wait is taken apart: the others are none of its business. */
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
      fill();
      watch();
    });
}

/** @returns to be called when something may wait: gives up what waits too long, as long as anything waits */
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
