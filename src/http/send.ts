/** One POST: to a checked address, bounded in time and size, every failure with a name. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../domain/errors.ts';
import { AddressBlockedError, type AddressGuard } from './address-guard.ts';

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
  error: { code: AttemptErrorCode; message: string } | null;
  startedAtMs: number;
  durationMs: number;
};

export type Sender = {
  /** Never throws: whatever happens is a result. */
  send(request: SendRequest): Promise<SendResult>;
  close(): Promise<void>;
};

export const MAX_RESPONSE_BYTES = 16 * 1024;
const MAX_RESPONSE_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 4_000;
const CONNECTIONS_PER_ORIGIN = 64;

/** @param options.caFiles PEM files of more certificate authorities to trust */
export function createSender(options: { guard: AddressGuard; caFiles?: readonly string[] }): Sender {
  const extra = (options.caFiles ?? []).map((file) => readFileSync(file, 'utf8'));
  const ca = extra.length === 0 ? undefined : [...rootCertificates, ...extra];
  const connect = buildConnector({ ...(ca && { ca }), timeout: 30_000, allowH2: false });
  const agent = new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    // Bounded by the signal of each request instead.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(target, callback) {
      options.guard.resolve(target.hostname).then(
        ({ address }) => {
          // The certificate is checked against the name in the URL; an address has no name to send.
          const servername = isIP(target.hostname) === 0 ? (target.servername ?? target.hostname) : '';
          connect({ ...target, hostname: address, servername }, callback);
        },
        (error: Error) => callback(error, null),
      );
    },
  });

  async function send({ url, headers, body, timeoutMs }: SendRequest): Promise<SendResult> {
    const startedAtMs = Date.now();
    const start = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    const finish = (rest: Pick<SendResult, 'response' | 'error'>): SendResult => ({
      ...rest,
      startedAtMs,
      durationMs: performance.now() - start,
    });
    const target = new URL(url);
    try {
      const response = await agent.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: 'POST',
        headers: headers.flat(),
        body,
        signal,
        responseHeaders: 'raw',
      });
      const excerpt = await readExcerpt(response.body);
      const status = response.statusCode;
      return finish({
        response: { status, headers: pairs(response.headers as unknown as string[]), ...excerpt },
        error: statusError(status),
      });
    } catch (error) {
      return finish({ response: null, error: namedError(error, timeoutMs) });
    }
  }

  return { send, close: () => agent.destroy() };
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

function statusError(status: number): SendResult['error'] {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return { code: 'redirect_refused', message: `${status}: ${ATTEMPT_ERRORS.redirect_refused}` };
  }
  return { code: 'http_status', message: `The receiver answered ${status}.` };
}

const CODES: [RegExp, AttemptErrorCode][] = [
  [/^ADDRESS_BLOCKED$/, 'address_blocked'],
  [/^(ENOTFOUND|EAI_|EDNS|ENODATA|ESERVFAIL)/, 'dns_error'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL)$/, 'connection_refused'],
  [/^(UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|ETIMEDOUT)$/, 'timeout'],
  [/^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/, 'tls_error'],
];

function namedError(error: unknown, timeoutMs: number): { code: AttemptErrorCode; message: string } {
  const { name, message } = error as Error;
  const code = String((error as { code?: unknown }).code ?? '');
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { code: 'timeout', message: `No response within ${timeoutMs} ms.` };
  }
  const known = CODES.find(([pattern]) => pattern.test(code))?.[1];
  if (error instanceof AddressBlockedError) return { code: 'address_blocked', message };
  if (known !== undefined) return { code: known, message: `${ATTEMPT_ERRORS[known]} (${code})` };
  return { code: 'connection_reset', message: `${ATTEMPT_ERRORS.connection_reset} (${code || name})` };
}
