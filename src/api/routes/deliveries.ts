/** `/v1/deliveries`: lists of deliveries, the log of each, and retry, cancel and curl. */
import { z } from 'zod';
import { DELIVERY_STATUSES, type Delivery, isEnded } from '../../domain/delivery.ts';
import { maskUrl } from '../../domain/endpoint.ts';
import { Problem } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { VERSION } from '../../package-root.ts';
import { profileNamed } from '../../profiles/index.ts';
import { authorizationOutline } from '../../signing/index.ts';
import { buildRequest } from '../../signing/request.ts';
import { cancelDeliveries, countPress, deliveryContent } from '../../store/deliveries.ts';
import { listDeliveries } from '../../store/delivery-list.ts';
import { findEndpointById } from '../../store/endpoints.ts';
import { type Act, audited, auditedAlone } from '../audit.ts';
import { callerOf, requireReveal } from '../auth.ts';
import { curlCommand } from '../curl.ts';
import { readDeliveryLog } from '../delivery-log.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { deliveryOr404, notFound, opened, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import {
  deliveryFilters,
  deliverySchema,
  deliverySummary,
  presentDelivery,
  readDeliveryFilter,
} from '../schemas/delivery.ts';
import { revealQuery, tenantParams } from '../schemas/parameters.ts';
import { payloadErased, refuseUnsendable } from '../sendability.ts';

const params = z.object({ delivery: z.string() });
const acknowledged = z.object({ id: z.string(), status: z.enum(DELIVERY_STATUSES) });

// Long because it declares one route after the other, each with its schemas and its handler.
export function deliveryRoutes(app: App, deps: ApiDeps): void {
  const tags = ['deliveries'];

  const querystring = pageQuery.extend(deliveryFilters.shape);
  const response = { 200: pageOf(deliverySummary) };
  const description =
    'With several filters a page may be short or empty although more items follow: go on while there is a `next_cursor`.';

  app.get(
    '/v1/tenants/:tenant/deliveries',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'deliveries.list',
        summary: "List a tenant's deliveries, newest first",
        description,
        params: tenantParams,
        querystring,
        response,
      },
    },
    async (request) => {
      const { query } = request;
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const filter = { ...readDeliveryFilter(query), tenantId: tenant.id };
      return readPage(query, (page) => listDeliveries(deps.db, filter, page), presentDelivery);
    },
  );

  app.get(
    '/v1/deliveries',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'deliveries.list-all',
        summary: 'List the deliveries of all tenants, newest first',
        description: `With a tenant's key: those of its tenant. ${description}`,
        querystring,
        response,
      },
    },
    async (request) => {
      const filter = {
        ...readDeliveryFilter(request.query),
        tenantId: callerOf(request).tenantId ?? undefined,
      };
      return readPage(request.query, (page) => listDeliveries(deps.db, filter, page), presentDelivery);
    },
  );

  app.get(
    '/v1/deliveries/:delivery',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'deliveries.get',
        summary: 'Get a delivery with its whole log',
        params,
        querystring: revealQuery,
        response: { 200: deliverySchema },
      },
    },
    async (request) => {
      const { reveal } = request.query;
      if (reveal) requireReveal(request);
      const delivery = await deliveryOr404(deps, request, request.params.delivery);
      if (reveal) await auditedAlone(deps, request, actOn(delivery, 'delivery.url_revealed'));
      return readDeliveryLog(deps, delivery, reveal);
    },
  );

  app.post(
    '/v1/deliveries/:delivery/retry',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'deliveries.retry',
        summary: 'Send a delivery now, or again',
        description:
          'A waiting delivery is sent now; if this attempt fails, it uses up none of the scheduled ones. ' +
          'A delivery that has ended is sent again, once. During an attempt, another one follows right after. Every request ' +
          "makes one attempt, which waits for its place in the endpoint's rate limit and among its concurrent attempts, as the next step " +
          'of the delivery then says. It is not made if the delivery is cancelled, or its endpoint disabled, before.',
        params,
        response: { 202: acknowledged, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { delivery: id } = request.params;
      const delivery = await deliveryOr404(deps, request, id);
      await refuseUnsendable(deps, delivery);
      const pressId = newId('press');
      const act = { ...actOn(delivery, 'delivery.retried'), details: { press_id: pressId } };
      await audited(deps, request, act, async (client) => {
        const waitS = await countPress(client, id, deps.pressesPerMinute);
        if (waitS > 0) throw tooManyPresses(deps.pressesPerMinute, waitS);
      });
      try {
        await deps.engine.signalRetry(delivery, pressId);
      } catch (error) {
        // The entry says that it was retried: it must not be the last word.
        await auditedAlone(deps, request, { ...act, action: 'delivery.retry_failed' });
        throw error;
      }
      return reply.status(202).send({ id, status: delivery.status });
    },
  );

  app.post(
    '/v1/deliveries/:delivery/cancel',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'deliveries.cancel',
        summary: 'End a delivery that has not ended',
        description:
          'An attempt that is under way is still recorded, and if it succeeds, the delivery has succeeded. Retries that were asked for before are not made.',
        params,
        response: { 202: acknowledged, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { delivery: id } = request.params;
      const delivery = await deliveryOr404(deps, request, id);
      const cancelled = await audited(
        deps,
        request,
        (ids: string[]) => (ids.length === 0 ? null : actOn(delivery, 'delivery.cancelled')),
        (client) => cancelDeliveries(client, [id]),
      );
      if (cancelled.length === 0) {
        const now = (await deliveryOr404(deps, request, id)).status;
        throw new Problem(
          'already_ended',
          `The delivery ${id} is ${isEnded(now) ? now : 'being sent again after its end'} and cannot be cancelled.`,
        );
      }
      await deps.engine.signalCancel(delivery);
      return reply.status(202).send({ id, status: 'cancelled' as const });
    },
  );

  app.get(
    '/v1/deliveries/:delivery/curl',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'deliveries.get-curl',
        summary: 'The curl command that repeats a delivery',
        description:
          'Signed as of now, for the URL and the headers that the endpoint has now. Secrets are masked unless `reveal=true`.',
        params,
        querystring: revealQuery,
        produces: ['text/plain'],
        response: { 200: z.string(), 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { delivery: id } = request.params;
      const { reveal } = request.query;
      if (reveal) requireReveal(request);
      const delivery = await deliveryOr404(deps, request, id);
      const endpoint = await findEndpointById(deps.db, deps.vault, delivery.endpointId);
      const content = await deliveryContent(deps.db, id);
      const tenant = await tenantOr404(deps, request, delivery.tenantId);
      if (endpoint === null || content === null) throw notFound('delivery', id);
      if (content.erased) throw payloadErased();
      const { secrets } = opened(endpoint);
      const sent = buildRequest({
        profile: profileNamed(tenant.profile),
        secrets,
        authorization: authorizationOutline(secrets.auth),
        webhookId: delivery.eventId,
        body: content.body,
        nowMs: Date.now(),
        version: VERSION,
        traceparent: content.traceparent,
      });
      if (reveal) await auditedAlone(deps, request, actOn(delivery, 'delivery.curl_revealed'));
      const shown = reveal ? 'revealed' : 'masked';
      const command = curlCommand(sent, content.body, shown, maskUrl(sent.url));
      return reply.type('text/plain; charset=utf-8').send(Buffer.from(command) as never);
    },
  );

  app.get(
    '/v1/deliveries/:delivery/body',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'deliveries.get-body',
        summary: 'The body of the requests of a delivery',
        description:
          'The same bytes at every attempt, as text: nobody shall take the answer for one of this API. Gone when the payload is erased.',
        params,
        produces: ['text/plain'],
        response: { 200: z.string(), 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { delivery: id } = request.params;
      await deliveryOr404(deps, request, id);
      const content = await deliveryContent(deps.db, id);
      if (content === null) throw notFound('delivery', id);
      if (content.erased) throw payloadErased();
      return reply.type('text/plain; charset=utf-8').send(content.body as never);
    },
  );
}

const actOn = ({ id, tenantId }: Delivery, action: string): Act => ({ action, tenantId, objectId: id });

const tooManyPresses = (limit: number, waitS: number) =>
  new Problem(
    'too_many_requests',
    `This delivery was retried ${limit} times within a minute. Wait ${waitS} seconds.`,
    { retryAfterS: waitS },
  );
