/** Requests that wait to be committed, and which of them may go together. */

export type WaitingRequest<Request, Result> = {
  request: Request;
  resolve(result: Result): void;
  reject(error: unknown): void;
  /** by the clock of `performance.now()` */
  sinceMs: number;
};

export type CommitGroupRules<Request> = {
  /** of those that wait, two that share a name are not put into one group, and keep their order */
  namesOf(request: Request): string[];
  /** who may hold it up: a lock that one owner holds makes only requests of that owner wait */
  ownerOf(request: Request): string;
  sizeOf(request: Request): number;
  maxRequests: number;
  /** of all requests of a group together; one request alone may be larger */
  maxSize: number;
};

/**
 * The first ones that may share a transaction.
 * @param taken names that none of them may have
 */
export function takeGroup<Request, Result>(
  waiting: WaitingRequest<Request, Result>[],
  { namesOf, sizeOf, maxRequests, maxSize }: CommitGroupRules<Request>,
  taken: ReadonlySet<string> = new Set(),
): { group: WaitingRequest<Request, Result>[]; left: WaitingRequest<Request, Result>[] } {
  const group: WaitingRequest<Request, Result>[] = [];
  const left: WaitingRequest<Request, Result>[] = [];
  const names = new Set<string>();
  let size = 0;
  for (const [at, each] of waiting.entries()) {
    if (group.length === maxRequests) {
      left.push(...waiting.slice(at));
      break;
    }
    const own = namesOf(each.request);
    const fits =
      (group.length === 0 || size + sizeOf(each.request) <= maxSize) &&
      own.every((name) => !names.has(name) && !taken.has(name));
    (fits ? group : left).push(each);
    // Also those that are left: what comes after them may not overtake them.
    for (const name of own) names.add(name);
    if (fits) size += sizeOf(each.request);
  }
  return { group, left };
}

/** Parts those that have waited for longer than `maxWaitMs` from the others. */
export function expired<Request, Result>(
  waiting: WaitingRequest<Request, Result>[],
  maxWaitMs = Number.POSITIVE_INFINITY,
): { late: WaitingRequest<Request, Result>[]; left: WaitingRequest<Request, Result>[] } {
  const before = performance.now() - maxWaitMs;
  return {
    late: waiting.filter(({ sinceMs }) => sinceMs < before),
    left: waiting.filter(({ sinceMs }) => sinceMs >= before),
  };
}
