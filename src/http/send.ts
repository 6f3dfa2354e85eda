/** One POST: to a checked address, bounded in time and size, every failure with a name. */
import type { AddressGuard } from './address-guard.ts';
import { AttemptFailedError, type AttemptFailure, errorFailure, statusFailure } from './attempt-failure.ts';
import { trustedAuthorities } from './authorities.ts';
import type { Connection } from './connection.ts';
import { createConnectionPool } from './connection-pool.ts';
import { type Connector, createConnector, triedText } from './connector.ts';
import { decodeBody } from './content-decoding.ts';
import { createEgressProxy, EgressFaultError, type EgressProxy } from './egress-proxy.ts';
import { type Exchanged, exchange, NoAnswerError, requestHead, UnfinishedHeadError } from './exchange.ts';
import { type Progress, startProgress, waitedFor } from './progress.ts';
import { MAX_RESPONSE_BYTES } from './response-reader.ts';
import type { Route } from './route.ts';
import { readTarget } from './target.ts';

export { MAX_RESPONSE_BYTES };

export type SendRequest = {
  url: string;
  headers: [string, string][];
  body: Buffer;
  /** for everything together: name, connection, headers, body */
  timeoutMs: number;
};

export type SendResponse = {
  status: number;
  headers: [string, string][];
  /** the first `MAX_RESPONSE_BYTES`, decompressed where `decodedFrom` says so */
  body: Buffer;
  truncated: boolean;
  /** bytes of the body as they came over the wire; more may have followed where it is truncated */
  rawLength: number;
  /** how the body was compressed; `null`: it was not, or it is kept as it came */
  decodedFrom: string | null;
  /** why the body is not whole, where that is the receiver's doing */
  bodyProblem: string | null;
};

export type SendResult = {
  response: SendResponse | null;
  error: AttemptFailure | null;
  /** the bytes that came where an answer could not be read, at most `MAX_RESPONSE_BYTES` */
  received: Buffer | null;
  /** `null`: it did not come to a connection */
  route: (Route & { reused: boolean; resent: boolean }) | null;
  startedAtMs: number;
  durationMs: number;
};

/** The operator's egress proxy is out of order: no attempt was made, and none may be counted. */
export type EgressFault = { fault: string };

export type Sender = {
  /** Never throws: whatever happens is a result. */
  send(request: SendRequest): Promise<SendResult | EgressFault>;
  close(): Promise<void>;
};

const WARN_EVERY_MS = 60_000;

/** @throws Error when a file of authorities cannot be read */
export function createSender(options: {
  guard: AddressGuard;
  /** PEM files of more certificate authorities to trust */
  caFiles?: readonly string[];
  /** `http:` or `https:` URL, may hold a user and a password */
  egressProxy?: string | undefined;
  /** hears of a faulty proxy, at most once a minute */
  warn?: (message: string) => void;
}): Sender {
  const ca = trustedAuthorities(options.caFiles ?? [])?.all;
  const proxy = options.egressProxy === undefined ? null : createEgressProxy(options.egressProxy, { ca });
  const { post, close } = createPosts(createConnector({ guard: options.guard, proxy, ca }));
  const warn = seldom(options.warn ?? (() => {}));

  return {
    async send(request) {
      const startedAtMs = Date.now();
      const start = performance.now();
      const progress = startProgress(request.timeoutMs);
      const ended = () => ({
        route: progress.route && { ...progress.route, reused: progress.reused, resent: progress.resent },
        startedAtMs,
        durationMs: performance.now() - start,
      });
      try {
        const exchanged = await post(request, progress);
        const facts = ended();
        const error = statusFailure(exchanged.head.status);
        return { response: await readable(exchanged), error, received: null, ...facts };
      } catch (thrown) {
        const facts = ended();
        const failed = await failure(thrown, request.timeoutMs, progress, proxy);
        if (!('fault' in failed)) return { response: null, ...failed, ...facts };
        warn(`${failed.fault} Nothing is sent until it works again; no attempt is counted.`);
        return failed;
      }
    },
    close,
  };
}

/** Requests over connections that are kept for the next one. */
function createPosts(connector: Connector) {
  const pool = createConnectionPool();
  const open = new Set<Connection>();

  async function over(
    connection: Connection,
    origin: string,
    request: { head: Buffer; body: Buffer },
    progress: Progress,
  ): Promise<Exchanged> {
    progress.route ??= { address: connection.route.address, others: [] };
    open.add(connection);
    try {
      const exchanged = await exchange(connection, request, progress);
      if (exchanged.isReusable) pool.give(origin, connection, exchanged.head.keepAliveS);
      return exchanged;
    } finally {
      open.delete(connection);
    }
  }

  async function post({ url, headers, body }: SendRequest, progress: Progress): Promise<Exchanged> {
    const target = readTarget(url);
    const request = { head: requestHead(target, headers, body.length), body };
    const waiting = pool.take(target.origin);
    if (waiting !== null) {
      progress.reused = true;
      try {
        return await over(waiting, target.origin, request, progress);
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        // The receiver closed it while it was idle, and has not read the request; it knows the id if it has.
        progress.resent = true;
        progress.reused = false;
      }
    }
    return over(await connector.connect(target, progress), target.origin, request, progress);
  }

  return {
    post,
    async close() {
      pool.close();
      for (const { socket } of open) socket.destroy();
    },
  };
}

async function readable({ head, body, truncated, rawLength, bodyProblem }: Exchanged): Promise<SendResponse> {
  const { status, headers, codings } = head;
  const decoded = await decodeBody(body, codings, MAX_RESPONSE_BYTES);
  return {
    ...{ status, headers, rawLength, bodyProblem },
    body: decoded?.body ?? body,
    truncated: truncated || (decoded?.isCut ?? false),
    decodedFrom: decoded && codings.join(', '),
  };
}

type Failed = { error: AttemptFailure; received: Buffer | null };

async function failure(
  thrown: unknown,
  timeoutMs: number,
  progress: Progress,
  proxy: EgressProxy | null,
): Promise<Failed | EgressFault> {
  if (thrown instanceof EgressFaultError) return { fault: thrown.message };
  const { isSilence, ...failed } = failedWith(thrown, timeoutMs, progress);
  // Silence may be the proxy's as well as the destination's.
  if (proxy === null || !isSilence || (await proxy.answers())) return failed;
  return { fault: `The egress proxy has stopped answering (${failed.error.code}).` };
}

function failedWith(thrown: unknown, timeoutMs: number, progress: Progress): Failed & { isSilence: boolean } {
  if (
    progress.signal.aborted &&
    (thrown === progress.signal.reason || thrown instanceof UnfinishedHeadError)
  ) {
    const received = thrown instanceof UnfinishedHeadError ? thrown.received : null;
    const tried = progress.route?.address === null ? ` ${triedText(progress.route.others)}` : '';
    const message = `No response within ${timeoutMs} ms: ${waitedFor(progress)}.${tried}`;
    return { error: { code: 'timeout', message }, received, isSilence: true };
  }
  if (thrown instanceof NoAnswerError) {
    const error = errorFailure(thrown.cause ?? thrown);
    return { error, received: null, isSilence: error.code === 'connection_reset' };
  }
  const error = errorFailure(thrown);
  const { received = null, isSilence = false } = thrown instanceof AttemptFailedError ? thrown : {};
  return {
    error,
    received,
    isSilence: isSilence || error.code === 'timeout' || error.code === 'connection_reset',
  };
}

function seldom(say: (message: string) => void): (message: string) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (message) => {
    if (performance.now() - saidAtMs < WARN_EVERY_MS) return;
    saidAtMs = performance.now();
    say(message);
  };
}
