/** A real HTTP proxy on loopback that makes CONNECT tunnels, or does with a CONNECT what it is told. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/** Bytes to write, after which the connection ends, or a function that answers by itself; `null`: a tunnel. */
type Behaviour = string | ((socket: Socket) => void) | null;

export type ConnectProxy = {
  url: string;
  port: number;
  /** the targets that were asked for, without those that only ask for a sign of life */
  targets: string[];
  /** the headers that came with the last of them */
  headers(): IncomingMessage['headers'];
  behave(behaviour: Behaviour): void;
  /** with everything that goes through it */
  die(): Promise<void>;
  rise(): Promise<void>;
};

/** @param options.auth `user:password` that it wants; @param options.tls its certificate, for https:// */
export async function startConnectProxy(
  options: { auth?: string; tls?: { key: Buffer; cert: Buffer } } = {},
): Promise<ConnectProxy> {
  const { auth, tls } = options;
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  let last: IncomingMessage['headers'] = {};
  let behaviour: Behaviour = null;
  let server: Server | null = null;
  const expected = auth === undefined ? undefined : `Basic ${Buffer.from(auth).toString('base64')}`;

  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };

  function onConnect(request: IncomingMessage, socket: Socket): void {
    const target = request.url ?? '';
    if (target !== '127.0.0.1:1') {
      targets.push(target);
      last = request.headers;
    }
    const isWelcome = expected === undefined || request.headers['proxy-authorization'] === expected;
    if (typeof behaviour === 'function') behaviour(socket);
    else if (behaviour !== null) socket.end(behaviour);
    else if (!isWelcome) socket.end(answer(407));
    else tunnel(socket, target);
  }

  function tunnel(socket: Socket, target: string): void {
    const { hostname, port } = new URL(`tunnel://${target}`);
    const through = connect(Number(port), hostname.replace(/^\[|\]$/g, ''));
    keep(through);
    const unreachable = () => socket.end(answer(502));
    through.once('error', unreachable);
    through.once('connect', () => {
      through.off('error', unreachable);
      socket.write(answer(200));
      socket.pipe(through).pipe(socket);
    });
    through.once('close', () => socket.destroy());
    socket.once('close', () => through.destroy());
  }

  async function rise(port = 0): Promise<void> {
    const next = tls === undefined ? createServer() : createTlsServer(tls);
    server = next;
    next
      .on('connection', keep)
      .on('connect', onConnect)
      .on('tlsClientError', () => {});
    await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve));
  }

  async function die(): Promise<void> {
    const dying = server;
    server = null;
    if (dying === null) return;
    const closed = new Promise((resolve) => dying.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await rise();
  const { port } = (server as unknown as Server).address() as AddressInfo;
  atEnd(die);
  const userinfo = auth === undefined ? '' : `${auth.split(':').map(encodeURIComponent).join(':')}@`;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${userinfo}127.0.0.1:${port}`,
    port,
    targets,
    headers: () => last,
    behave(next) {
      behaviour = next;
    },
    die,
    rise: () => rise(port),
  };
}

/** A response without a body. */
export function answer(status: number, ...headers: string[]): string {
  return [`HTTP/1.1 ${status} Said So`, ...headers, 'connection: close', '', ''].join('\r\n');
}
