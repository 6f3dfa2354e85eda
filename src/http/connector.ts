/** Opens connections to checked addresses only, directly or through the egress proxy, and gives up when the request does. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Peer } from '../domain/peer.ts';
import type { AddressGuard } from './address-guard.ts';
import { AttemptFailedError, errorFailure } from './attempt-failure.ts';
import { type Connection, createConnection } from './connection.ts';
import { dialInTurn, UnreachableError } from './dial.ts';
import { EgressFaultError, type EgressProxy } from './egress-proxy.ts';
import type { Progress } from './progress.ts';
import type { TriedAddress } from './route.ts';
import type { Target } from './target.ts';
import { createTlsHandshake } from './tls-handshake.ts';

export type Connector = {
  /**
   * A new connection, ready for a request.
   * @throws AddressBlockedError, AttemptFailedError, EgressFaultError, the resolver's error or the signal's reason
   */
  connect(target: Target, progress: Progress): Promise<Connection>;
};

/** A socket to the receiver, and the TCP socket below it (the same without TLS). */
type Opened = { socket: Socket; tcp: Socket; acceptedAtMs: number; peer: Peer | null };

const TCP_KEEP_ALIVE_MS = 60_000;

export function createConnector(options: {
  guard: Pick<AddressGuard, 'resolve'>;
  proxy: EgressProxy | null;
  /** PEM; default: Node's */
  ca: readonly string[] | undefined;
}): Connector {
  const { guard, proxy } = options;
  const startTls = createTlsHandshake(options);

  async function connect({ host, port, isTls }: Target, progress: Progress): Promise<Connection> {
    const { signal, timings } = progress;
    progress.phase = 'name';
    const begunAtMs = performance.now();
    const addresses = await orAborted(guard.resolve(host, port), signal);
    const resolvedAtMs = performance.now();
    timings.resolveMs = resolvedAtMs - begunAtMs;
    progress.phase = proxy === null ? 'connect' : 'tunnel';

    async function dial(address: string, until: AbortSignal, accepted: () => void): Promise<Opened> {
      if (timings.connectMs === null) progress.dialled = { address, port };
      const tcp =
        proxy === null ? await dialTcp(address, port, until) : await proxy.open(address, port, until);
      tcp.setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_MS);
      const acceptedAtMs = performance.now();
      // Known also when no handshake succeeds. The connection that is taken says it again.
      timings.connectMs = acceptedAtMs - resolvedAtMs;
      progress.dialled = { address, port };
      if (!isTls) return { socket: tcp, tcp, acceptedAtMs, peer: null };
      accepted();
      progress.phase = 'tls';
      let peer: Peer | null = null;
      const socket = await startTls(tcp, { host, port }, until, (shown) => {
        peer = shown;
        progress.peer = shown;
      });
      return { socket, tcp, acceptedAtMs, peer };
    }

    try {
      const close = ({ socket }: Opened) => socket.destroy();
      const { opened, ...route } = await dialInTurn(addresses, dial, {
        ...{ signal, close, leftMs: progress.leftMs() },
      });
      const { socket, tcp, acceptedAtMs, peer } = opened;
      progress.route = route;
      progress.dialled = { address: route.address, port };
      progress.peer = peer;
      timings.connectMs = acceptedAtMs - resolvedAtMs;
      timings.tlsMs = isTls ? performance.now() - acceptedAtMs : null;
      return createConnection(socket, tcp, { route, port, peer });
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      progress.route = { address: null, others: error.others };
      signal.throwIfAborted();
      throw mostTelling(error.errors, error.others);
    }
  }

  return { connect };
}

/** Errors in the order of the way that they got: the furthest says most about what is wrong. */
const RANK = ['tls_error', 'connection_reset', 'timeout', 'connection_refused'];

function mostTelling(errors: readonly unknown[], others: readonly TriedAddress[]): unknown {
  const fault = errors.find((error) => error instanceof EgressFaultError);
  if (fault !== undefined) return fault;
  const rankOf = (error: unknown) => (RANK.indexOf(errorFailure(error).code) + RANK.length) % RANK.length;
  const [first] = errors.toSorted((a, b) => rankOf(a) - rankOf(b));
  if (others.length === 1) return first;
  const { code, message } = errorFailure(first);
  return new AttemptFailedError(
    { code, message: `${message} ${triedText(others)}` },
    { isSilence: first instanceof AttemptFailedError && first.isSilence, cause: first },
  );
}

export const triedText = (others: readonly TriedAddress[]) =>
  `Tried: ${others.map(({ address, error }) => `${address} (${error.replace(/\.$/, '')})`).join(', ')}.`;

async function dialTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port });
  // Later errors are handled by the connection's owner. Without a listener until then, an error would be thrown.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Waits for `work` until the signal ends it: a lookup cannot be stopped, but the wait for it can. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
