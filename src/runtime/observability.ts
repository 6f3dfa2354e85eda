/** Makes the observability of a process: metrics, traces, readiness, and the separate server for /metrics and the probes. */
import type { Environment } from '../config/environment.ts';
import type { Logger } from '../observability/logger.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createScrape } from '../observability/metrics-page.ts';
import { type Monitoring, startMonitoring } from '../observability/monitoring-server.ts';
import { createReadiness, type Readiness } from '../observability/readiness.ts';
import { createTracing, type Tracing } from '../observability/tracing.ts';
import { VERSION } from '../package-root.ts';
import type { Db } from '../store/pool.ts';
import type { TemporalLink } from '../temporal/connection.ts';
import { watchPollers } from '../temporal/pollers.ts';
import type { SchemaWatch } from './schema-watch.ts';

export type Observability = {
  metrics: Metrics;
  tracing: Tracing;
  readiness: () => Promise<Readiness>;
  /** the page of /metrics */
  scrape: () => Promise<string>;
  /** Starts the separate server, if TIDINGS_METRICS_PORT is set. @throws Error when the port is taken */
  serve(): Promise<Monitoring | null>;
};

export function createObservability(deps: {
  environment: Environment;
  db: Db;
  schema: SchemaWatch;
  link: TemporalLink;
  roles: { api: boolean; worker: boolean };
  /** whether this process's own workers run */
  isPolling: () => boolean;
  /** PEM of the authorities trusted for the collector's TLS; default: Node's */
  authorities: readonly string[] | undefined;
  logger: Logger;
}): Observability {
  const { environment: env, db, schema, link, roles, isPolling, authorities, logger } = deps;
  const metrics = createMetrics();
  const polled = watchPollers(link, env.TIDINGS_TASK_QUEUE);
  const readiness = createReadiness({ schema, roles, polled, isPolling });
  const scrape = createScrape({ metrics, db, readiness });
  return {
    metrics,
    tracing: createTracing(env, VERSION, logger, authorities),
    readiness,
    scrape,
    async serve() {
      const { TIDINGS_METRICS_PORT: port, TIDINGS_METRICS_HOST: host } = env;
      if (port === undefined) return null;
      const monitoring = await startMonitoring({ port, host, readiness, scrape });
      logger.info({ url: monitoring.url }, 'metrics and probes are served');
      return monitoring;
    },
  };
}
