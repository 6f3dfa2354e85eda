/** `/v1/tenants/:t/endpoints`: where a tenant wants its events. */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isEnded } from '../../domain/delivery.ts';
import { ENDPOINT_BOUNDS } from '../../domain/endpoint.ts';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import { profileNamed } from '../../profiles/index.ts';
import { publicKeyOf } from '../../signing/index.ts';
import { countDeliveries, findDelivery } from '../../store/deliveries.ts';
import { deleteEndpoint, insertEndpoint, listEndpoints, updateEndpoint } from '../../store/endpoints.ts';
import { listEventTypes } from '../../store/event-types.ts';
import { acceptEvents } from '../../store/events.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { App } from '../app.ts';
import { readDeliveryLog } from '../delivery-log.ts';
import type { ApiDeps } from '../deps.ts';
import { changedEndpoint, newEndpoint } from '../endpoint-rules.ts';
import { endpointOr404, notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, toPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { deliverySchema } from '../schemas/delivery.ts';
import {
  createEndpointBody,
  endpointSchema,
  endpointStats,
  patchEndpointBody,
  presentEndpoint,
  presentStats,
} from '../schemas/endpoint.ts';
import { revealQuery, tenantParams } from '../schemas/parameters.ts';

const params = tenantParams.extend({ endpoint: z.string() });

export function endpointRoutes(app: App, deps: ApiDeps): void {
  const tags = ['endpoints'];
  const { db, vault } = deps;

  app.post(
    '/v1/tenants/:tenant/endpoints',
    {
      schema: {
        tags,
        summary: 'Create an endpoint',
        params: tenantParams,
        body: createEndpointBody,
        response: {
          201: endpointSchema,
          404: problemSchema,
          422: problemSchema,
        },
      },
    },
    async ({ params: { tenant: given }, body }, reply) => {
      const tenant = await tenantOr404(deps, given);
      const endpoint = await createEndpoint(deps, tenant, body);
      const secret = endpoint.secrets.signing[0]?.value;
      return reply
        .status(201)
        .send({ ...presentEndpoint(endpoint, true), ...(secret !== undefined && { secret }) });
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints',
    {
      schema: {
        tags,
        summary: "List a tenant's endpoints",
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: pageOf(endpointSchema), 404: problemSchema },
      },
    },
    async ({ params: { tenant: given }, query: { cursor = null, limit } }) => {
      const tenant = await tenantOr404(deps, given);
      const rows = await listEndpoints(db, vault, tenant.id, { before: cursor, limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => presentEndpoint(row),
      );
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint',
    {
      schema: {
        tags,
        summary: 'Get an endpoint',
        params,
        querystring: revealQuery,
        response: { 200: endpointSchema, 404: problemSchema },
      },
    },
    async ({ params: { tenant: given, endpoint: id }, query }) => {
      const endpoint = await endpointOr404(deps, await tenantOr404(deps, given), id);
      return presentEndpoint(endpoint, query.reveal);
    },
  );

  app.patch(
    '/v1/tenants/:tenant/endpoints/:endpoint',
    {
      schema: {
        tags,
        summary: 'Change, enable or disable an endpoint',
        description:
          'What is changed counts from the next attempt. Disabling ends what waits for the endpoint.',
        params,
        body: patchEndpointBody,
        response: {
          200: endpointSchema,
          404: problemSchema,
          422: problemSchema,
        },
      },
    },
    async ({ params: { tenant: given, endpoint: id }, body }) => {
      const tenant = await tenantOr404(deps, given);
      const rules = await rulesFor(deps, tenant);
      const endpoint = await updateEndpoint(db, vault, tenant.id, id, (before) =>
        changedEndpoint(before, body, rules),
      );
      if (endpoint === null) throw notFound('endpoint', id);
      return presentEndpoint(endpoint);
    },
  );

  app.delete(
    '/v1/tenants/:tenant/endpoints/:endpoint',
    {
      schema: {
        tags,
        summary: 'Delete an endpoint',
        params,
        response: { 204: z.null(), 404: problemSchema },
      },
    },
    async ({ params: { tenant: given, endpoint: id } }, reply) => {
      const tenant = await tenantOr404(deps, given);
      if (!(await deleteEndpoint(db, tenant.id, id))) throw notFound('endpoint', id);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint/secret',
    {
      schema: {
        tags,
        summary: "Reveal an endpoint's signing secret",
        params,
        response: { 200: z.object({ secret: z.string().nullable() }), 404: problemSchema },
      },
    },
    async ({ params: { tenant: given, endpoint: id } }) => {
      const endpoint = await endpointOr404(deps, await tenantOr404(deps, given), id);
      return { secret: endpoint.secrets.signing[0]?.value ?? null };
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint/public-key',
    {
      schema: {
        tags,
        summary: 'The public key of an endpoint that is signed with ed25519',
        params,
        response: { 200: z.object({ public_key: z.string() }), 404: problemSchema },
      },
    },
    async ({ params: { tenant: given, endpoint: id } }) => {
      const endpoint = await endpointOr404(deps, await tenantOr404(deps, given), id);
      const key = publicKeyOf(endpoint.secrets.signing[0]?.value ?? '');
      if (key === null) throw new Problem('not_found', `The endpoint ${id} is not signed with ed25519.`);
      return { public_key: key };
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint/stats',
    {
      schema: {
        tags,
        summary: "How an endpoint's deliveries stand",
        params,
        response: { 200: endpointStats, 404: problemSchema },
      },
    },
    async ({ params: { tenant: given, endpoint: id } }) => {
      const endpoint = await endpointOr404(deps, await tenantOr404(deps, given), id);
      return presentStats(endpoint, await countDeliveries(db, id));
    },
  );

  app.post(
    '/v1/tenants/:tenant/endpoints/:endpoint/test',
    {
      schema: {
        tags,
        summary: 'Send a test event',
        description:
          'One attempt, no retry, no e-mail, no effect on health; allowed while the endpoint is disabled. ' +
          'Answers when the attempt is over, or after its timeout and two seconds.',
        params,
        body: z.strictObject({ event_type: z.string().optional() }).nullish(),
        response: { 200: deliverySchema, 404: problemSchema, 422: problemSchema },
      },
    },
    async ({ params: { tenant: given, endpoint: id }, body }) => {
      const tenant = await tenantOr404(deps, given);
      const endpoint = await endpointOr404(deps, tenant, id);
      const profile = profileNamed(tenant.profile);
      const catalogue = [...profile.catalogue, ...(await listEventTypes(db, tenant.id))];
      const type = body?.event_type ?? profile.testEventType;
      const entry = catalogue.find((each) => each.name === type);
      if (entry === undefined) {
        const known = catalogue.map((each) => each.name).join(', ');
        throw fieldProblem('event_type', `has no example; there are ${known}`, 'unknown_event_type');
      }
      const { events, toDispatch } = await acceptEvents(db, {
        tenant,
        profile,
        events: [
          {
            type,
            timestampMs: Date.now(),
            data: entry.example,
            id: undefined,
            requestHash: createHash('sha256').update(randomUUID()).digest(),
          },
        ],
        idempotency: null,
        lease: deps.dispatcher && { owner: deps.dispatcher.owner, ms: deps.dispatcher.leaseMs },
        maxDeliveries: 1,
        testEndpointId: id,
      });
      deps.dispatcher?.offer(toDispatch);
      const deliveryId = events[0]?.deliveries[0]?.id ?? '';
      await untilEnded(deps, deliveryId, (endpoint.timeoutMs ?? profile.timeoutMs) + TEST_MARGIN_MS);
      return readDeliveryLog(deps, deliveryId);
    },
  );
}

const TEST_MARGIN_MS = 2_000;
const TEST_POLL_MS = 50;

async function untilEnded({ db }: ApiDeps, deliveryId: string, withinMs: number): Promise<void> {
  // The answer is due within the timeout and two seconds; the reading of the log comes out of the same two.
  const deadline = Date.now() + withinMs - 500;
  while (Date.now() < deadline) {
    const delivery = await findDelivery(db, deliveryId);
    if (delivery === null || isEnded(delivery.status)) return;
    await new Promise((resolve) => setTimeout(resolve, TEST_POLL_MS));
  }
}

/** What the tenant's profile and the operator demand of an endpoint. */
export async function rulesFor(deps: ApiDeps, tenant: Tenant) {
  const ownTypes = (await listEventTypes(deps.db, tenant.id)).map((entry) => entry.name);
  return { profile: profileNamed(tenant.profile), ownTypes, deps };
}

/** @throws Problem limit_reached or profile_rule when the tenant has as many as it may have */
export async function createEndpoint(
  deps: ApiDeps,
  tenant: Tenant,
  body: z.infer<typeof createEndpointBody>,
) {
  const rules = await rulesFor(deps, tenant);
  const { maxEndpoints, title } = rules.profile;
  const limit = maxEndpoints ?? ENDPOINT_BOUNDS.endpointsPerTenant;
  const endpoint = await insertEndpoint(deps.db, deps.vault, tenant.id, newEndpoint(body, rules), limit);
  if (endpoint !== null) return endpoint;
  if (maxEndpoints === null) {
    throw new Problem(
      'limit_reached',
      `A tenant may have ${limit} endpoints. Delete one that is not needed.`,
    );
  }
  throw new Problem(
    'profile_rule',
    `${title} posts to exactly one Callback URL per tenant. Change the endpoint that there is, or delete it first.`,
  );
}
