/**
 * POSTs over keep-alive connections. A connection that the receiver closed while it was idle costs no attempt: the request is sent
 * again over a new one.
 */
import type { Connection } from './connection.ts';
import { createConnectionPool } from './connection-pool.ts';
import type { Connector } from './connector.ts';
import { type Exchanged, exchange, NoAnswerError, requestHead } from './exchange.ts';
import type { Progress } from './progress.ts';
import { readTarget } from './target.ts';

export type Post = { url: string; headers: [string, string][]; body: Buffer };

export type Posts = {
  /** @throws whatever `Connector.connect` and `exchange` throw, and TypeError when a header would break out of its line */
  post(request: Post, progress: Progress): Promise<Exchanged>;
  /** Ends all connections, also those in use. */
  close(): Promise<void>;
};

export function createPosts(connector: Connector): Posts {
  const pool = createConnectionPool();
  const open = new Set<Connection>();

  async function over(
    connection: Connection,
    origin: string,
    request: { head: Buffer; body: Buffer },
    progress: Progress,
  ): Promise<Exchanged> {
    const { address } = connection.route;
    progress.route ??= { address, others: [] };
    if (address !== null) progress.dialled = { address, port: connection.port };
    progress.peer = connection.peer;
    open.add(connection);
    try {
      const exchanged = await exchange(connection, request, progress);
      if (exchanged.isReusable) pool.give(origin, connection, exchanged.head.keepAliveS);
      return exchanged;
    } finally {
      open.delete(connection);
    }
  }

  async function post({ url, headers, body }: Post, progress: Progress): Promise<Exchanged> {
    const target = readTarget(url);
    const request = { head: requestHead(target, headers, body.length), body };
    const waiting = pool.take(target.origin);
    if (waiting !== null) {
      progress.reused = true;
      try {
        return await over(waiting, target.origin, request, progress);
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        // The receiver closed the idle connection, as a rule before it read the request. If it did read it, it knows the webhook-id.
        progress.resent = true;
        progress.reused = false;
        progress.route = null;
        progress.dialled = null;
        progress.peer = null;
      }
    }
    return over(await connector.connect(target, progress), target.origin, request, progress);
  }

  return {
    post,
    async close() {
      pool.close();
      for (const { socket } of open) socket.destroy();
    },
  };
}
