/**
 * Webhook routes of the SCORM API itself: the same endpoints, deliveries and rules as `/v1`, in that product's words.
 * `webhook_x` is our `ep_x`, `delivery_x` our `dlv_x`, `tenant_id` a tenant's `external_id` or id.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { maySee } from '../../domain/access.ts';
import type { Delivery } from '../../domain/delivery.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import { MAX_TYPED_URL_LENGTH } from '../../domain/endpoint-url.ts';
import { ATTEMPT_ERRORS, Problem } from '../../domain/errors.ts';
import { idSuffix, isId } from '../../domain/ids.ts';
import { scormDeliveryId } from '../../profiles/index.ts';
import { listDeliveries } from '../../store/delivery-list.ts';
import { findEndpointById, listEndpoints } from '../../store/endpoints.ts';
import { findTenant, type Tenant } from '../../store/tenants.ts';
import { callerOf } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import { changeEndpoint, createEndpoint, removeEndpoint } from '../endpoint-changes.ts';
import type { App } from '../fastify-app.ts';
import { tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';

const PROFILE = 'scorm-api';

const webhook = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    url: z.string(),
    event_type: z.string(),
    is_active: z.boolean(),
    created_at: z.string(),
  })
  .meta({ id: 'ScormWebhook' });

const createBody = z
  .strictObject({
    tenant_id: z.string().min(1),
    url: z.string().max(MAX_TYPED_URL_LENGTH),
    secret: z.string().max(512).optional(),
    event_type: z.string().min(1).max(200),
  })
  .meta({
    id: 'CreateScormWebhook',
    examples: [
      {
        tenant_id: '550e8400-e29b-41d4-a716-446655440000',
        url: 'https://your-app.com/api/webhooks/scorm',
        secret: 'your-webhook-secret',
        event_type: 'package.processing.completed',
      },
    ],
  });

const patchBody = z
  .strictObject({
    url: z.string().max(MAX_TYPED_URL_LENGTH).optional(),
    event_type: z.string().min(1).max(200).optional(),
    is_active: z.boolean().optional(),
  })
  .meta({ id: 'PatchScormWebhook', examples: [{ is_active: false }] });

const historyItem = z
  .object({
    id: z.string(),
    event_type: z.string(),
    status: z.string(),
    attempts: z.number(),
    response_status: z.number().nullable(),
    error: z.string().nullable(),
    created_at: z.string(),
    delivered_at: z.string().nullable(),
  })
  .meta({ id: 'ScormDelivery' });

const params = z.object({ webhook: z.string() });

const tags = ['scorm compatible'];

export function scormCompatibleRoutes(app: App, deps: ApiDeps): void {
  listRoutes(app, deps);
  readRoutes(app, deps);
  changeRoutes(app, deps);
}

function listRoutes(app: App, deps: ApiDeps): void {
  const { db, vault } = deps;
  app.post(
    '/api/v1/webhooks',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'scorm-webhooks.create',
        summary: 'Register a webhook',
        body: createBody,
        response: { 201: webhook, 404: problemSchema },
      },
    },
    async (request, reply) => {
      const { url, secret, event_type: eventType, tenant_id: given } = request.body;
      const tenant = await scormTenant(deps, request, given);
      const endpoint = await createEndpoint(deps, request, tenant, {
        url,
        event_types: [eventType],
        ...(secret !== undefined && { secret }),
      });
      return reply.status(201).send(present(endpoint, tenant));
    },
  );

  app.get(
    '/api/v1/webhooks',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'scorm-webhooks.list',
        summary: "List a tenant's webhooks",
        querystring: pageQuery.extend({ tenant_id: z.string() }),
        response: { 200: pageOf(webhook), 404: problemSchema },
      },
    },
    async (request) => {
      const tenant = await scormTenant(deps, request, request.query.tenant_id);
      return readPage(
        request.query,
        (page) => listEndpoints(db, vault, tenant.id, page),
        (row) => present(row, tenant),
      );
    },
  );
}

function readRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/api/v1/webhooks/:webhook',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'scorm-webhooks.get',
        summary: 'Get a webhook',
        params,
        response: { 200: webhook },
      },
    },
    async (request) => {
      const { endpoint, tenant } = await webhookOr404(deps, request, request.params.webhook);
      return present(endpoint, tenant);
    },
  );

  app.get(
    '/api/customer/webhooks/:webhook/deliveries',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'scorm-webhooks.list-deliveries',
        summary: 'The delivery history of a webhook, newest first',
        params,
        querystring: pageQuery,
        response: { 200: pageOf(historyItem) },
      },
    },
    async (request) => {
      const { endpoint, tenant } = await webhookOr404(deps, request, request.params.webhook);
      const filter = { tenantId: tenant.id, endpointId: endpoint.id };
      return readPage(request.query, (page) => listDeliveries(deps.db, filter, page), presentHistoryItem);
    },
  );
}

function changeRoutes(app: App, deps: ApiDeps): void {
  app.patch(
    '/api/v1/webhooks/:webhook',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'scorm-webhooks.update',
        summary: 'Change a webhook',
        params,
        body: patchBody,
        response: { 200: webhook },
      },
    },
    async (request) => {
      const { endpoint, tenant } = await webhookOr404(deps, request, request.params.webhook);
      const { url, event_type: eventType, is_active: enabled } = request.body;
      const change = {
        ...(url !== undefined && { url }),
        ...(eventType !== undefined && { event_types: [eventType] }),
        ...(enabled !== undefined && { enabled }),
      };
      const changed = await changeEndpoint(deps, request, tenant, endpoint.id, change);
      if (changed === null) throw missing(request.params.webhook);
      return present(changed.after, tenant);
    },
  );

  app.delete(
    '/api/v1/webhooks/:webhook',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'scorm-webhooks.delete',
        summary: 'Delete a webhook',
        params,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { endpoint, tenant } = await webhookOr404(deps, request, request.params.webhook);
      await removeEndpoint(deps, request, tenant, endpoint.id);
      return reply.status(204).send(null);
    },
  );
}

const missing = (id: string) => new Problem('not_found', `There is no webhook ${id}.`);

async function scormTenant(deps: ApiDeps, request: FastifyRequest, id: string): Promise<Tenant> {
  const tenant = await tenantOr404(deps, request, id);
  if (tenant.profile === PROFILE) return tenant;
  throw new Problem('profile_rule', `The tenant ${id} does not have the profile ${PROFILE}; use /v1 for it.`);
}

async function webhookOr404(
  deps: ApiDeps,
  request: FastifyRequest,
  id: string,
): Promise<{ endpoint: Endpoint; tenant: Tenant }> {
  const endpointId = `ep_${idSuffix(id)}`;
  if (!id.startsWith('webhook_') || !isId('endpoint', endpointId)) throw missing(id);
  const endpoint = await findEndpointById(deps.db, deps.vault, endpointId);
  if (endpoint === null || endpoint.deletedAt !== null) throw missing(id);
  const tenant = await findTenant(deps.db, endpoint.tenantId);
  if (tenant?.profile !== PROFILE || !maySee(callerOf(request), tenant.id)) throw missing(id);
  return { endpoint, tenant };
}

function present(endpoint: Endpoint, tenant: Tenant): z.infer<typeof webhook> {
  return {
    id: `webhook_${idSuffix(endpoint.id)}`,
    tenant_id: tenant.externalId ?? tenant.id,
    url: endpoint.maskedUrl,
    event_type: endpoint.eventTypes?.join(',') ?? '*',
    is_active: endpoint.enabled,
    created_at: endpoint.createdAt.toISOString(),
  };
}

function presentHistoryItem(delivery: Delivery): z.infer<typeof historyItem> {
  return {
    id: scormDeliveryId(delivery.id),
    event_type: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attemptCount,
    response_status: delivery.lastResponseStatus,
    error: delivery.lastError === null ? null : ATTEMPT_ERRORS[delivery.lastError],
    created_at: delivery.createdAt.toISOString(),
    delivered_at: delivery.status === 'succeeded' ? (delivery.endedAt?.toISOString() ?? null) : null,
  };
}
