/**
 * Lock waiters: the requests of a group commit that must wait for a lock. Each owner has a transaction of its own, so that it waits
 * only for itself, and owners take turns.
 */

import { type CommitGroupRules, expired, takeGroup, type WaitingRequest } from './commit-groups.ts';
import { isDatabaseAway, isPassing } from './pool.ts';

/** For this long after an owner has held up a shared transaction, its requests come straight here. */
const SUSPECTED_MS = 5_000;

export type LockWaiters<Request, Result> = {
  add(one: WaitingRequest<Request, Result>): void;
  /** Notes that the request's owner has held up a shared transaction. */
  suspect(one: WaitingRequest<Request, Result>): void;
  /** whether the owner's requests belong here now, because others of it wait here or it is suspected */
  serves(owner: string): boolean;
  /** Removes and returns the requests that have waited too long. */
  giveUp(): WaitingRequest<Request, Result>[];
  /** how many wait */
  size(): number;
};

type Rules<Request, Result> = CommitGroupRules<Request> & {
  commitPatiently(requests: Request[]): Promise<Result[]>;
  patientTransactions: number;
  maxWaitMs?: number;
};

// Long because the queues and the transactions under way are one state.
export function createLockWaiters<Request, Result>(
  rules: Rules<Request, Result>,
): LockWaiters<Request, Result> {
  /** in the order of their turns */
  const queues = new Map<string, WaitingRequest<Request, Result>[]>();
  const atWork = new Set<string>();
  const suspectedUntilMs = new Map<string, number>();

  function fill(): void {
    for (const [owner, queue] of queues) {
      if (atWork.size >= rules.patientTransactions) return;
      if (atWork.has(owner)) continue;
      const { group, left } = takeGroup(queue, rules);
      queues.delete(owner);
      if (left.length > 0) queues.set(owner, left);
      atWork.add(owner);
      void commit(group).finally(() => {
        atWork.delete(owner);
        fill();
      });
    }
  }

  async function commit(group: WaitingRequest<Request, Result>[]): Promise<void> {
    try {
      const results = await rules.commitPatiently(group.map(({ request }) => request));
      group.forEach(({ resolve }, at) => {
        resolve(results[at] as Result);
      });
    } catch (error) {
      // A search for the request that waits would take as long again for each half.
      if (group.length === 1 || isDatabaseAway(error) || isPassing(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      const half = Math.ceil(group.length / 2);
      await commit(group.slice(0, half));
      await commit(group.slice(half));
    }
  }

  function isSuspected(owner: string): boolean {
    return (suspectedUntilMs.get(owner) ?? 0) > performance.now();
  }

  return {
    add(one) {
      const owner = rules.ownerOf(one.request);
      const queue = queues.get(owner);
      if (queue === undefined) queues.set(owner, [one]);
      else queue.push(one);
      fill();
    },
    suspect({ request }) {
      for (const owner of [...suspectedUntilMs.keys()])
        if (!isSuspected(owner)) suspectedUntilMs.delete(owner);
      suspectedUntilMs.set(rules.ownerOf(request), performance.now() + SUSPECTED_MS);
    },
    serves: (owner) => queues.has(owner) || atWork.has(owner) || isSuspected(owner),
    giveUp() {
      return [...queues].flatMap(([owner, queue]) => {
        const { late, left } = expired(queue, rules.maxWaitMs);
        if (left.length === 0) queues.delete(owner);
        else if (late.length > 0) queues.set(owner, left);
        return late;
      });
    },
    size: () => [...queues.values()].reduce((sum, queue) => sum + queue.length, 0),
  };
}
