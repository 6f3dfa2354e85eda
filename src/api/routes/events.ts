/** `/v1/tenants/:t/events`: emit one event or a batch, list events, get one. */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fieldProblem } from '../../domain/errors.ts';
import { type EmittedEvent, formatTimestamp } from '../../domain/event.ts';
import { findProfile, profileNamed } from '../../profiles/index.ts';
import { eventKey, type ListedEvent, listEvents } from '../../store/event-list.ts';
import {
  type AcceptedEvent,
  type EventSummary,
  eventDeliveries,
  findEvent,
  type StoredEvent,
} from '../../store/events.ts';
import type { Tenant } from '../../store/tenants.ts';
import { rawBody } from '../body/json-body.ts';
import type { ApiDeps } from '../deps.ts';
import { checkEvents } from '../event-validation.ts';
import type { App } from '../fastify-app.ts';
import { emittingTenantOr404, notFound, tenantOr404 } from '../lookups.ts';
import { traceparentOf } from '../observe-requests.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import {
  acceptedSchema,
  batchBody,
  emitBody,
  eventFilters,
  eventSchema,
  eventSummary,
  idempotencyHeaders,
  readEventFilter,
} from '../schemas/event.ts';
import { tenantParams } from '../schemas/parameters.ts';

const MAX_DELIVERIES = 10_000;
export const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** Bytes of an emit's body, not counting its `data`. */
const ENVELOPE_BYTES = 64 * 1024;

// Long because it declares one route after the other, each with its schemas and its handler.
export function eventRoutes(app: App, deps: ApiDeps): void {
  const tags = ['events'];

  app.post(
    '/v1/tenants/:tenant/events',
    {
      config: { access: 'emit' },
      bodyLimit: deps.maxEventBytes + ENVELOPE_BYTES,
      schema: {
        tags,
        operationId: 'events.emit',
        summary: 'Emit an event',
        description: '202 means that it is stored and will be delivered, or you will be told.',
        params: tenantParams,
        headers: idempotencyHeaders,
        body: emitBody,
        response: { 202: acceptedSchema, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const tenant = await emittingTenantOr404(deps, request, request.params.tenant);
      const raw = rawBody(request);
      const ownTypes = await deps.emitCache.ownTypes(tenant, [request.body.type]);
      const input = {
        body: request.body,
        path: '',
        dataText: raw.rawAt(['data']),
        hashed: raw.bytes,
        profile: profileNamed(tenant.profile),
        ownTypes,
        maxBytes: deps.maxEventBytes,
        nowMs: Date.now(),
      };
      const events = await checkEvents([input], tenant.id, deps.schemas);
      const [accepted] = await emit(deps, request, tenant, events);
      return reply.status(202).send(presentAccepted(accepted as AcceptedEvent));
    },
  );

  app.post(
    '/v1/tenants/:tenant/events/batch',
    {
      config: { access: 'emit' },
      bodyLimit: MAX_BATCH_BYTES,
      schema: {
        tags,
        operationId: 'events.emit-batch',
        summary: 'Emit up to 500 events, all or nothing',
        params: tenantParams,
        headers: idempotencyHeaders,
        body: batchBody,
        response: { 202: z.object({ events: z.array(acceptedSchema) }), 409: problemSchema },
      },
    },
    async (request, reply) => {
      const tenant = await emittingTenantOr404(deps, request, request.params.tenant);
      const { events: bodies } = request.body;
      const raw = rawBody(request);
      refuseRepeatedIds(bodies);
      const types = [...new Set(bodies.map((body) => body.type))];
      const ownTypes = await deps.emitCache.ownTypes(tenant, types);
      const profile = profileNamed(tenant.profile);
      const nowMs = Date.now();
      const inputs = bodies.map((body, at) => ({
        body,
        path: `events.${at}.`,
        dataText: raw.rawAt(['events', at, 'data']),
        hashed: raw.rawAt(['events', at]) ?? '',
        profile,
        ownTypes,
        maxBytes: deps.maxEventBytes,
        nowMs,
      }));
      const events = await checkEvents(inputs, tenant.id, deps.schemas);
      const accepted = await emit(deps, request, tenant, events);
      return reply.status(202).send({ events: accepted.map(presentAccepted) });
    },
  );

  app.get(
    '/v1/tenants/:tenant/events',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'events.list',
        summary: "List a tenant's events, newest first",
        description:
          'With `q` they come in the order of their ids. With several filters a page may be short or empty although more items follow: ' +
          'go on while there is a `next_cursor`.',
        params: tenantParams,
        querystring: pageQuery.extend(eventFilters.shape),
        response: { 200: pageOf(eventSummary) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const filter = { ...readEventFilter(request.query), tenantId: tenant.id };
      return readPage(
        request.query,
        (page) => listEvents(deps.db, filter, page),
        presentListed,
        (row) => eventKey(filter, row),
      );
    },
  );

  app.get(
    '/v1/tenants/:tenant/events/:event',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'events.get',
        summary: 'Get an event with its data as it was emitted',
        params: tenantParams.extend({ event: z.string() }),
        response: { 200: eventSchema },
      },
    },
    async (request, reply) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const event = await findEvent(deps.db, tenant.id, request.params.event);
      if (event === null) throw notFound('event', request.params.event);
      const deliveries = await eventDeliveries(deps.db, tenant.id, event.id);
      const rest = { ...presentSummary(event), deliveries: deliveries.map(presentStub) };
      // `data` goes out as it came in: the answer gets its text, not its parsed value.
      const [head, tail] = JSON.stringify({ ...rest, data: DATA_HERE }).split(JSON.stringify(DATA_HERE));
      const answer = Buffer.concat([Buffer.from(head ?? ''), dataOf(event, tenant), Buffer.from(tail ?? '')]);
      return reply.type('application/json; charset=utf-8').send(answer as never);
    },
  );
}

const DATA_HERE = '\u0000data\u0000';

function dataOf(event: StoredEvent, tenant: Tenant): Buffer {
  if (event.erasedAt !== null) return Buffer.from('null');
  const span = event.body.subarray(event.dataStart, event.dataEnd);
  const { dataFromSpan } = findProfile(tenant.profile) ?? {};
  try {
    const data = dataFromSpan?.(span) ?? span;
    // Checked first: text that is not JSON would make the whole answer invalid.
    JSON.parse(data.toString());
    return data;
  } catch {
    return Buffer.from('null');
  }
}

async function emit(
  deps: ApiDeps,
  request: FastifyRequest,
  tenant: Tenant,
  events: EmittedEvent[],
): Promise<AcceptedEvent[]> {
  const key = request.headers['idempotency-key'];
  return deps.emitter.emit({
    tenant,
    profile: profileNamed(tenant.profile),
    events,
    idempotency:
      typeof key === 'string'
        ? { key, requestHash: createHash('sha256').update(rawBody(request).bytes).digest() }
        : null,
    maxDeliveries: MAX_DELIVERIES,
    traceparent: traceparentOf(request),
  });
}

function refuseRepeatedIds(bodies: { id?: string | undefined }[]): void {
  const seen = new Set<string>();
  bodies.forEach(({ id }, at) => {
    if (id === undefined) return;
    if (seen.has(id)) throw fieldProblem(`events.${at}.id`, `${id} occurs twice in the batch`);
    seen.add(id);
  });
}

function presentStub({ id, endpointId, status }: AcceptedEvent['deliveries'][number]) {
  return { id, endpoint_id: endpointId, status };
}

function presentAccepted({ id, type, timestampMs, deliveries }: AcceptedEvent) {
  return {
    id,
    type,
    timestamp: formatTimestamp(timestampMs, 'milliseconds'),
    deliveries: deliveries.map(presentStub),
  };
}

function presentListed({ outcomes, ...event }: ListedEvent) {
  const { isBound, ...counts } = outcomes;
  return {
    ...presentSummary(event),
    outcomes: { ...counts, ...(isBound && { at_least: true as const }) },
  };
}

function presentSummary({ id, type, occurredAt, createdAt, erasedAt }: EventSummary) {
  return {
    id,
    type,
    timestamp: occurredAt.toISOString(),
    created_at: createdAt.toISOString(),
    erased_at: erasedAt?.toISOString() ?? null,
  };
}
