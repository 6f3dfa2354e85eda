/** Renders /metrics: the counters of this process, and gauges read from the database and Temporal at this moment. */

import { type Gauges, readGauges } from '../store/gauges.ts';
import type { Db } from '../store/pool.ts';
import { brieflyCached } from './briefly-cached.ts';
import { DELIVERY_SERIES, ENDPOINT_STATES, type Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

/** Prometheus's text format. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The rows are counted at most once in this time, however many requests come. */
const CACHE_MS = 5_000;
/** The page is rendered at most once in this time: it takes some ms. */
const PAGE_MS = 100;

/** The page as Prometheus reads it. A gauge that cannot be read has no value; the page itself never fails. */
export function createScrape(deps: {
  metrics: Metrics;
  db: Db;
  readiness: () => Promise<Readiness>;
}): () => Promise<string> {
  const { metrics, db, readiness } = deps;

  async function refresh(): Promise<void> {
    const state = await readiness();
    metrics.databaseUp.set(state.database === 'ok' ? 1 : 0);
    metrics.temporalUp.set(state.temporal === 'ok' ? 1 : 0);
    if (state.worker === 'unknown') metrics.workerPolling.remove();
    else metrics.workerPolling.set(state.worker === 'away' ? 0 : 1);
    if (state.database !== 'ok') return forget(metrics);
    try {
      show(metrics, await readGauges(db));
    } catch {
      metrics.storageErrors.inc({ part: 'metrics' });
      forget(metrics);
    }
  }

  const refreshed = brieflyCached(CACHE_MS, refresh);
  return brieflyCached(PAGE_MS, async () => {
    await refreshed();
    return metrics.registry.metrics();
  });
}

function show({ queueAge, deliveries, endpoints }: Metrics, gauges: Gauges): void {
  queueAge.set(gauges.queueAgeS);
  deliveries.reset();
  for (const series of DELIVERY_SERIES) deliveries.set(series, 0);
  for (const { status, heldReason, count } of gauges.deliveries) {
    deliveries.set(heldReason === null ? { status } : { status, held_reason: heldReason }, count);
  }
  for (const state of ENDPOINT_STATES) endpoints.set({ state }, 0);
  for (const { state, count } of gauges.endpoints) endpoints.set({ state }, count);
}

/** Removes the gauges of the database: an old value would look current. */
function forget({ queueAge, deliveries, endpoints }: Metrics): void {
  queueAge.remove();
  deliveries.reset();
  endpoints.reset();
}
