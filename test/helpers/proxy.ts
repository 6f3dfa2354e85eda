/** A way to a server that can be cut and mended: what a test does when a part is to be away. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

export type ProxyServer = {
  port: number;
  /** closes every connection and refuses new ones */
  cut(): Promise<void>;
  mend(): Promise<void>;
};

export async function startProxy(target: { host: string; port: number }): Promise<ProxyServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const upstream = connect(target.port, target.host);
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on('error', () => {});
      each.on('close', () => {
        sockets.delete(each);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream).pipe(socket);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  atEnd(cut);
  return { port, cut, mend: () => listen(port) };
}
