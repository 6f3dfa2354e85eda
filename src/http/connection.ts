/** A connection to a receiver, which carries one request after the other, and who hears what comes over it. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Route } from './route.ts';

export type Listener = {
  data(bytes: Buffer): void;
  /** no more comes; `error` where it did not end in order */
  over(error: (Error & { code?: string }) | null): void;
};

export type Connection = {
  socket: Socket;
  /** how it came about */
  route: Route;
  isOver(): boolean;
  /** Ends it. What of a request was not taken is dropped: the system would keep it until the receiver reads again. */
  end(): void;
  /** From now on `listener` hears what comes, in place of the one before it. */
  hear(listener: Listener): void;
};

/**
 * Nothing is read from the socket until somebody listens.
 * @param tcp the socket below TLS; without TLS the same one
 */
export function createConnection(socket: Socket, tcp: Socket, route: Route): Connection {
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
    route,
    isOver: () => isOver || socket.destroyed,
    end() {
      // A tunnel to a proxy that speaks TLS itself has no TCP to reset.
      if (socket.writableLength > 0 && !tcp.destroyed && !(tcp instanceof TLSSocket)) tcp.resetAndDestroy();
      socket.destroy();
    },
    hear(listener) {
      if (hearing === null) socket.on('data', (bytes: Buffer) => hearing?.data(bytes));
      hearing = listener;
    },
  };
}
