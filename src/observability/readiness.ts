/** Readiness of this process, as /readyz reports it, asked of the database and of Temporal at most once a second. */
import { brieflyCached } from './briefly-cached.ts';

/** The body of /readyz. */
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

/** Temporal's answer to the question whether workers poll the task queues. */
export type Polled = 'yes' | 'no' | 'unknown';

/** The database is asked at most once in this time: /readyz needs no key, so anybody may call it often. */
const REMEMBERED_MS = 1_000;

export function createReadiness(deps: {
  /** the state of the database: whether it answers, and whether its schema fits */
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
    // Not cached: the API refuses requests as soon as one of them has found that the schema does not fit.
    const unfit = schema.unfit();
    const worker = roles.worker ? ownWorker(deps.isPolling(), polled) : workerElsewhere(polled);
    return {
      // An API needs the database alone: without Temporal it still accepts events, and they are delivered later.
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
