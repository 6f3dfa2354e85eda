/** Repeats requests that may be repeated, after 429, 5xx and where no answer came. */
import { retryAfterSecondsOf } from './errors.ts';

/** Longest wait that an answer may ask for by its `retry-after`; one that asks for more is the caller's to judge. */
const MAX_WAIT_MS = 60_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** What emits events: with an idempotency key it may be repeated, and is carried out once. */
const EMITS = /\/v1\/tenants\/[^/]+\/events(\/batch)?$/;
/** Methods whose repetition changes nothing (RFC 9110, section 9.2.2). */
const REPEATABLE = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

export type Fetch = (request: Request) => Promise<Response>;

/**
 * Wraps a `fetch`. An emit without an idempotency key gets one. Other requests that change something are repeated only after a 429, which says
 * that nothing was done.
 * @param retries how many times at most
 */
export function withRetries(fetch: Fetch, retries: number): Fetch {
  return async (given) => {
    const request = withIdempotencyKey(given);
    const mayRepeat = REPEATABLE.includes(request.method) || request.headers.has('idempotency-key');
    for (let repeated = 0; ; repeated += 1) {
      if (repeated === retries) return fetch(request);
      const answer = await fetch(request.clone()).catch((error: unknown) => ({ error }));
      if ('error' in answer) {
        if (!mayRepeat || request.signal.aborted) throw answer.error;
        await pause(backOffMs(repeated), request.signal);
        continue;
      }
      const isPassing = answer.status === 429 || (mayRepeat && answer.status >= 500);
      const waitMs = Math.max(backOffMs(repeated), 1000 * (retryAfterSecondsOf(answer) ?? 0));
      if (!isPassing || waitMs > MAX_WAIT_MS) return answer;
      await answer.body?.cancel();
      await pause(waitMs, request.signal);
    }
  };
}

function withIdempotencyKey(request: Request): Request {
  if (request.method !== 'POST' || !EMITS.test(new URL(request.url).pathname)) return request;
  if (!request.headers.has('idempotency-key')) request.headers.set('idempotency-key', crypto.randomUUID());
  return request;
}

/** Twice as long each time, with jitter, so that many clients do not come back together. */
const backOffMs = (repeated: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** repeated) * (0.5 + Math.random() / 2);

/** @throws the signal's reason when it is aborted */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
