/** Pool of idle keep-alive connections, bounded in time and number. */
import type { Connection } from './connection.ts';

export type ConnectionPool = {
  /** Takes the idle connection to this origin that was used last, or `null`. */
  take(origin: string): Connection | null;
  /** Keeps a connection whose response has ended. @param keepAliveS how long the receiver says it keeps it open */
  give(origin: string, connection: Connection, keepAliveS: number | null): void;
  close(): void;
};

const KEEP_ALIVE_MS = 4_000;
/** Connections are closed this long before the receiver would: a request sent at that moment would find its connection closed. */
const MARGIN_MS = 1_000;
/** An upper bound whatever a receiver promises, because each connection takes a file descriptor. */
const LONGEST_KEEP_ALIVE_MS = 30_000;
const MAX_IDLE = 2_000;

type Idle = { origin: string; connection: Connection; timer: NodeJS.Timeout };

export function createConnectionPool(): ConnectionPool {
  const idle = new Map<string, Idle[]>();
  const all = new Set<Idle>();
  let isClosed = false;

  function remove(entry: Idle): void {
    clearTimeout(entry.timer);
    all.delete(entry);
    const there = idle.get(entry.origin) ?? [];
    there.splice(there.lastIndexOf(entry), 1);
    if (there.length === 0) idle.delete(entry.origin);
  }

  function end(entry: Idle): void {
    remove(entry);
    entry.connection.socket.destroy();
  }

  return {
    take(origin) {
      for (;;) {
        const entry = idle.get(origin)?.at(-1);
        if (entry === undefined) return null;
        remove(entry);
        if (!entry.connection.isOver()) return entry.connection;
        entry.connection.socket.destroy();
      }
    },
    give(origin, connection, keepAliveS) {
      const ms = idleMs(keepAliveS);
      if (isClosed || ms <= 0 || connection.isOver()) {
        connection.socket.destroy();
        return;
      }
      const entry: Idle = { origin, connection, timer: setTimeout(() => end(entry), ms).unref() };
      connection.hear({ data: () => end(entry), over: () => end(entry) });
      const there = idle.get(origin);
      if (there === undefined) idle.set(origin, [entry]);
      else there.push(entry);
      all.add(entry);
      const [oldest] = all;
      if (all.size > MAX_IDLE && oldest !== undefined) end(oldest);
    },
    close() {
      isClosed = true;
      for (const entry of all) end(entry);
    },
  };
}

function idleMs(keepAliveS: number | null): number {
  if (keepAliveS === null) return KEEP_ALIVE_MS;
  return Math.min(keepAliveS * 1000 - Math.min(MARGIN_MS, keepAliveS * 500), LONGEST_KEEP_ALIVE_MS);
}
