/**
 * Connections to checked addresses only, direct or through the egress proxy, each ended with the request that wanted
 * it: otherwise a request that gives up after a second leaves its half-open socket behind for as long as TCP tries.
 */
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type AddressGuard, portOf } from './address-guard.ts';
import type { EgressProxy } from './egress-proxy.ts';

export type Connector = {
  connect: buildConnector.connector;
  /** Calls `work`; a connection that it needs at once is given up with the signal. */
  during<Result>(signal: AbortSignal, work: () => Result): Result;
};

/** For a connection of which it is not known who waits for it; the longest timeout of an endpoint. */
const LONGEST_CONNECT_MS = 60_000;
const TCP_KEEP_ALIVE_MS = 60_000;

export function createConnector(options: {
  guard: AddressGuard;
  proxy: EgressProxy | null;
  /** PEM; default: Node's */
  ca: readonly string[] | undefined;
}): Connector {
  const { guard, proxy, ca } = options;
  const secure = buildConnector({ ...(ca && { ca: [...ca] }), timeout: 0, allowH2: false });
  // The agent asks for a connection while it takes the request, or later on its own account. Only the first can be
  // told from the call, and an async context would name the wrong request for the second.
  let waiting: AbortSignal | null = null;

  async function establish(target: buildConnector.Options, signal: AbortSignal): Promise<Socket> {
    const port = portOf(target);
    const { address } = await orAborted(guard.resolve(target.hostname, port), signal);
    const socket =
      proxy === null ? await dial(address, port, signal) : await proxy.open(address, port, signal);
    socket.setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    return target.protocol === 'https:' ? startTls(target, socket, signal) : socket;
  }

  function startTls(target: buildConnector.Options, socket: Socket, signal: AbortSignal): Promise<Socket> {
    // The certificate is checked against the name in the URL; an address has no name to send.
    const servername = isIP(target.hostname) === 0 ? (target.servername ?? target.hostname) : '';
    return new Promise<Socket>((resolve, reject) => {
      const giveUp = () => reject(signal.reason);
      const lost = () => reject(Object.assign(new Error('closed in the handshake'), { code: 'ECONNRESET' }));
      signal.addEventListener('abort', giveUp, { once: true });
      socket.once('close', lost);
      secure({ ...target, servername, httpSocket: socket }, (error, secured) => {
        signal.removeEventListener('abort', giveUp);
        socket.off('close', lost);
        if (error === null) resolve(secured);
        else reject(error);
      });
    }).catch((error) => {
      socket.destroy();
      throw error;
    });
  }

  return {
    connect(target, callback) {
      const signal = waiting ?? AbortSignal.timeout(LONGEST_CONNECT_MS);
      establish(target, signal).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
    during(signal, work) {
      waiting = signal;
      try {
        return work();
      } finally {
        waiting = null;
      }
    },
  };
}

async function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port });
  // What comes after the connection is the agent's to hear; until it listens, nothing may be thrown.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A lookup cannot be stopped, but nobody needs to wait for it. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
