/** `/metrics` for Prometheus. It is public like the probes, because nothing in it belongs to a tenant. */
import { z } from 'zod';
import { METRICS_CONTENT_TYPE } from '../../observability/metrics-page.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';

export function metricsRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        operationId: 'metrics.scrape',
        summary: 'Get the metrics, for Prometheus',
        security: [],
        produces: ['text/plain'],
        response: { 200: z.string() },
      },
    },
    async (_request, reply) =>
      reply.type(METRICS_CONTENT_TYPE).send(Buffer.from(await deps.scrape()) as never),
  );
}
