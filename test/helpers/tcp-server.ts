/** A server on loopback that does with each connection what it is told, which need not be HTTP. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

export type TcpServer = {
  url: string;
  /** resolves when the other side has closed the first connection */
  closed: Promise<void>;
  /** Reads whatever came: a socket that nobody reads does not hear that it was closed. */
  drain(): void;
};

export async function startTcpServer(treat: (socket: Socket) => void): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let hear = () => {};
  const closed = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', hear);
    treat(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drain = () => {
    for (const socket of sockets) socket.resume();
  };
  atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, closed, drain };
}
