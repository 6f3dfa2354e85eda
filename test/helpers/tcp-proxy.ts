/** A network on loopback that can be slow, swallow everything, or refuse. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

export type TcpProxy = {
  host: string;
  port: number;
  /** `url` with the proxy instead of what it names */
  through(url: string): string;
  /** every piece takes so long each way, at random between the two */
  delay(minMs: number, maxMs: number): void;
  /** connections stay open, and nothing comes through any more; new ones are accepted and stay silent */
  swallow(): void;
  /** everything comes through again; what was swallowed is gone, and so are the connections that it was swallowed on */
  heal(): Promise<void>;
  /** nobody listens any more */
  refuse(): Promise<void>;
};

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const swallowed = new Set<Socket>();
  let delayMs: [number, number] = [0, 0];
  let isSwallowing = false;
  let server: Server | null = null;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  }

  function join(near: Socket): void {
    keep(near);
    const far = connect(target.port, target.host);
    keep(far);
    carry(near, far);
    carry(far, near);
  }

  /** Keeps the order: a piece never overtakes the one before it. */
  function carry(from: Socket, to: Socket): void {
    let freeAt = 0;
    const later = (work: () => void) => {
      if (isSwallowing) {
        swallowed.add(from).add(to);
        return;
      }
      const [min, max] = delayMs;
      freeAt = Math.max(freeAt, performance.now() + min + Math.random() * (max - min));
      const waitMs = freeAt - performance.now();
      if (waitMs < 1) work();
      else setTimeout(work, waitMs);
    };
    from.on('data', (piece) => later(() => to.write(piece)));
    from.on('close', () => later(() => to.destroy()));
  }

  async function listen(port: number): Promise<void> {
    const next = createServer(join);
    server = next;
    await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve));
  }

  async function refuse(): Promise<void> {
    const closing = server;
    server = null;
    const closed = closing && new Promise((resolve) => closing.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await listen(0);
  const { port } = (server as unknown as Server).address() as AddressInfo;
  atEnd(refuse);
  return {
    host: '127.0.0.1',
    port,
    through(url) {
      const other = new URL(url);
      other.hostname = '127.0.0.1';
      other.port = String(port);
      return other.href;
    },
    delay(min, max) {
      delayMs = [min, max];
    },
    swallow() {
      isSwallowing = true;
    },
    async heal() {
      isSwallowing = false;
      delayMs = [0, 0];
      for (const socket of swallowed) socket.destroy();
      swallowed.clear();
      if (server === null) await listen(port);
    },
    refuse,
  };
}
