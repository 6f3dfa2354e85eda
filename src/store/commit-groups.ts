/** Forms the groups of waiting requests that may be committed in one transaction. */

export type WaitingRequest<Request, Result> = {
  request: Request;
  resolve(result: Result): void;
  reject(error: unknown): void;
  /** by the clock of `performance.now()` */
  sinceMs: number;
};

export type CommitGroupRules<Request> = {
  /** two requests that share a name are not put into one group, and keep their order */
  namesOf(request: Request): string[];
  /** the owner of a request: a lock that is held for one owner holds up only that owner's requests */
  ownerOf(request: Request): string;
  sizeOf(request: Request): number;
  maxRequests: number;
  /** of all requests of a group together; one request alone may be larger */
  maxSize: number;
};

/**
 * Takes the first requests that may share a transaction.
 * @param taken names of requests that are being committed; a request with one of these is left
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
    // Names of requests that are left count, too: a later request with the same name must not overtake them.
    for (const name of own) names.add(name);
    if (fits) size += sizeOf(each.request);
  }
  return { group, left };
}

/** Separates the requests that have waited for longer than `maxWaitMs`. */
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
