/** `/v1/tenants/:t/event-types`: the profile's catalogue, extended by the tenant's own types. */
import { z } from 'zod';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import type { CatalogueEntry } from '../../domain/profile.ts';
import { profileNamed } from '../../profiles/index.ts';
import { insertEventType, listEventTypes } from '../../store/event-types.ts';
import type { App } from '../app.ts';
import { audited } from '../audit.ts';
import { rawBody } from '../body.ts';
import type { ApiDeps } from '../deps.ts';
import { exampleProblem } from '../event-validation.ts';
import { schemaProblem } from '../json-schema.ts';
import { tenantOr404 } from '../lookups.ts';
import { problemSchema } from '../problems.ts';
import { createEventTypeBody, eventTypeSchema } from '../schemas/event.ts';
import { tenantParams } from '../schemas/parameters.ts';

export function eventTypeRoutes(app: App, deps: ApiDeps): void {
  const tags = ['event types'];

  app.get(
    '/v1/tenants/:tenant/event-types',
    {
      config: { access: 'read' },
      schema: {
        tags,
        summary: 'List the event types of a tenant',
        params: tenantParams,
        response: { 200: z.object({ items: z.array(eventTypeSchema) }) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const own = await listEventTypes(deps.db, tenant.id);
      const { catalogue } = profileNamed(tenant.profile);
      return {
        items: [
          ...catalogue.map((entry) => present(entry, 'profile')),
          ...own.map((entry) => present(entry, 'tenant')),
        ],
      };
    },
  );

  app.post(
    '/v1/tenants/:tenant/event-types',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        summary: "Add an event type of the tenant's own",
        params: tenantParams,
        body: createEventTypeBody,
        response: { 201: eventTypeSchema, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const { name, description, schema, example } = request.body;
      const problem = schemaProblem(schema);
      if (problem !== null) throw fieldProblem('schema', problem);
      const text = rawBody(request).rawAt(['example']);
      if (text === undefined) throw fieldProblem('example', 'is required');
      if (Buffer.byteLength(text) > deps.maxEventBytes) {
        throw fieldProblem(
          'example',
          `may have ${deps.maxEventBytes} bytes, as any event`,
          'payload_too_large',
        );
      }
      const mismatch =
        exampleProblem(schema, example) ?? profileNamed(tenant.profile).dataProblem?.(example) ?? null;
      if (mismatch !== null) throw fieldProblem('example', mismatch, 'schema_mismatch');
      const entry: CatalogueEntry = { name, description, schema, example: text };
      const inCatalogue = profileNamed(tenant.profile).catalogue.some((each) => each.name === name);
      const act = { action: 'event_type.created', tenantId: tenant.id, objectId: name };
      await audited(deps, request, act, async (client) => {
        if (inCatalogue || !(await insertEventType(client, tenant.id, entry)))
          throw new Problem('conflict', `There is an event type ${name} already.`);
      });
      deps.emitters.forget(tenant.id);
      return reply.status(201).send(present(entry, 'tenant'));
    },
  );
}

function present(entry: CatalogueEntry, origin: 'profile' | 'tenant') {
  return {
    ...entry,
    schema: entry.schema as Record<string, unknown>,
    example: JSON.parse(entry.example),
    origin,
  };
}
