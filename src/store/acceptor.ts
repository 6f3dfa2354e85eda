/** The acceptor of a process: concurrent emits share transactions, and more than the queue's bounds is refused. */
import { acceptAll, acceptPatiently } from './accept.ts';
import { acceptAtOnce, isOrdinary } from './accept-at-once.ts';
import type { Accepted, AcceptRequest } from './accept-rows.ts';
import { createGroupCommit, PATIENT_LOCK_TIMEOUT_MS, SHARED_LOCK_TIMEOUT_MS } from './group-commit.ts';
import { type Db, transaction } from './pool.ts';
import { boundedQueue, type QueueBounds, tooMuchAtOnce, UNBOUNDED } from './queue-bounds.ts';

export type Acceptor = {
  /** Stores the request's events; resolves when they are committed. @throws Problem as `acceptAll`; `overloaded` when too much waits */
  accept(request: AcceptRequest): Promise<Accepted>;
};

/** Shared transactions at the same time: while one waits for the disk, the next one is filled. */
const TRANSACTIONS = 2;
/** Tenants whose emits may wait for a lock at the same time. */
const PATIENT_TRANSACTIONS = 4;
const MAX_REQUESTS = 100;
const MAX_EVENTS = 1_000;

/** @param queue bounds of the requests that wait; default: none */
export function createAcceptor(db: Db, queue: QueueBounds = UNBOUNDED): Acceptor {
  const inOneStatement = async (requests: AcceptRequest[]) =>
    (await acceptAtOnce(db, requests)) ?? inTransaction(requests);
  const inTransaction = (requests: AcceptRequest[]) =>
    transaction(db, (client) => acceptAll(client, requests, { mayWait: false }), {
      lockTimeoutMs: SHARED_LOCK_TIMEOUT_MS,
    });
  const queueOf = (commit: typeof inTransaction) =>
    createGroupCommit<AcceptRequest, Accepted>({
      commit,
      commitPatiently: (requests) =>
        transaction(db, (client) => acceptPatiently(client, requests), {
          lockTimeoutMs: PATIENT_LOCK_TIMEOUT_MS,
        }),
      namesOf,
      ownerOf,
      sizeOf: ({ events }) => events.length,
      transactions: TRANSACTIONS,
      patientTransactions: PATIENT_TRANSACTIONS,
      maxRequests: MAX_REQUESTS,
      maxSize: MAX_EVENTS,
      maxWaitMs: queue.maxWaitMs,
      tooLate: tooMuchAtOnce,
    });
  // Apart, because one request that needs the transaction brings its whole group into it.
  const ordinary = queueOf(inOneStatement);
  const others = queueOf(inTransaction);
  const commit = (request: AcceptRequest) => (isOrdinary(request) ? ordinary : others)(request);
  return { accept: boundedQueue(commit, { ...queue, ownerOf, bytesOf }) };
}

const ownerOf = ({ tenant }: AcceptRequest) => tenant.id;
const bytesOf = ({ events }: AcceptRequest) => events.reduce((sum, { data }) => sum + data.length, 0);

/** Names that two repetitions of one request share; they may not be in the same transaction. */
function namesOf({ tenant, idempotency, events }: AcceptRequest): string[] {
  const ids = events.flatMap(({ id }) => (id === undefined ? [] : [`id ${tenant.id} ${id}`]));
  return idempotency === null ? ids : [`key ${tenant.id} ${idempotency.key}`, ...ids];
}
