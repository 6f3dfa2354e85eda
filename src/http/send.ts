/** Sends one POST to a checked address, bounded in time and size, with a typed error for every failure. */
import { isIP } from 'node:net';
import type { Peer } from '../domain/peer.ts';
import type { AddressGuard } from './address-guard.ts';
import { type AttemptFailure, statusFailure } from './attempt-failure.ts';
import { trustedAuthorities } from './authorities.ts';
import { createConnector } from './connector.ts';
import { decodeBody } from './content-decoding.ts';
import { createEgressProxy } from './egress-proxy.ts';
import type { Exchanged } from './exchange.ts';
import { createPosts, type Post } from './keep-alive.ts';
import { type Progress, startProgress, type Timings } from './progress.ts';
import { MAX_RESPONSE_BYTES } from './response-reader.ts';
import type { Route } from './route.ts';
import { type EgressFault, failureOf } from './send-failure.ts';

export { MAX_RESPONSE_BYTES };

export type SendRequest = Post & {
  /** for name resolution, connection, headers and body together */
  timeoutMs: number;
};

export type SendResponse = {
  status: number;
  headers: [string, string][];
  /** the first `MAX_RESPONSE_BYTES`, decompressed where `decodedFrom` says so */
  body: Buffer;
  truncated: boolean;
  /** how many bytes of the body came over the wire; more may have followed where it is truncated */
  rawLength: number;
  /** the codings that were decoded; `null`: there were none, or the body is kept as it came */
  decodedFrom: string | null;
  /** why the body is not whole, where the receiver is the cause */
  bodyProblem: string | null;
};

export type SendResult = {
  response: SendResponse | null;
  error: AttemptFailure | null;
  /** the bytes of a response that could not be read, at most `MAX_RESPONSE_BYTES` */
  received: Buffer | null;
  /** `null`: no address was dialled */
  route: (Route & { reused: boolean; resent: boolean }) | null;
  timings: Timings & { reused: boolean };
  /** `address:port`, the address of IPv6 in brackets; `null`: none was dialled, or the egress proxy was to dial it */
  remoteAddress: string | null;
  /** what the receiver showed of itself; `null`: it did not come to that, or there is no TLS */
  peer: Peer | null;
  startedAtMs: number;
  durationMs: number;
};

export type Sender = {
  /** Never throws: every failure is a result. */
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
  /** called for a faulty proxy, at most once a minute */
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
        timings: { ...progress.timings, reused: progress.reused },
        remoteAddress: proxy === null ? remoteAddress(progress) : null,
        peer: progress.peer,
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
        const failed = await failureOf(thrown, request.timeoutMs, progress, proxy);
        if (!('fault' in failed)) return { response: null, ...failed, ...facts };
        warn(`${failed.fault} Nothing is sent until it works again; no attempt is counted.`);
        return failed;
      } finally {
        progress.end();
      }
    },
    close,
  };
}

function remoteAddress({ dialled }: Progress): string | null {
  if (dialled === null) return null;
  const { address, port } = dialled;
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
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

function seldom(say: (message: string) => void): (message: string) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (message) => {
    if (performance.now() - saidAtMs < WARN_EVERY_MS) return;
    saidAtMs = performance.now();
    say(message);
  };
}
