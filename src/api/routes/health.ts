/** `/healthz` and `/readyz` for probes, `/openapi.json`, and `/`, which leads to the pages or, without them, to the API reference. */
import { z } from 'zod';
import { VERSION } from '../../package-root.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { FIRST_PAGE } from '../pages.ts';

const part = z.enum(['ok', 'away']);

/** As `Readiness` of src/observability/readiness.ts. */
export const readinessSchema = z.object({
  ready: z.boolean(),
  database: part,
  temporal: part.describe('While it is away, events are accepted and wait.'),
  worker: z
    .enum(['ok', 'away', 'elsewhere', 'unknown'])
    .describe(
      '`ok`: the worker of this process runs. `elsewhere`: this process has none, another one runs. `away`: no worker runs. ' +
        '`unknown`: Temporal is away.',
    ),
  schema: z
    .enum(['outdated', 'incompatible'])
    .optional()
    .describe('Only while the schema does not fit this version; `advice` says what to do.'),
  advice: z.string().optional(),
});

export function healthRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags: ['health'],
        operationId: 'health.get',
        summary: 'Check whether the process lives',
        security: [],
        response: { 200: z.object({ status: z.literal('ok'), version: z.string() }) },
      },
    },
    async () => ({ status: 'ok' as const, version: VERSION }),
  );

  const readiness = readinessSchema;
  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        operationId: 'readiness.get',
        summary: 'Check whether requests can be served, and which parts are away',
        security: [],
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const body = await deps.readiness();
      return reply.status(body.ready ? 200 : 503).send(body);
    },
  );

  let document: Buffer | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type('application/json').send(document);
  });
  const first = deps.pages === null ? '/docs' : FIRST_PAGE;
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect(first));
}
