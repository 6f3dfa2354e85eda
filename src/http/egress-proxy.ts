/**
 * Tunnels through the operator's HTTP proxy. It tells the proxy's own faults from the destination's: a fault of the proxy must never
 * count against the endpoint.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ATTEMPT_ERRORS } from '../domain/errors.ts';
import { AttemptFailedError } from './attempt-failure.ts';

/** A fault of the proxy, not of the destination. The message holds no secret. */
export class EgressFaultError extends Error {}

/** The proxy says that it could not reach the destination. */
class DestinationUnreachableError extends AttemptFailedError {
  constructor(code: DestinationFailure, sign: string) {
    super({ code, message: `${ATTEMPT_ERRORS[code]} (egress proxy: ${sign})` });
  }
}

type DestinationFailure = 'connection_refused' | 'timeout' | 'dns_error';

export type EgressProxy = {
  /**
   * Opens a tunnel to an address that has been checked (CONNECT, RFC 9110 section 9.3.6).
   * @throws EgressFaultError or DestinationUnreachableError, or the signal's reason
   */
  open(address: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** Whether the proxy still answers anything; asked when a request through it got no response. */
  answers(): Promise<boolean>;
};

const PROBE_TIMEOUT_MS = 1_500;
/** How long a probe's answer is kept: after an outage many requests ask for it. */
const PROBE_KEPT_MS = 1_000;
/** A port of the proxy's own machine where nothing listens: every proxy answers at once, with whatever status. */
const PROBE_TARGET = '127.0.0.1:1';

/**
 * @param url `http:` or `https:`, with a user and password where the proxy wants them (Basic)
 * @param options.ca PEM of the authorities trusted for the proxy's own TLS; default: Node's
 */
// Long because all its calls share the address and the credentials of one proxy.
export function createEgressProxy(url: string, options: { ca?: readonly string[] } = {}): EgressProxy {
  const proxy = new URL(url);
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const isTls = proxy.protocol === 'https:';
  const port = proxy.port === '' ? (isTls ? 443 : 80) : Number(proxy.port);
  const authorization = basicAuthorization(proxy);

  async function reach(signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const ca = options.ca === undefined ? {} : { ca: [...options.ca] };
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = isTls ? connectTls({ host, port, ...servername, ...ca }) : connectTcp({ host, port });
    socket.on('error', () => {});
    try {
      await once(socket, isTls ? 'secureConnect' : 'connect', { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async function ask(
    target: string,
    signal: AbortSignal,
  ): Promise<{ answer: IncomingMessage; socket: Socket }> {
    const socket = await reach(signal);
    try {
      const connect = request({
        method: 'CONNECT',
        path: target,
        headers: { host: target, ...(authorization && { 'proxy-authorization': authorization }) },
        createConnection: () => socket,
      });
      connect.on('error', () => {}).end();
      // The signal ends only the wait for the answer: the tunnel serves later requests, too.
      const [answer, , head] = (await once(connect, 'connect', { signal })) as [
        IncomingMessage,
        Socket,
        Buffer,
      ];
      if (head.length > 0) socket.unshift(head);
      return { answer, socket };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async function open(address: string, destinationPort: number, signal: AbortSignal): Promise<Socket> {
    const target = `${isIP(address) === 6 ? `[${address}]` : address}:${destinationPort}`;
    const { answer, socket } = await ask(target, signal).catch((error: Error & { code?: string }) => {
      signal.throwIfAborted();
      throw new EgressFaultError(`The egress proxy gives no answer (${error.code ?? error.name}).`);
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return socket;
    socket.destroy();
    throw refusal(status, answer.headers);
  }

  async function probe(): Promise<boolean> {
    try {
      const { socket } = await ask(PROBE_TARGET, AbortSignal.timeout(PROBE_TIMEOUT_MS));
      socket.destroy();
      return true;
    } catch {
      return false;
    }
  }

  let probing: Promise<boolean> | null = null;
  return {
    open,
    answers() {
      probing ??= probe().finally(() => {
        setTimeout(() => {
          probing = null;
        }, PROBE_KEPT_MS).unref();
      });
      return probing;
    },
  };
}

function basicAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** Squid's own header and the field of RFC 9209, for statuses that may mean the proxy or the destination. */
const SIGNS: [RegExp, DestinationFailure][] = [
  [/^ERR_CONNECT_FAIL 110$|^ERR_READ_TIMEOUT\b|\berror=connection_(read_)?timeout\b/, 'timeout'],
  [/^ERR_DNS_FAIL\b|\berror=dns_(error|timeout)\b/, 'dns_error'],
  [
    /^ERR_(CONNECT_FAIL|SECURE_CONNECT_FAIL|READ_ERROR|ZERO_SIZE_OBJECT)\b|\berror=(connection_refused|connection_terminated|destination_(unavailable|not_found|ip_unroutable))\b/,
    'connection_refused',
  ],
];

/** Reads a refusal. 502 and 504 say that the proxy could not reach the destination; another status needs one of `SIGNS` for that. */
function refusal(status: number, headers: IncomingMessage['headers']): Error {
  const signs = [headers['x-squid-error'], headers['proxy-status']].flatMap((each) => each ?? []);
  for (const [pattern, code] of SIGNS) {
    if (signs.some((sign) => pattern.test(sign)))
      return new DestinationUnreachableError(code, String(status));
  }
  if (status === 502) return new DestinationUnreachableError('connection_refused', '502');
  if (status === 504) return new DestinationUnreachableError('timeout', '504');
  return new EgressFaultError(`The egress proxy answered ${status}.`);
}
