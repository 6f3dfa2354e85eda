/**
 * Group commit of emits: those that come while others are being committed share the next transaction. No delay when it
 * is quiet, and one commit, one insert and one look at the endpoints for many when it is not.
 */
import { type Accepted, type AcceptRequest, acceptAll } from './accept.ts';
import { type Db, isDatabaseAway } from './pool.ts';

export type Acceptor = {
  /** As `acceptEvents`: resolves when it is committed. */
  accept(request: AcceptRequest): Promise<Accepted>;
};

/** One transaction waits for the disk while the next one is filled. */
const TRANSACTIONS = 2;
const MAX_REQUESTS = 100;
const MAX_EVENTS = 1_000;

type Waiting = {
  request: AcceptRequest;
  resolve(accepted: Accepted): void;
  reject(error: unknown): void;
};

export function createAcceptor(db: Db): Acceptor {
  let waiting: Waiting[] = [];
  let running = 0;

  function fill(): void {
    while (running < TRANSACTIONS && waiting.length > 0) {
      const { group, left } = takeGroup(waiting);
      waiting = left;
      running += 1;
      void commit(group).finally(() => {
        running -= 1;
        fill();
      });
    }
  }

  /** A group in which one request is refused is taken apart: the others are none of its business. */
  async function commit(group: Waiting[]): Promise<void> {
    try {
      const accepted = await acceptAll(
        db,
        group.map(({ request }) => request),
      );
      group.forEach(({ resolve }, at) => {
        resolve(accepted[at] as Accepted);
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

  return {
    accept: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        fill();
      }),
  };
}

/** The first ones that may share a transaction: two that could be the same request may not. */
function takeGroup(waiting: Waiting[]): { group: Waiting[]; left: Waiting[] } {
  const group: Waiting[] = [];
  const left: Waiting[] = [];
  const names = new Set<string>();
  let events = 0;
  for (const each of waiting) {
    const own = namesOf(each.request);
    const fits =
      group.length === 0 ||
      (group.length < MAX_REQUESTS &&
        events + each.request.events.length <= MAX_EVENTS &&
        own.every((name) => !names.has(name)));
    (fits ? group : left).push(each);
    // Also those that are left: what comes after them may not overtake them.
    for (const name of own) names.add(name);
    if (fits) events += each.request.events.length;
  }
  return { group, left };
}

function namesOf({ tenant, idempotency, events }: AcceptRequest): string[] {
  const ids = events.flatMap(({ id }) => (id === undefined ? [] : [`id ${tenant.id} ${id}`]));
  return idempotency === null ? ids : [`key ${tenant.id} ${idempotency.key}`, ...ids];
}
