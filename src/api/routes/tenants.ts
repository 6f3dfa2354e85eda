/** `/v1/tenants`: customers of the emitting product. */
import { z } from 'zod';
import { Problem } from '../../domain/errors.ts';
import { deleteTenant, insertTenant, listTenants, type Tenant, updateTenant } from '../../store/tenants.ts';
import type { App } from '../app.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, toPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { tenantParams } from '../schemas/parameters.ts';
import { createTenantBody, patchTenantBody, presentTenant, tenantSchema } from '../schemas/tenant.ts';

const taken = (externalId: unknown) =>
  new Problem(
    'conflict',
    `Another tenant has the external_id ${externalId}. Use that tenant, or another external_id.`,
  );

export function tenantRoutes(app: App, deps: ApiDeps): void {
  const tags = ['tenants'];

  app.post(
    '/v1/tenants',
    {
      schema: {
        tags,
        summary: 'Create a tenant',
        body: createTenantBody,
        response: { 201: tenantSchema, 409: problemSchema },
      },
    },
    async ({ body }, reply) => {
      const { name, profile, contacts, external_id: externalId = null } = body;
      const tenant = await insertTenant(deps.db, { name, profile, contacts, externalId });
      if (tenant === null) throw taken(externalId);
      return reply.status(201).send(presentTenant(tenant));
    },
  );

  app.get(
    '/v1/tenants',
    {
      schema: {
        tags,
        summary: 'List tenants',
        querystring: pageQuery,
        response: { 200: pageOf(tenantSchema) },
      },
    },
    async ({ query: { cursor = null, limit } }) => {
      const rows = await listTenants(deps.db, { before: cursor, limit: limit + 1 });
      return toPage(rows, limit, (row: Tenant) => row.id, presentTenant);
    },
  );

  app.get(
    '/v1/tenants/:tenant',
    {
      schema: {
        tags,
        summary: 'Get a tenant',
        params: tenantParams,
        response: { 200: tenantSchema, 404: problemSchema },
      },
    },
    async (request) => presentTenant(await tenantOr404(deps, request.params.tenant)),
  );

  app.patch(
    '/v1/tenants/:tenant',
    {
      schema: {
        tags,
        summary: 'Change a tenant',
        params: tenantParams,
        body: patchTenantBody,
        response: { 200: tenantSchema, 404: problemSchema, 409: problemSchema },
      },
    },
    async ({ params: { tenant: given }, body }) => {
      const { id } = await tenantOr404(deps, given);
      const { name, contacts, external_id: externalId } = body;
      const change = {
        ...(name !== undefined && { name }),
        ...(contacts !== undefined && { contacts }),
        ...(externalId !== undefined && { externalId }),
      };
      const tenant = await updateTenant(deps.db, id, change);
      if (tenant === 'taken') throw taken(externalId);
      if (tenant === null) throw notFound('tenant', given);
      return presentTenant(tenant);
    },
  );

  app.delete(
    '/v1/tenants/:tenant',
    {
      schema: {
        tags,
        summary: 'Delete a tenant',
        description: 'Its endpoints go with it and what still waits is cancelled. Its log stays.',
        params: tenantParams,
        response: { 204: z.null(), 404: problemSchema },
      },
    },
    async (request, reply) => {
      const { id } = await tenantOr404(deps, request.params.tenant);
      await deleteTenant(deps.db, id);
      return reply.status(204).send(null);
    },
  );
}
