/** `/v1/operator/endpoint`: the operator's own endpoint, which receives operational events. */
import { z } from 'zod';
import type { Endpoint } from '../../domain/endpoint.ts';
import { DEFAULT_PROFILE } from '../../profiles/index.ts';
import { listEndpoints } from '../../store/endpoints.ts';
import { ensureOperatorTenant, findOperatorTenant, type Tenant } from '../../store/tenants.ts';
import type { ApiDeps } from '../deps.ts';
import { changeEndpoint, createEndpoint, removeEndpoint } from '../endpoint-changes.ts';
import type { App } from '../fastify-app.ts';
import { disableAfterMs, notFound, opened } from '../lookups.ts';
import { problemSchema } from '../problems.ts';
import { createEndpointBody, endpointSchema, presentEndpoint } from '../schemas/endpoint.ts';

const PATH = '/v1/operator/endpoint';

// Long because it declares one route after the other, each with its schemas and its handler.
export function operatorRoutes(app: App, deps: ApiDeps): void {
  const tags = ['operational events'];
  const config = { access: 'admin' as const };
  const response = { 200: endpointSchema, 404: problemSchema, 422: problemSchema };

  app.put(
    PATH,
    {
      config,
      schema: {
        tags,
        operationId: 'operator-endpoint.set',
        summary: "Set the operator's endpoint",
        description:
          'Operational events are delivered to it as Standard Webhooks, with retries, and its deliveries are listed like ' +
          'those of any endpoint, under its `tenant_id`. What cannot be delivered to it is only logged. Setting it again ' +
          'changes it; the secret stays.',
        body: createEndpointBody.omit({ secret: true, signature: true }).meta({
          id: 'SetOperatorEndpoint',
          examples: [{ url: 'https://ops.example.com/tidings', event_types: ['endpoint.*'] }],
        }),
        response,
      },
    },
    async (request) => {
      const tenant = await ensureOperatorTenant(deps.db, DEFAULT_PROFILE);
      const existing = await current(tenant);
      if (existing !== null) {
        const changed = await changeEndpoint(deps, request, tenant, existing.id, request.body);
        if (changed !== null) return present(tenant, changed.after, opened(changed.after).secrets.url);
      }
      const endpoint = await createEndpoint(deps, request, tenant, request.body);
      return {
        ...present(tenant, endpoint, endpoint.secrets.url),
        secret: endpoint.secrets.signing[0]?.value,
      };
    },
  );

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        operationId: 'operator-endpoint.get',
        summary: "Get the operator's endpoint",
        response,
      },
    },
    async () => {
      const { tenant, endpoint } = await existingOr404();
      return present(tenant, endpoint);
    },
  );

  app.delete(
    PATH,
    {
      config,
      schema: {
        tags,
        operationId: 'operator-endpoint.remove',
        summary: "Remove the operator's endpoint",
        response: { 204: z.null(), 404: problemSchema },
      },
    },
    async (request, reply) => {
      const { tenant, endpoint } = await existingOr404();
      await removeEndpoint(deps, request, tenant, endpoint.id);
      return reply.status(204).send(null);
    },
  );

  const present = (tenant: Tenant, endpoint: Endpoint, url?: string) =>
    presentEndpoint(endpoint, disableAfterMs(deps, tenant), url);

  async function current(tenant: Tenant) {
    const [endpoint] = await listEndpoints(deps.db, deps.vault, tenant.id, { before: null, limit: 1 });
    return endpoint ?? null;
  }

  async function existingOr404() {
    const tenant = await findOperatorTenant(deps.db);
    const endpoint = tenant === null ? null : await current(tenant);
    if (tenant === null || endpoint === null) throw notFound('operator', 'endpoint');
    return { tenant, endpoint };
  }
}
