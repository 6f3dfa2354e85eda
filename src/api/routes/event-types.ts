/** `/v1/tenants/:t/event-types`: the profile's catalogue, extended by the tenant's own types. */
import { z } from 'zod';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import type { CatalogueEntry } from '../../domain/profile.ts';
import { SchemaRefusal } from '../../json-schema/schema-pool.ts';
import { profileNamed } from '../../profiles/index.ts';
import { findEventType, insertEventType, listEventTypes } from '../../store/event-types.ts';
import type { Tenant } from '../../store/tenants.ts';
import { audited } from '../audit.ts';
import { rawBody } from '../body/json-body.ts';
import type { ApiDeps } from '../deps.ts';
import { inWords } from '../event-validation.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { createEventTypeBody, eventTypeSchema } from '../schemas/event.ts';
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
        querystring: pageQuery,
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
}

/** @throws Problem where the schema or the example cannot be used */
async function checkOwnType(
  { schemas, maxSchemaBytes, maxEventBytes }: ApiDeps,
  tenant: Tenant,
  schemaText: string,
  exampleText: string,
): Promise<void> {
  if (Buffer.byteLength(schemaText) > maxSchemaBytes) {
    throw fieldProblem('schema', `may have at most ${maxSchemaBytes} bytes`);
  }
  if (Buffer.byteLength(exampleText) > maxEventBytes) {
    throw fieldProblem(
      'example',
      `may have at most ${maxEventBytes} bytes, like any event`,
      'payload_too_large',
    );
  }
  const found = await schemas.register(tenant.id, schemaText, exampleText).catch((error) => {
    if (!(error instanceof SchemaRefusal)) throw error;
    if (error.by === 'schema') throw fieldProblem('schema', error.message);
    throw fieldProblem(
      'schema',
      `is too complicated: compiling it and checking its example ${error.message}`,
    );
  });
  const mismatch = found.map(({ path, message }) => ({
    path: ['example', path].filter(Boolean).join('.'),
    message,
  }));
  const problem =
    mismatch.length > 0
      ? inWords(mismatch)
      : (profileNamed(tenant.profile).dataProblem?.(JSON.parse(exampleText)) ?? null);
  if (problem !== null) throw fieldProblem('example', problem, 'schema_mismatch');
}

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
  { cursor = '', limit }: z.infer<typeof pageQuery>,
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

function present(entry: CatalogueEntry, origin: 'profile' | 'tenant') {
  return {
    ...entry,
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
