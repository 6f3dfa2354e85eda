/** `/v1/operational-events`: events about the work of Tidings itself, like a disabled endpoint. */
import { z } from 'zod';
import { listOperationalEvents } from '../../store/operational-events.ts';
import { callerOf } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import { endpointNames, withEndpoints } from '../endpoint-names.ts';
import type { App } from '../fastify-app.ts';
import { tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { tenantNames, withTenants } from '../tenant-names.ts';

const operationalEvent = z
  .object({
    id: z.string(),
    type: z.string(),
    tenant_id: z.string().nullable(),
    endpoint_id: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    created_at: z.string(),
    tenant: tenantNames,
    endpoint: endpointNames,
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
        querystring: pageQuery.extend({
          tenant: z.string().optional().describe('Only what concerns this tenant.'),
          endpoint: z
            .string()
            .optional()
            .describe('Only what concerns the endpoint with this id, also after it was deleted.'),
        }),
        response: { 200: pageOf(operationalEvent), 404: problemSchema },
      },
    },
    async (request) => {
      const { tenant, endpoint } = request.query;
      const asked = tenant === undefined ? null : (await tenantOr404(deps, request, tenant)).id;
      const tenantId = callerOf(request).tenantId ?? asked;
      const page = await readPage(
        request.query,
        (wanted) => listOperationalEvents(deps.db, { tenantId, endpointId: endpoint ?? null }, wanted),
        (row) => ({
          id: row.id,
          type: row.type,
          tenant_id: row.tenantId,
          endpoint_id: row.endpointId,
          data: JSON.parse(row.data),
          created_at: row.createdAt.toISOString(),
        }),
      );
      return withEndpoints(deps, await withTenants(deps, page), ({ endpoint_id: id }) => id);
    },
  );
}
