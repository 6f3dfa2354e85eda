/** A connection to a receiver: it carries one request after another, and passes the bytes that arrive to one listener. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Peer } from '../domain/peer.ts';
import type { Route } from './route.ts';

export type Listener = {
  data(bytes: Buffer): void;
  /** the connection has ended; `error`: not in order */
  over(error: (Error & { code?: string }) | null): void;
};

export type Connection = {
  socket: Socket;
  /** the address it leads to, and those tried before */
  route: Route;
  /** its port at that address */
  port: number;
  /** `null`: it has no TLS */
  peer: Peer | null;
  isOver(): boolean;
  /** Closes the connection. Bytes that the receiver has not taken are dropped; the system would keep them until it reads again. */
  end(): void;
  /** Makes `listener` the one that gets the bytes from now on. */
  hear(listener: Listener): void;
};

/**
 * Reads nothing from the socket until there is a listener.
 * @param tcp the socket below TLS; without TLS the same one
 */
export function createConnection(
  socket: Socket,
  tcp: Socket,
  facts: Pick<Connection, 'route' | 'port' | 'peer'>,
): Connection {
  let hearing: Listener | null = null;
  let isOver = false;
  const end = (error: Error | null) => {
    if (isOver) return;
    isOver = true;
    hearing?.over(error);
  };
  socket
    .on('end', () => end(null))
    .on('error', end)
    .on('close', () => end(null));
  return {
    socket,
    ...facts,
    isOver: () => isOver || socket.destroyed,
    end() {
      // With a proxy that speaks TLS itself, `tcp` is a TLS socket, which cannot be reset.
      if (socket.writableLength > 0 && !tcp.destroyed && !(tcp instanceof TLSSocket)) tcp.resetAndDestroy();
      socket.destroy();
    },
    hear(listener) {
      if (hearing === null) socket.on('data', (bytes: Buffer) => hearing?.data(bytes));
      hearing = listener;
    },
  };
}
