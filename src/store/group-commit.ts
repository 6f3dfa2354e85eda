/**
 * Group commit: requests that come while others are being committed share the next transaction. No delay when it is
 * quiet; one commit, and one statement instead of many, when it is not.
 */
import { isDatabaseAway } from './pool.ts';

export type GroupRules<Request, Result> = {
  /** Commits them all or none. @returns one result for each */
  commit(requests: Request[]): Promise<Result[]>;
  /** of those that wait, two that share a name are not put into one group, and keep their order */
  namesOf(request: Request): string[];
  sizeOf(request: Request): number;
  /** groups that may be committed at the same time */
  transactions: number;
  maxRequests: number;
  /** of all requests of a group together; one request alone may be larger */
  maxSize: number;
};

type Waiting<Request, Result> = {
  request: Request;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

/** @returns what commits a request, with others or alone: resolves when it is committed, rejects with its own error */
export function createGroupCommit<Request, Result>(
  rules: GroupRules<Request, Result>,
): (request: Request) => Promise<Result> {
  let waiting: Waiting<Request, Result>[] = [];
  let running = 0;

  function fill(): void {
    while (running < rules.transactions && waiting.length > 0) {
      const { group, left } = takeGroup(waiting, rules);
      waiting = left;
      running += 1;
      void commit(group).finally(() => {
        running -= 1;
        fill();
      });
    }
  }

  /** A group in which one request is refused is taken apart: the others are none of its business. */
  async function commit(group: Waiting<Request, Result>[]): Promise<void> {
    try {
      const results = await rules.commit(group.map(({ request }) => request));
      group.forEach(({ resolve }, at) => {
        resolve(results[at] as Result);
      });
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      const half = Math.ceil(group.length / 2);
      await commit(group.slice(0, half));
      await commit(group.slice(half));
    }
  }

  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      fill();
    });
}

/** The first ones that may share a transaction. */
function takeGroup<Request, Result>(
  waiting: Waiting<Request, Result>[],
  { namesOf, sizeOf, maxRequests, maxSize }: GroupRules<Request, Result>,
): { group: Waiting<Request, Result>[]; left: Waiting<Request, Result>[] } {
  const group: Waiting<Request, Result>[] = [];
  const left: Waiting<Request, Result>[] = [];
  const names = new Set<string>();
  let size = 0;
  for (const each of waiting) {
    const own = namesOf(each.request);
    const fits =
      group.length === 0 ||
      (group.length < maxRequests &&
        size + sizeOf(each.request) <= maxSize &&
        own.every((name) => !names.has(name)));
    (fits ? group : left).push(each);
    // Also those that are left: what comes after them may not overtake them.
    for (const name of own) names.add(name);
    if (fits) size += sizeOf(each.request);
  }
  return { group, left };
}
