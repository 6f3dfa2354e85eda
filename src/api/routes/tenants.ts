/** `/v1/tenants`: create, list, get, change and delete tenants, the customers of the emitting product. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { channelOfContact } from '../../channels/contacts.ts';
import { clockOffsetMs } from '../../domain/clock.ts';
import { distinctContacts, isTrusted } from '../../domain/contact.ts';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import { findContacts, noteContacts } from '../../store/contacts.ts';
import { readActivity } from '../../store/tenant-activity.ts';
import { searchTenants } from '../../store/tenant-search.ts';
import {
  cancelWaitingOfTenant,
  cancelWaitingPage,
  deleteTenant,
  insertTenant,
  listTenants,
  lockContacts,
  type Tenant,
  updateTenant,
} from '../../store/tenants.ts';
import { audited } from '../audit.ts';
import { callerOf, requireAccess } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { tenantParams } from '../schemas/parameters.ts';
import {
  createTenantBody,
  patchTenantBody,
  presentTenant,
  tenantFilters,
  tenantSchema,
  withActivity,
} from '../schemas/tenant.ts';

const taken = (externalId: unknown) =>
  new Problem(
    'conflict',
    `Another tenant has the external_id ${externalId}. Use that tenant, or another external_id.`,
  );

// Long because it declares one route after the other, each with its schemas and its handler.
export function tenantRoutes(app: App, deps: ApiDeps): void {
  const tags = ['tenants'];
  const withContacts = async (tenant: Tenant) =>
    presentTenant(tenant, await findContacts(deps.db, [tenant.id]), deps);
  const vouches = (request: FastifyRequest) =>
    isTrusted(deps.contacts.verify, callerOf(request).tenantId === null);

  /** The contacts without repetitions. @throws Problem limit_reached */
  function contactsOf(given: readonly string[]): string[] {
    const contacts = distinctContacts(given);
    if (contacts.length <= deps.contacts.max) return contacts;
    throw fieldProblem(
      'contacts',
      `A tenant may have at most ${deps.contacts.max} contacts.`,
      'limit_reached',
    );
  }

  app.post(
    '/v1/tenants',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'tenants.create',
        summary: 'Create a tenant',
        body: createTenantBody,
        response: { 201: tenantSchema, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const {
        name,
        profile,
        external_id: externalId = null,
        disable_after_s: disableAfterS,
        payload_retention_days: payloadRetentionDays,
      } = request.body;
      const contacts = contactsOf(request.body.contacts);
      const trusted = vouches(request);
      const tenant = await audited(
        deps,
        request,
        ({ id }: Tenant) => ({ action: 'tenant.created', tenantId: id, objectId: id }),
        async (client) => {
          const inserted = await insertTenant(client, {
            name,
            profile,
            contacts,
            externalId,
            disableAfterS,
            payloadRetentionDays,
          });
          if (inserted === null) throw taken(externalId);
          await noteContacts(client, inserted.id, { before: [], after: contacts }, trusted, channelOfContact);
          return inserted;
        },
      );
      deps.emitCache.forget(tenant.id);
      return reply.status(201).send(await withContacts(tenant));
    },
  );

  app.get(
    '/v1/tenants',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'tenants.list',
        summary: 'List tenants',
        description: 'Newest first, without `q`.',
        querystring: pageQuery.extend(tenantFilters.shape),
        response: { 200: pageOf(tenantSchema) },
      },
    },
    async ({ query }) => {
      const { q = '' } = query;
      const asIs = <Row>(tenant: Row) => tenant;
      const { items, next_cursor } =
        q === ''
          ? await readPage(query, (page) => listTenants(deps.db, page), asIs)
          : await readPage(
              query,
              (page) => searchTenants(deps.db, q, page),
              asIs,
              ({ key }) => key,
            );
      const ids = items.map(({ id }) => id);
      const found = await findContacts(deps.db, ids);
      const activity = query.activity
        ? await readActivity(deps.db, ids, Date.now() + clockOffsetMs())
        : new Map();
      return {
        items: items.map((tenant) =>
          withActivity(presentTenant(tenant, found, deps), activity.get(tenant.id)),
        ),
        next_cursor,
      };
    },
  );

  app.get(
    '/v1/tenants/:tenant',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'tenants.get',
        summary: 'Get a tenant',
        params: tenantParams,
        response: { 200: tenantSchema },
      },
    },
    async (request) => withContacts(await tenantOr404(deps, request, request.params.tenant)),
  );

  app.patch(
    '/v1/tenants/:tenant',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'tenants.update',
        summary: 'Change a tenant',
        description:
          'Only an admin key may change the external_id, because receivers see it. A portal session may change the contacts alone.',
        params: tenantParams,
        body: patchTenantBody,
        response: { 200: tenantSchema, 409: problemSchema },
      },
    },
    async (request) => {
      const { body } = request;
      const before = await tenantOr404(deps, request, request.params.tenant);
      const { id } = before;
      if (body.external_id !== undefined) requireAccess(request, 'admin');
      refuseOtherThanContacts(request, body);
      const { name, external_id: externalId, disable_after_s: disableAfterS } = body;
      const contacts = body.contacts && contactsOf(body.contacts);
      const { payload_retention_days: payloadRetentionDays } = body;
      const change = {
        ...(name !== undefined && { name }),
        ...(contacts !== undefined && { contacts }),
        ...(externalId !== undefined && { externalId }),
        ...(disableAfterS !== undefined && { disableAfterS }),
        ...(payloadRetentionDays !== undefined && { payloadRetentionDays }),
      };
      const act = {
        action: 'tenant.updated',
        tenantId: id,
        objectId: id,
        details: { fields: Object.keys(body), ...timesIn(before, body) },
      };
      const trusted = vouches(request);
      const tenant = await audited(deps, request, act, async (client) => {
        const locked = contacts === undefined ? [] : await lockContacts(client, id);
        const updated = await updateTenant(client, id, change);
        if (updated === 'taken') throw taken(externalId);
        if (updated === null) throw notFound('tenant', id);
        if (contacts !== undefined) {
          await noteContacts(client, id, { before: locked, after: contacts }, trusted, channelOfContact);
        }
        return updated;
      });
      deps.emitCache.forget(id);
      return withContacts(tenant);
    },
  );

  app.delete(
    '/v1/tenants/:tenant',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'tenants.delete',
        summary: 'Delete a tenant',
        description:
          'Deletes its endpoints, too, and cancels the deliveries that still wait. The delivery log stays.',
        params: tenantParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = await tenantOr404(deps, request, request.params.tenant);
      await removeTenant(deps, request, id);
      return reply.status(204).send(null);
    },
  );
}

/** The times that are changed, and what they were. Names and addresses may have to be erased one day, which the audit log cannot be. */
function timesIn(before: Tenant, body: z.infer<typeof patchTenantBody>) {
  const was = {
    ...(body.disable_after_s !== undefined && { disable_after_s: before.disableAfterS }),
    ...(body.payload_retention_days !== undefined && { payload_retention_days: before.payloadRetentionDays }),
  };
  const now = Object.entries(body).filter(([name]) => name in was);
  return now.length === 0 ? {} : { ...Object.fromEntries(now), was };
}

/** A customer may set who is notified, and nothing else of their tenant. @throws Problem forbidden */
function refuseOtherThanContacts(request: FastifyRequest, body: object): void {
  const others = Object.keys(body).filter((field) => field !== 'contacts');
  if (callerOf(request).capabilities === undefined || others.length === 0) return;
  throw new Problem(
    'forbidden',
    `A portal session may change the contacts of its tenant, but not ${others.join(', ')}.`,
  );
}

/** Deletes the tenant and its endpoints, and cancels what still waits. */
export async function removeTenant(deps: ApiDeps, request: FastifyRequest, id: string): Promise<void> {
  const act = { action: 'tenant.deleted', tenantId: id, objectId: id };
  await audited(deps, request, act, (client) => deleteTenant(client, id));
  deps.emitCache.forget(id);
  if (await cancelWaitingPage(deps.db, id)) cancelRestLater(deps, id);
}

/** Runs after the answer, because there may be a million. */
function cancelRestLater({ db, logger }: ApiDeps, tenantId: string): void {
  cancelWaitingOfTenant(db, tenantId).catch((error) =>
    logger.warn(
      { reason: error.message, tenant: tenantId },
      'not all waiting deliveries of a deleted tenant could be cancelled; the reconciler cancels the rest',
    ),
  );
}
