/**
 * Changes of the tenants that somebody watches: one reader a process, which reads them once a second from the database, and nothing
 * while nobody watches.
 */
import { clockOffsetMs } from '../domain/clock.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createPeriodicTask, type PeriodicTask } from '../periodic-task.ts';
import { type Change, readChanges } from '../store/changes.ts';
import type { Db } from '../store/pool.ts';

export type Watcher = {
  /** @param untilMs everything up to then has been handed over, but for what is committed late; Unix ms */
  take(changes: Change[], untilMs: number): void;
  /** There was more than can be handed over: what the watcher knows may be old. */
  missed(untilMs: number): void;
  /** The tenant is deleted. */
  gone(): void;
};

export type ChangeFeed = {
  /**
   * Hands changes of a tenant over from now on.
   * @param sinceMs hands over first what has changed since then, in Unix ms; `null`: nothing
   * @returns a function that ends that. Every change that is committed after the promise resolves is handed over
   */
  watch(tenantId: string, sinceMs: number | null, watcher: Watcher): Promise<() => void>;
  /** the time of the database, in Unix ms */
  nowMs(): number;
  close(): Promise<void>;
};

const EVERY_MS = 1_000;
/** How long after its id was made a row may be committed: an emit waits for the database for up to ten seconds. */
const COMMIT_MS = 15_000;
/** The same of an attempt, which gets its time as it is written. */
const ATTEMPT_COMMIT_MS = 5_000;
/** A change is known for longer than it can be read again. */
const KNOWN_MS = 4 * COMMIT_MS;
/** What is older is not handed over later. */
export const RESUMABLE_MS = 10 * 60_000;

type Watched = {
  watchers: Set<Watcher>;
  /** keys of the changes that were handed over, and when */
  known: Map<string, number>;
  operations: Set<string>;
  /** whether what had changed before is known: a round leaves a tenant out until then */
  isKnown: boolean;
};

const unknown = (): Watched => ({
  watchers: new Set(),
  known: new Map(),
  operations: new Set(),
  isKnown: false,
});

const nowMs = () => Date.now() + clockOffsetMs();

// Long because reading, knowing and handing over share one state.
export function createChangeFeed({
  db,
  metrics,
  logger,
}: {
  db: Db;
  metrics: Pick<Metrics, 'taskFailures'>;
  logger: Logger;
}): ChangeFeed {
  const tenants = new Map<string, Watched>();
  /** when the last round began that was read to its end */
  let readToMs = 0;
  /** runs while somebody watches */
  let task: PeriodicTask | null = null;

  function startReading(): void {
    task = createPeriodicTask({
      name: 'changes for streams',
      failures: metrics.taskFailures,
      everyMs: EVERY_MS,
      work: round,
      logger,
      failed: 'the changes of tenants could not be read',
    });
    task.start();
  }

  async function stopReading(): Promise<void> {
    const stopped = task;
    task = null;
    await stopped?.stop();
  }

  const read = (ids: string[], sinceMs: number, operations: readonly string[]) =>
    readChanges(db, ids, { idsMs: sinceMs - COMMIT_MS, attemptsMs: sinceMs - ATTEMPT_COMMIT_MS }, operations);

  async function round(): Promise<void> {
    const ids = [...tenants].flatMap(([id, { isKnown }]) => (isKnown ? [id] : []));
    if (ids.length === 0) return;
    const atMs = nowMs();
    const operations = ids.flatMap((id) => [...(tenants.get(id)?.operations ?? [])]);
    const sinceMs = Math.max(readToMs, atMs - RESUMABLE_MS);
    const { changes, full, attemptsFromMs, gone } = await read(ids, sinceMs, operations);
    const areAttemptsCut = attemptsFromMs !== null && attemptsFromMs > sinceMs;
    for (const [id, watched] of tenants) {
      if (!ids.includes(id)) continue;
      if (gone.has(id)) for (const watcher of watched.watchers) watcher.gone();
      const ofTenant = changes.filter(({ tenantId }) => tenantId === id);
      const isCut = areAttemptsCut || sinceMs > readToMs;
      // Where all that was read is new, there may have been more.
      const hasMissed = full.some(
        ({ tenantId, keys }) => tenantId === id && keys.every((key) => !watched.known.has(key)),
      );
      const fresh = note(watched, ofTenant, atMs);
      for (const { keys } of full) for (const key of keys) watched.known.set(key, atMs);
      for (const watcher of watched.watchers) {
        if (fresh.length > 0) watcher.take(fresh, atMs);
        if (isCut || hasMissed) watcher.missed(atMs);
      }
    }
    readToMs = atMs;
  }

  /** @returns the changes that were not known, which are known from now on */
  function note(watched: Watched, changes: Change[], atMs: number): Change[] {
    for (const [key, knownAtMs] of watched.known) if (knownAtMs < atMs - KNOWN_MS) watched.known.delete(key);
    const fresh = changes.filter(({ key }) => !watched.known.has(key));
    // Set anew, so that what is still read stays known.
    for (const { key } of changes) watched.known.set(key, atMs);
    for (const change of changes) {
      if (change.kind !== 'operation') continue;
      const { id, status, open } = change.operation;
      if (status === 'running' || open > 0) watched.operations.add(id);
      else watched.operations.delete(id);
    }
    return fresh;
  }

  async function watch(tenantId: string, sinceMs: number | null, watcher: Watcher): Promise<() => void> {
    const atMs = nowMs();
    const isTooOld = sinceMs !== null && sinceMs < atMs - RESUMABLE_MS;
    const fromMs = sinceMs === null || isTooOld ? atMs : Math.min(sinceMs, atMs);
    if (tenants.size === 0) {
      readToMs = atMs;
      startReading();
    }
    const watched = tenants.get(tenantId) ?? unknown();
    tenants.set(tenantId, watched);
    watched.watchers.add(watcher);
    const stop = () => {
      watched.watchers.delete(watcher);
      if (watched.watchers.size > 0 || tenants.get(tenantId) !== watched) return;
      tenants.delete(tenantId);
      if (tenants.size === 0) void stopReading();
    };
    try {
      const { changes, full, attemptsFromMs } = await read([tenantId], fromMs, []);
      if (!watched.isKnown) {
        const fresh = note(watched, changes, atMs);
        // Others who have come meanwhile: the rounds will not tell them of these.
        for (const other of watched.watchers) if (other !== watcher) other.take(fresh, atMs);
        watched.isKnown = true;
      }
      if (sinceMs === null) return stop;
      watcher.take(changes, atMs);
      if (isTooOld || full.length > 0 || attemptsFromMs !== null) watcher.missed(atMs);
      return stop;
    } catch (error) {
      stop();
      throw error;
    }
  }

  return {
    watch,
    nowMs,
    async close() {
      tenants.clear();
      await stopReading();
    },
  };
}
