/** `/v1/tenants/:t/event-types`: the profile's catalogue, extended by the tenant's own types. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import type { CatalogueEntry } from '../../domain/profile.ts';
import { profileNamed } from '../../profiles/index.ts';
import {
  archiveEventType,
  findEventType,
  insertEventType,
  listEventTypes,
  type OwnEventType,
  updateEventType,
} from '../../store/event-types.ts';
import type { Tenant } from '../../store/tenants.ts';
import { audited } from '../audit.ts';
import { rawBody } from '../body/json-body.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { checkOwnType } from '../own-event-type.ts';
import { pageOf, pageQuery } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { createEventTypeBody, eventTypeSchema, patchEventTypeBody } from '../schemas/event.ts';
import { tenantParams } from '../schemas/parameters.ts';

/** Bytes of schemas and examples in a page, not counting its first type. A page may have fewer types than asked for. */
const MAX_PAGE_BYTES = 512 * 1024;

// Long because it declares one route after the other, each with its schemas and its handler.
export function eventTypeRoutes(app: App, deps: ApiDeps): void {
  const tags = ['event types'];

  app.get(
    '/v1/tenants/:tenant/event-types',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'event-types.list',
        summary: 'List the event types of a tenant',
        description:
          "The profile's, then the tenant's own by name. Where schemas and examples are long, a page has fewer than `limit`.",
        params: tenantParams,
        querystring: pageQuery.extend({
          archived: z
            .enum(['true', 'false'])
            .default('false')
            .transform((value) => value === 'true')
            .describe('Whether archived ones are listed, too.'),
        }),
        response: { 200: pageOf(eventTypeSchema) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      return readTypes(deps, tenant, request.query);
    },
  );

  app.get(
    '/v1/tenants/:tenant/event-types/:type',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'event-types.get',
        summary: 'Get an event type',
        description: 'An archived one, too.',
        params: tenantParams.extend({ type: z.string() }),
        response: { 200: eventTypeSchema },
      },
    },
    async (request) => {
      const { tenant: given, type } = request.params;
      const tenant = await tenantOr404(deps, request, given);
      const inCatalogue = profileNamed(tenant.profile).catalogue.find(({ name }) => name === type);
      if (inCatalogue !== undefined) return present(inCatalogue, 'profile');
      const ownType = await findEventType(deps.db, tenant.id, type);
      if (ownType === null) throw notFound('event type', type);
      return present(ownType, 'tenant');
    },
  );

  app.post(
    '/v1/tenants/:tenant/event-types',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'event-types.create',
        summary: "Add an event type of the tenant's own",
        description: 'An archived one of that name is in use again, as it is given now.',
        params: tenantParams,
        body: createEventTypeBody,
        response: { 201: eventTypeSchema, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const { name, description, schema } = request.body;
      const example = rawBody(request).rawAt(['example']);
      if (example === undefined) throw fieldProblem('example', 'is required');
      await checkOwnType(deps, tenant, JSON.stringify(schema), example);
      const entry: CatalogueEntry = { name, description, schema, example };
      const inCatalogue = profileNamed(tenant.profile).catalogue.some((each) => each.name === name);
      const act = { action: 'event_type.created', tenantId: tenant.id, objectId: name };
      await audited(deps, request, act, async (client) => {
        const outcome = inCatalogue
          ? 'exists'
          : await insertEventType(client, tenant.id, entry, deps.maxOwnTypes);
        if (outcome === 'exists') throw new Problem('conflict', `There is an event type ${name} already.`);
        if (outcome === 'full') throw tooMany(deps.maxOwnTypes);
      });
      deps.emitCache.forget(tenant.id);
      return reply.status(201).send(present(entry, 'tenant'));
    },
  );

  app.patch(
    '/v1/tenants/:tenant/event-types/:type',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'event-types.update',
        summary: "Change an event type of the tenant's own",
        description: 'The next event is checked by the new schema, in other processes within a second.',
        params: tenantParams.extend({ type: z.string() }),
        body: patchEventTypeBody,
        response: { 200: eventTypeSchema, 409: problemSchema },
      },
    },
    async (request) => {
      const { tenant: given, type: name } = request.params;
      const tenant = await tenantOr404(deps, request, given);
      const before = await ownTypeOr404(deps, tenant, name);
      if (before.archivedAt !== null) throw notInUse(name);
      const { description = before.description, schema = before.schema } = request.body;
      const example = rawBody(request).rawAt(['example']) ?? before.example;
      await checkOwnType(deps, tenant, JSON.stringify(schema), example);
      const details = { fields: Object.keys(request.body) };
      const act = { action: 'event_type.updated', tenantId: tenant.id, objectId: name, details };
      const after = await audited(deps, request, act, async (client) => {
        const updated = await updateEventType(client, tenant.id, name, (now) => {
          if (!isDeepStrictEqual(now, before))
            throw new Problem('conflict', `${name} has just been changed. Look at it and try again.`);
          return { name, description, schema, example };
        });
        if (updated === null) throw notFound('event type', name);
        if (updated === 'archived') throw notInUse(name);
        return updated;
      });
      deps.emitCache.forget(tenant.id);
      return present(after, 'tenant');
    },
  );

  app.delete(
    '/v1/tenants/:tenant/event-types/:type',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'event-types.archive',
        summary: "Archive an event type of the tenant's own",
        description:
          'It is no longer listed, and new events and new subscriptions of it are refused: within a second in other processes. What was ' +
          'accepted before is delivered, retried and replayed as ever. Endpoints that want it keep it in `event_types`, and events of it ' +
          'still show it. Adding a type of that name takes it into use again. Of archived types a tenant keeps as many as it may use; ' +
          'beyond that, the oldest are deleted.',
        params: tenantParams.extend({ type: z.string() }),
        response: { 204: z.null(), 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { tenant: given, type: name } = request.params;
      const tenant = await tenantOr404(deps, request, given);
      await ownTypeOr404(deps, tenant, name);
      await audited(
        deps,
        request,
        (outcome: 'done' | 'archived') =>
          outcome === 'done' ? { action: 'event_type.archived', tenantId: tenant.id, objectId: name } : null,
        async (client) => {
          const outcome = await archiveEventType(client, tenant.id, name, deps.maxOwnTypes);
          if (outcome === null) throw notFound('event type', name);
          return outcome;
        },
      );
      deps.emitCache.forget(tenant.id);
      return reply.status(204).send(null);
    },
  );
}

/** @throws Problem not_found; conflict for a type of the profile, which belongs to no tenant */
async function ownTypeOr404(deps: ApiDeps, tenant: Tenant, name: string): Promise<OwnEventType> {
  const { catalogue, title } = profileNamed(tenant.profile);
  if (catalogue.some((each) => each.name === name))
    throw new Problem('conflict', `${name} is an event type of ${title}, which its contract fixes.`);
  const ownType = await findEventType(deps.db, tenant.id, name);
  if (ownType === null) throw notFound('event type', name);
  return ownType;
}

const notInUse = (name: string) =>
  new Problem('conflict', `The event type ${name} is archived. Add it again to use it.`);

function tooMany(most: number): Problem {
  return new Problem(
    'limit_reached',
    `A tenant may have at most ${most} event types of its own. Use an existing one and tell the cases apart in the data; the ` +
      'operator can allow more (TIDINGS_MAX_OWN_EVENT_TYPES).',
  );
}

type Page = ReturnType<typeof pageOf<typeof eventTypeSchema>>;

/** One page. Its cursor holds the origin and the name of the last type. */
async function readTypes(
  { db }: ApiDeps,
  tenant: Tenant,
  { cursor = '', limit, archived }: z.infer<typeof pageQuery> & { archived: boolean },
): Promise<z.infer<Page>> {
  const { catalogue } = profileNamed(tenant.profile);
  const [, origin, after = ''] = /^(profile|tenant):(.+)$/.exec(cursor) ?? [];
  if (cursor !== '' && origin === undefined) {
    throw fieldProblem('cursor', 'must be the next_cursor of an earlier page');
  }
  const isPast = origin === 'tenant';
  const start = isPast ? catalogue.length : catalogue.findIndex(({ name }) => name === after) + 1;
  const shown = catalogue.slice(start, start + limit);
  const { entries, hasMore } = await listEventTypes(db, tenant.id, {
    after: isPast ? after : '',
    limit: limit - shown.length,
    maxBytes: MAX_PAGE_BYTES,
    archived,
  });
  const items = [
    ...shown.map((entry) => present(entry, 'profile')),
    ...entries.map((entry) => present(entry, 'tenant')),
  ];
  const last = items.at(-1);
  const isMore = hasMore || start + shown.length < catalogue.length;
  return {
    items,
    next_cursor:
      isMore && last !== undefined ? Buffer.from(`${last.origin}:${last.name}`).toString('base64url') : null,
  };
}

function present(
  { archivedAt = null, ...entry }: CatalogueEntry & Partial<Pick<OwnEventType, 'archivedAt'>>,
  origin: 'profile' | 'tenant',
) {
  return {
    ...entry,
    ...(archivedAt !== null && { archived_at: archivedAt.toISOString() }),
    schema: entry.schema as Record<string, unknown>,
    example: valueIn(entry.example),
    origin,
  };
}

/** `null` when the stored text is not JSON. */
function valueIn(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
