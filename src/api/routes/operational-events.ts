/** `/v1/operational-events`: events about the work of Tidings itself, like a disabled endpoint. */
import { z } from 'zod';
import { listOperationalEvents } from '../../store/operational-events.ts';
import { callerOf } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';

const operationalEvent = z
  .object({
    id: z.string(),
    type: z.string(),
    tenant_id: z.string().nullable(),
    endpoint_id: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    created_at: z.string(),
  })
  .meta({ id: 'OperationalEvent' });

export function operationalEventRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/operational-events',
    {
      config: { access: 'read' },
      schema: {
        tags: ['operational events'],
        operationId: 'operational-events.list',
        summary: 'List operational events, newest first',
        description: "A tenant's key sees its own.",
        querystring: pageQuery,
        response: { 200: pageOf(operationalEvent) },
      },
    },
    async (request) =>
      readPage(
        request.query,
        (page) => listOperationalEvents(deps.db, callerOf(request).tenantId, page),
        (row) => ({
          id: row.id,
          type: row.type,
          tenant_id: row.tenantId,
          endpoint_id: row.endpointId,
          data: JSON.parse(row.data),
          created_at: row.createdAt.toISOString(),
        }),
      ),
  );
}
