/** `/v1/tenants/:t/endpoints`: create, list, get, change and delete endpoints; their statistics. */
import { z } from 'zod';
import type { Endpoint } from '../../domain/endpoint.ts';
import { UNDER_WAY_MS } from '../../domain/missed-event.ts';
import { recoverSelection } from '../../domain/operation.ts';
import { countDeliveries, STATS_DELIVERIES } from '../../store/deliveries.ts';
import { listAllEndpoints, TROUBLES } from '../../store/endpoint-list.ts';
import { listEndpoints } from '../../store/endpoints.ts';
import { countSelected } from '../../store/selection-counts.ts';
import type { Tenant } from '../../store/tenants.ts';
import { auditedAlone } from '../audit.ts';
import { requireReveal } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import { changeEndpoint, createEndpoint, removeEndpoint } from '../endpoint-changes.ts';
import type { App } from '../fastify-app.ts';
import { disableAfterMs, endpointOr404, notFound, opened, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import {
  createEndpointBody,
  endpointSchema,
  endpointStats,
  listedEndpoint,
  patchEndpointBody,
  presentEndpoint,
  presentStats,
} from '../schemas/endpoint.ts';
import { endpointParams, revealQuery, tenantParams } from '../schemas/parameters.ts';

// Long because it declares one route after the other, each with its schemas and its handler.
export function endpointRoutes(app: App, deps: ApiDeps): void {
  const tags = ['endpoints'];
  const { db, vault } = deps;

  app.post(
    '/v1/tenants/:tenant/endpoints',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.create',
        summary: 'Create an endpoint',
        params: tenantParams,
        body: createEndpointBody,
        response: { 201: endpointSchema },
      },
    },
    async (request, reply) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const endpoint = await createEndpoint(deps, request, tenant, request.body);
      const secret = endpoint.secrets.signing[0]?.value;
      return reply.status(201).send({
        ...presentEndpoint(endpoint, disableAfterMs(deps, tenant), endpoint.secrets.url),
        ...(secret !== undefined && { secret }),
      });
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'endpoints.list',
        summary: "List a tenant's endpoints",
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: pageOf(endpointSchema) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      return readPage(
        request.query,
        (page) => listEndpoints(db, vault, tenant.id, page),
        (row) => presentEndpoint(row, disableAfterMs(deps, tenant)),
      );
    },
  );

  app.get(
    '/v1/endpoints',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'endpoints.list-all',
        summary: 'List the endpoints of all tenants',
        description:
          'With `state` a page may be short or empty although more items follow: go on while there is a `next_cursor`.',
        querystring: pageQuery.extend({
          state: z
            .enum([...TROUBLES, 'troubled'])
            .optional()
            .describe("Only those that are so; `troubled`: any of these. The operator's own is one of them."),
        }),
        response: { 200: pageOf(listedEndpoint) },
      },
    },
    async ({ query }) =>
      readPage(
        query,
        (page) => listAllEndpoints(db, vault, query.state ?? null, page),
        ({ tenant: { name, externalId, disableAfterS }, ...endpoint }) => ({
          ...presentEndpoint(endpoint, disableAfterMs(deps, { disableAfterS })),
          tenant: { name, external_id: externalId },
        }),
      ),
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'endpoints.get',
        summary: 'Get an endpoint',
        params: endpointParams,
        querystring: revealQuery,
        response: { 200: endpointSchema },
      },
    },
    async (request) => {
      const { reveal } = request.query;
      if (reveal) requireReveal(request);
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const endpoint = await endpointOr404(deps, tenant, request.params.endpoint);
      const act = { action: 'endpoint.url_revealed', tenantId: tenant.id, objectId: endpoint.id };
      const afterMs = disableAfterMs(deps, tenant);
      if (!reveal) return presentEndpoint(endpoint, afterMs);
      const { url } = opened(endpoint).secrets;
      await auditedAlone(deps, request, act);
      return presentEndpoint(endpoint, afterMs, url);
    },
  );

  app.patch(
    '/v1/tenants/:tenant/endpoints/:endpoint',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.update',
        summary: 'Change, enable or disable an endpoint',
        description:
          'A change applies from the next attempt. Disabling ends the deliveries that wait for the endpoint.',
        params: endpointParams,
        body: patchEndpointBody,
        response: { 200: endpointSchema },
      },
    },
    async (request) => {
      const { tenant: given, endpoint: id } = request.params;
      const tenant = await tenantOr404(deps, request, given);
      const changed = await changeEndpoint(deps, request, tenant, id, request.body);
      if (changed === null) throw notFound('endpoint', id);
      const offer = await recoverOffer(deps, tenant, changed);
      return {
        ...presentEndpoint(changed.after, disableAfterMs(deps, tenant)),
        ...(offer !== null && { recover: offer }),
      };
    },
  );

  app.delete(
    '/v1/tenants/:tenant/endpoints/:endpoint',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.delete',
        summary: 'Delete an endpoint',
        params: endpointParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant: given, endpoint: id } = request.params;
      const tenant = await tenantOr404(deps, request, given);
      if (!(await removeEndpoint(deps, request, tenant, id))) throw notFound('endpoint', id);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint/stats',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'endpoints.get-stats',
        summary: "Count an endpoint's deliveries by status and error",
        description: `Reads the newest ${STATS_DELIVERIES} deliveries, and counts those that are no tests. If there are older ones, \`counted_since\` says from when on.`,
        params: endpointParams,
        response: { 200: endpointStats },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const endpoint = await endpointOr404(deps, tenant, request.params.endpoint);
      return presentStats(endpoint, await countDeliveries(db, endpoint.id));
    },
  );
}

/** The offer to recover what an endpoint missed before it was enabled again; `null`: it missed nothing. */
async function recoverOffer(
  deps: ApiDeps,
  tenant: Tenant,
  { before, after }: { before: Endpoint; after: Endpoint },
) {
  const trouble = before.troubledSince ?? before.disabledAt;
  if (before.enabled || !after.enabled || trouble === null) return null;
  // An emit that ran while the endpoint was disabled may have skipped it, although its event's time is earlier.
  const since = new Date(Math.max(trouble.getTime() - UNDER_WAY_MS, after.createdAt.getTime()));
  const selection = recoverSelection(since.toISOString(), null);
  const { count, atLeast } = await countSelected(deps.db, {
    tenantId: tenant.id,
    endpointId: after.id,
    selection,
  });
  return {
    since: since.toISOString(),
    missed: count,
    ...(atLeast && { at_least: true as const }),
    path: `/v1/tenants/${tenant.id}/endpoints/${after.id}/recover`,
  };
}
