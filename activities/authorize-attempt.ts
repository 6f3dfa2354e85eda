/** Authorizes an attempt: at once where its credentials are static, else within its time, by the means that its auth scheme may use. */

import type { OpenEndpoint } from '../src/domain/endpoint.ts';
import { ATTEMPT_ERRORS } from '../src/domain/errors.ts';
import { type AuthMeans, type Authorization, AuthorizationError } from '../src/signing/auth-scheme.ts';
import { authorize } from '../src/signing/index.ts';
import type { ActivityDeps } from './deps.ts';

/** The operator's egress proxy does not work. Nobody else is at fault, so it counts as no attempt. */
export class EgressFaultError extends Error {}

export type AttemptAuthorizer = {
  /** @throws AuthorizationError when the credentials could not be obtained, EgressFaultError */
  authorize(): Authorization | Promise<Authorization>;
  /** what is left of the attempt's time */
  leftMs(): number;
  /** Tells that the receiver refused the credentials, so that a cached one is obtained anew. */
  refused(): void;
};

/** @param timeoutMs for the authorization and the request together */
export function createAttemptAuthorizer(
  deps: Pick<ActivityDeps, 'sender' | 'credentials' | 'logger'>,
  endpoint: OpenEndpoint,
  timeoutMs: number,
): AttemptAuthorizer {
  const start = performance.now();
  // A changed endpoint may have other credentials.
  const key = `${endpoint.id} ${endpoint.updatedAt.getTime()}`;
  const { auth } = endpoint.secrets;
  let timeUp: AbortController | null = null;
  let isWaiting = false;
  let cached: string | null = null;

  // Whole, because timers of signals take no fractions.
  const leftMs = () =>
    isWaiting ? Math.max(1, Math.ceil(timeoutMs - (performance.now() - start))) : timeoutMs;

  const means: AuthMeans = {
    async post(request) {
      const sent = await deps.sender.send({ ...request, timeoutMs: leftMs() });
      if ('fault' in sent) throw new EgressFaultError(sent.fault);
      if (sent.response === null) {
        throw new AuthorizationError(`${new URL(request.url).host}: ${sent.error?.message}`);
      }
      return { status: sent.response.status, body: sent.response.body };
    },
    nowMs: Date.now,
    get signal() {
      timeUp ??= new AbortController();
      return timeUp.signal;
    },
    async cached(make) {
      // Bounded, because other attempts wait for it, too.
      cached = await deps.credentials.get(key, () => withinTime(make(), leftMs(), () => {}));
      return cached;
    },
  };

  return {
    authorize() {
      const authorization = authorize(auth, means);
      if (!(authorization instanceof Promise)) return authorization;
      isWaiting = true;
      return withinTime(authorization, timeoutMs, () => timeUp?.abort()).catch((error: Error) => {
        throw foreseen(error) ? error : unforeseen(deps, endpoint, error);
      });
    },
    leftMs,
    refused() {
      if (cached !== null) deps.credentials.drop(key, cached);
    },
  };
}

/** @throws AuthorizationError when the time is over */
async function withinTime<Result>(
  work: Promise<Result>,
  timeoutMs: number,
  onLate: () => void,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(new AuthorizationError(`The credentials were not obtained within ${timeoutMs} ms.`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const foreseen = (error: Error) => error instanceof AuthorizationError || error instanceof EgressFaultError;

/** Logs the error's name alone: its message may quote what could not be read, such as a token. */
function unforeseen(
  { logger }: Pick<ActivityDeps, 'logger'>,
  { id, secrets }: OpenEndpoint,
  { name }: Error,
): AuthorizationError {
  logger.error({ reason: name, endpoint: id, scheme: secrets.auth.type }, 'an auth scheme has failed');
  return new AuthorizationError(ATTEMPT_ERRORS.authorization_failed);
}
