/** Bounds of the emits that wait in memory for the database: more are refused at once with 503 `overloaded`. */
import { Problem } from '../domain/errors.ts';

export type QueueBounds = {
  /** requests that have not been answered */
  maxRequests: number;
  /** bytes of these requests together, as `bytesOf` counts them */
  maxBytes: number;
  /** how long one may wait for its turn, in ms */
  maxWaitMs: number;
};

export const UNBOUNDED: QueueBounds = {
  maxRequests: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
  maxWaitMs: 24 * 3600 * 1000,
};

/** The share of each bound that one owner may take, so that the others still find room. */
const SHARE_OF_ONE = 0.5;
const RETRY_AFTER_S = 2;

export function tooMuchAtOnce(): Problem {
  return new Problem(
    'overloaded',
    'More events are emitted at the moment than the database can store. Nothing was stored; send the request again in a few seconds.',
    { retryAfterS: RETRY_AFTER_S },
  );
}

type InFlight = { requests: number; bytes: number };

/** @returns `work` within bounds; it throws Problem overloaded for requests beyond them */
export function boundedQueue<Request, Result>(
  work: (request: Request) => Promise<Result>,
  rules: QueueBounds & { ownerOf(request: Request): string; bytesOf(request: Request): number },
): (request: Request) => Promise<Result> {
  const all: InFlight = { requests: 0, bytes: 0 };
  const owners = new Map<string, InFlight>();

  /** A single request always has room, however large it is. */
  const hasRoom = ({ requests, bytes }: InFlight, more: number, share: number) =>
    requests === 0 || (requests + 1 <= rules.maxRequests * share && bytes + more <= rules.maxBytes * share);

  return async (request) => {
    const bytes = rules.bytesOf(request);
    const owner = rules.ownerOf(request);
    const own = owners.get(owner) ?? { requests: 0, bytes: 0 };
    if (!hasRoom(all, bytes, 1) || !hasRoom(own, bytes, SHARE_OF_ONE)) throw tooMuchAtOnce();
    owners.set(owner, own);
    for (const count of [all, own]) {
      count.requests += 1;
      count.bytes += bytes;
    }
    try {
      return await work(request);
    } finally {
      for (const count of [all, own]) {
        count.requests -= 1;
        count.bytes -= bytes;
      }
      if (own.requests === 0) owners.delete(owner);
    }
  };
}
