/** What /readyz says, of this process as it is now: asked of the parts themselves, not of what was last heard of them. */
import type { Readiness } from '../api/deps.ts';
import type { Db } from '../store/pool.ts';
import { answers } from '../store/standing.ts';
import type { Polled } from './pollers.ts';

export function createReadiness(deps: {
  db: Db;
  roles: { api: boolean; worker: boolean };
  /** whether workers poll, as Temporal sees it */
  polled: () => Promise<Polled>;
  /** whether this process's own workers run */
  isPolling: () => boolean;
}): () => Promise<Readiness> {
  const { db, roles } = deps;
  return async () => {
    const [database, polled] = await Promise.all([answers(db), deps.polled()]);
    const worker = roles.worker ? ownWorker(deps.isPolling(), polled) : workerElsewhere(polled);
    return {
      // Accepting needs the database alone: an API without Temporal still keeps its promise.
      ready: database && (roles.api || worker === 'ok'),
      database: database ? 'ok' : 'away',
      temporal: polled === 'unknown' ? 'away' : 'ok',
      worker,
    };
  };
}

const ownWorker = (isPolling: boolean, polled: Polled) => (isPolling && polled !== 'unknown' ? 'ok' : 'away');

function workerElsewhere(polled: Polled): Readiness['worker'] {
  if (polled === 'unknown') return 'unknown';
  return polled === 'yes' ? 'elsewhere' : 'away';
}
