/** `/v1/audit-log`: who changed what. */
import { z } from 'zod';
import { listAuditEntries, type StoredAuditEntry } from '../../store/audit-log.ts';
import { callerOf } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import { endpointNames, withEndpoints } from '../endpoint-names.ts';
import type { App } from '../fastify-app.ts';
import { tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { tenantNames, withTenants } from '../tenant-names.ts';

const auditEntry = z
  .object({
    id: z.string(),
    at: z.string(),
    actor: z
      .object({
        key_id: z.string().describe('`admin`: the key from the environment. `prt_…`: a portal session.'),
        name: z.string().nullable(),
      })
      .describe('The key that was used.'),
    action: z.string().describe('`<noun>.<what was done>`, like `endpoint.updated`.'),
    tenant_id: z.string().nullable(),
    object_id: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    request_id: z.string(),
    tenant: tenantNames,
    endpoint: endpointNames,
  })
  .meta({ id: 'AuditEntry' });

export function auditLogRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/audit-log',
    {
      config: { access: 'manage' },
      schema: {
        tags: ['audit log'],
        operationId: 'audit-log.list',
        summary: 'List who changed what, newest first',
        description: "A tenant's key sees what concerns its tenant. Entries are only ever added.",
        querystring: pageQuery.extend({
          tenant: z.string().optional().describe('Only what concerns this tenant.'),
          object_id: z.string().optional().describe('Only what was done to this.'),
          action: z.string().optional(),
        }),
        response: { 200: pageOf(auditEntry), 404: problemSchema },
      },
    },
    async (request) => {
      const { tenant, object_id: objectId, action } = request.query;
      const asked = tenant === undefined ? null : (await tenantOr404(deps, request, tenant)).id;
      const tenantId = callerOf(request).tenantId ?? asked ?? undefined;
      const filter = { tenantId, objectId, action };
      const page = await readPage(
        request.query,
        (wanted) => listAuditEntries(deps.db, filter, wanted),
        present,
      );
      return withEndpoints(deps, await withTenants(deps, page), ({ action, object_id: id }) =>
        action.startsWith('endpoint.') ? id : null,
      );
    },
  );
}

function present(row: StoredAuditEntry): Omit<z.infer<typeof auditEntry>, 'tenant' | 'endpoint'> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { key_id: row.actor, name: row.actorName },
    action: row.action,
    tenant_id: row.tenantId,
    object_id: row.objectId,
    details: JSON.parse(row.details),
    request_id: row.requestId,
  };
}
