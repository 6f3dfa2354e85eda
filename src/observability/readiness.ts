/** What /readyz says, of this process as it is now: asked of the parts themselves, not of what was last heard of them. */
import { brieflyCached } from './briefly-cached.ts';

/** Where a process stands; see /readyz. */
export type Readiness = {
  ready: boolean;
  database: 'ok' | 'away';
  temporal: 'ok' | 'away';
  worker: 'ok' | 'away' | 'elsewhere' | 'unknown';
  /** only while it does not fit this version */
  schema?: 'outdated' | 'incompatible';
  /** what to do about the schema */
  advice?: string;
};

/** Whether workers poll the task queues, as Temporal sees it. */
export type Polled = 'yes' | 'no' | 'unknown';

/** However many ask, and it needs no key, the database is asked once in this time. */
const REMEMBERED_MS = 1_000;

export function createReadiness(deps: {
  /** looks at the database, whether it is there and whether its schema fits */
  schema: {
    look(): Promise<{ database: boolean }>;
    unfit(): { schema: 'outdated' | 'incompatible'; advice: string } | null;
  };
  roles: { api: boolean; worker: boolean };
  /** whether workers poll, as Temporal sees it */
  polled: () => Promise<Polled>;
  /** whether this process's own workers run */
  isPolling: () => boolean;
}): () => Promise<Readiness> {
  const { schema, roles } = deps;
  const asked = brieflyCached(REMEMBERED_MS, async () => {
    const [{ database }, polled] = await Promise.all([schema.look(), deps.polled()]);
    return { database, polled };
  });
  return async () => {
    const { database, polled } = await asked();
    // Not remembered: requests are refused from the moment that one has found out.
    const unfit = schema.unfit();
    const worker = roles.worker ? ownWorker(deps.isPolling(), polled) : workerElsewhere(polled);
    return {
      // Accepting needs the database alone: an API without Temporal still keeps its promise.
      ready: database && unfit === null && (roles.api || worker === 'ok'),
      database: database ? 'ok' : 'away',
      temporal: polled === 'unknown' ? 'away' : 'ok',
      worker,
      ...(unfit !== null && { schema: unfit.schema, advice: unfit.advice }),
    };
  };
}

const ownWorker = (isPolling: boolean, polled: Polled) => (isPolling && polled !== 'unknown' ? 'ok' : 'away');

function workerElsewhere(polled: Polled): Readiness['worker'] {
  if (polled === 'unknown') return 'unknown';
  return polled === 'yes' ? 'elsewhere' : 'away';
}
