/** One POST: to a checked address, bounded in time and size, every failure with a name. */
import { Agent, type Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { type AttemptFailure, errorFailure, statusFailure } from './attempt-failure.ts';
import { trustedAuthorities } from './authorities.ts';
import { createConnector } from './connector.ts';
import { createEgressProxy, EgressFaultError } from './egress-proxy.ts';

export type SendRequest = {
  url: string;
  headers: [string, string][];
  body: Buffer;
  /** for everything together: name, connection, headers, body */
  timeoutMs: number;
};

export type SendResult = {
  response: {
    status: number;
    headers: [string, string][];
    /** the first `MAX_RESPONSE_BYTES` */
    body: Buffer;
    truncated: boolean;
  } | null;
  error: AttemptFailure | null;
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

export const MAX_RESPONSE_BYTES = 16 * 1024;
const MAX_RESPONSE_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 4_000;
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
  const connector = createConnector({ guard: options.guard, proxy, ca });
  const warn = seldom(options.warn ?? (() => {}));
  const agent = new Agent({
    // As many connections to an origin as there are requests, which each endpoint's cap bounds: with a limit here, the
    // hanging endpoints of a large host would hold up the others there.
    connections: null,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    // Bounded by the signal of each request instead.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector.connect,
  });

  async function post({ url, headers, body }: SendRequest, signal: AbortSignal) {
    const target = new URL(url);
    const response = await connector.during(signal, () =>
      agent.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: 'POST',
        headers: headers.flat(),
        body,
        signal,
        responseHeaders: 'raw',
      }),
    );
    const excerpt = await readExcerpt(response.body);
    const status = response.statusCode;
    return {
      response: { status, headers: pairs(response.headers as unknown as string[]), ...excerpt },
      error: statusFailure(status),
    };
  }

  async function failed(thrown: unknown, timeoutMs: number): Promise<AttemptFailure | EgressFault> {
    if (thrown instanceof EgressFaultError) return { fault: thrown.message };
    const error = errorFailure(thrown, timeoutMs);
    const isSilent = error.code === 'timeout' || error.code === 'connection_reset';
    // Silence may be the proxy's as well as the destination's.
    if (proxy === null || !isSilent || (await proxy.answers())) return error;
    return { fault: `The egress proxy has stopped answering (${error.code}).` };
  }

  return {
    async send(request) {
      const startedAtMs = Date.now();
      const start = performance.now();
      const signal = AbortSignal.timeout(request.timeoutMs);
      try {
        const answered = await post(request, signal);
        return { ...answered, startedAtMs, durationMs: performance.now() - start };
      } catch (thrown) {
        const durationMs = performance.now() - start;
        const error = await failed(thrown, request.timeoutMs);
        if (!('fault' in error)) return { response: null, error, startedAtMs, durationMs };
        warn(`${error.fault} Nothing is sent until it works again; no attempt is counted.`);
        return error;
      }
    },
    close: () => agent.destroy(),
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

/** The status decides: a body that breaks off, drips or never ends is cut, and the connection closed. */
async function readExcerpt(
  body: Dispatcher.ResponseData['body'],
): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  let truncated = false;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_RESPONSE_BYTES) {
        truncated = true;
        break;
      }
    }
  } catch {
    truncated = true;
  }
  return { body: Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES), truncated };
}

function pairs(raw: readonly (string | Buffer)[]): [string, string][] {
  const result: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    result.push([text(raw[at]), text(raw[at + 1])]);
  }
  return result;
}

const text = (value: string | Buffer | undefined) =>
  typeof value === 'string' ? value : (value ?? Buffer.alloc(0)).toString('latin1');
