/** Erasure on request: of one event's payload, or of everything of a tenant. The delivery log stays; bodies are erased. */
import { z } from 'zod';
import { eraseEvent } from '../../store/erasure.ts';
import { countPayloads } from '../../store/events.ts';
import { persistently } from '../../store/pool.ts';
import { findTenantEverKnown } from '../../store/tenants.ts';
import { audited } from '../audit.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { presentStarted, startedSchema, startOperation } from '../operations.ts';
import { tenantParams } from '../schemas/parameters.ts';
import { removeTenant } from './tenants.ts';

// Long because it declares one route after the other, each with its schemas and its handler.
export function erasureRoutes(app: App, deps: ApiDeps): void {
  app.delete(
    '/v1/tenants/:tenant/events/:event/payload',
    {
      config: { access: 'manage' },
      schema: {
        tags: ['events'],
        operationId: 'events.erase',
        summary: "Erase an event's payload",
        description:
          'Erases the data and the bodies that receivers answered, for good, and cancels the deliveries that still wait. The ' +
          'delivery log stays. Erasing again changes nothing.',
        params: tenantParams.extend({ event: z.string() }),
        response: { 200: z.object({ id: z.string(), erased_at: z.string() }) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const { event: id } = request.params;
      const act = { action: 'event.erased', tenantId: tenant.id, objectId: id };
      const erase = () =>
        audited(deps, request, act, async (client) => {
          const erased = await eraseEvent(client, tenant.id, id);
          if (erased === null) throw notFound('event', id);
          return erased;
        });
      // Tried again when it conflicts with attempts of the same deliveries that are being recorded.
      const erasedAt = await persistently(erase);
      return { id, erased_at: erasedAt.toISOString() };
    },
  );

  app.post(
    '/v1/tenants/:tenant/erase',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['tenants'],
        operationId: 'tenants.erase',
        summary: 'Delete a tenant and erase its data',
        description:
          'The tenant is deleted at once; an operation then erases every payload, URL, secret, contact and name. ' +
          'Ids, times and outcomes stay. It cannot be undone. A tenant that is deleted already is named by its id.',
        params: tenantParams,
        response: { 202: startedSchema },
      },
    },
    async (request, reply) => {
      const { tenant: given } = request.params;
      const { id } = (await findTenantEverKnown(deps.db, given)) ?? (await tenantOr404(deps, request, given));
      await removeTenant(deps, request, id);
      const selection = {
        statuses: [],
        since: null,
        until: null,
        eventTypes: null,
        errorCode: null,
        missing: false,
      };
      const started = await startOperation(deps, request, {
        kind: 'erase',
        tenantId: id,
        endpointId: null,
        perSecond: 500,
        selection,
        counted: await countPayloads(deps.db, id),
      });
      return reply.status(202).send(presentStarted(started));
    },
  );
}
