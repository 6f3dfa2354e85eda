/** Listens for PostgreSQL's NOTIFY on a connection of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../store/pool.ts';

export type NotifyListener = {
  start(): void;
  /** Resolves when the connection is closed. */
  stop(): Promise<void>;
};

/**
 * Without a connection nothing is heard, so whoever listens polls as well. This is no periodic task, since it waits for the end of a
 * connection.
 * @param options.retryMs pause before a lost connection is opened again
 */
export function listenForNotify(
  db: Db,
  channel: string,
  { onNotify, retryMs }: { onNotify: () => void; retryMs: number },
): NotifyListener {
  let running = false;
  let endWait: () => void = () => {};
  let listening: Promise<void> = Promise.resolve();

  async function listen(): Promise<void> {
    while (running) {
      try {
        const client = await db.connect();
        await new Promise<void>((resolve) => {
          client.on('notification', onNotify);
          client.once('error', () => resolve());
          client.once('end', () => resolve());
          endWait = resolve;
          client.query(`listen ${channel}`).catch(() => resolve());
          if (!running) resolve();
        });
        client.release(true);
      } catch {
        // The database is away: tried again below.
      }
      if (running) await sleep(retryMs);
    }
  }

  return {
    start() {
      running = true;
      listening = listen();
    },
    async stop() {
      running = false;
      endWait();
      await listening;
    },
  };
}
