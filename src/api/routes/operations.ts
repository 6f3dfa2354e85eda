/** Recover, replay and bulk retry of many deliveries at once, and `/v1/operations`: their progress, and cancel. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { maySee } from '../../domain/access.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode, fieldProblem, Problem } from '../../domain/errors.ts';
import { EVENT_TYPE_FILTER_PATTERN } from '../../domain/event.ts';
import { recoverSelection, replaySelection } from '../../domain/operation.ts';
import { existingEvents } from '../../store/events.ts';
import { findOperation, finishOperation, tally } from '../../store/operations.ts';
import { audited } from '../audit.ts';
import { callerOf } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { endpointOr404, notFound, tenantOr404 } from '../lookups.ts';
import {
  dryRun,
  dryRunSchema,
  operationSchema,
  paceField,
  presentOperation,
  presentStarted,
  startedSchema,
  startOperation,
} from '../operations.ts';
import { problemSchema } from '../problems.ts';
import { endpointParams, tenantParams } from '../schemas/parameters.ts';
import { recoverBody, refuseUnclear, replayBody, time } from '../schemas/redelivery.ts';

export const RETRIABLE = ['failed', 'cancelled', 'succeeded', 'retrying'] as const;

const bulkRetryBody = z
  .strictObject({
    status: z.enum(RETRIABLE).default('failed').describe('`retrying`: now, instead of when it is due.'),
    endpoint_id: z.string().max(100).optional(),
    event_type: z.string().max(200).regex(EVENT_TYPE_FILTER_PATTERN).optional(),
    error_code: z.enum(Object.keys(ATTEMPT_ERRORS) as [AttemptErrorCode, ...AttemptErrorCode[]]).optional(),
    since: time.optional(),
    until: time.optional(),
    per_second: paceField,
  })
  .meta({ id: 'BulkRetry', examples: [{ status: 'failed', error_code: 'timeout' }] });

// Long because it declares one route after the other, each with its schemas and its handler.
export function operationRoutes(app: App, deps: ApiDeps): void {
  const tags = ['operations'];

  const base = '/v1/tenants/:tenant/endpoints/:endpoint';
  const description =
    'Makes new attempts of existing deliveries and creates missing deliveries, each with a new schedule. ' +
    'Deliveries that are on their way already are left alone, so this is safe to repeat. The configuration limits how ' +
    'many operations of a tenant may run at once; one more is refused with 429.';
  const refused = { 409: problemSchema, 429: problemSchema };
  const response = { 202: startedSchema, ...refused };
  const counted = { 200: dryRunSchema, ...response };

  app.post(
    `${base}/recover`,
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.recover',
        summary: 'Send what failed, and what was missed while the endpoint was disabled',
        description,
        params: endpointParams,
        body: recoverBody,
        response: counted,
      },
    },
    async (request, reply) => {
      const { since, until = null, per_second: perSecond, dry_run: isDryRun, sample } = request.body;
      const target = await targetOf(request, since, until);
      // An endpoint missed nothing before it was created.
      const from = new Date(Math.max(Date.parse(since), target.createdAt.getTime())).toISOString();
      const selection = recoverSelection(from, until);
      if (isDryRun) return reply.status(200).send(await dryRun(deps, { ...target.ids, selection }, sample));
      const started = await startOperation(deps, request, {
        kind: 'recover',
        ...target.ids,
        perSecond,
        selection,
        ...(Date.parse(from) !== Date.parse(since) && { askedSince: new Date(since).toISOString() }),
      });
      return reply.status(202).send(presentStarted(started));
    },
  );

  app.post(
    `${base}/replay`,
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.replay',
        summary: 'Send again, or only what the endpoint never got',
        description,
        params: endpointParams,
        body: replayBody,
        response: counted,
      },
    },
    async (request, reply) => {
      const { since = null, until = null, event_types: types = null, event_ids: named } = request.body;
      const { per_second: perSecond, only_missing: onlyMissing, dry_run: isDryRun, sample } = request.body;
      refuseUnclear(request.body);
      const target = await targetOf(request, since, until);
      const eventIds = named && (await eventsOr422(target.ids.tenantId, named));
      const selection = replaySelection(since, until, {
        eventTypes: types,
        onlyMissing,
        ...(eventIds && { eventIds }),
      });
      if (isDryRun) return reply.status(200).send(await dryRun(deps, { ...target.ids, selection }, sample));
      const started = await startOperation(deps, request, {
        kind: 'replay',
        ...target.ids,
        perSecond,
        selection,
      });
      return reply.status(202).send(presentStarted(started));
    },
  );

  /** @throws Problem not_found, endpoint_disabled, validation_failed */
  async function targetOf(
    request: FastifyRequest & { params: { tenant: string; endpoint: string } },
    since: string | null,
    until: string | null,
  ) {
    const tenant = await tenantOr404(deps, request, request.params.tenant);
    const { id, createdAt, enabled } = await endpointOr404(deps, tenant, request.params.endpoint);
    refuseDisabled({ id, enabled });
    refuseEmptyWindow(since, until);
    return { ids: { tenantId: tenant.id, endpointId: id }, createdAt };
  }

  /** The ids, each once. @throws Problem validation_failed */
  async function eventsOr422(tenantId: string, ids: string[]): Promise<string[]> {
    const found = await existingEvents(deps.db, tenantId, ids);
    const unknown = ids.findIndex((id) => !found.has(id));
    if (unknown !== -1)
      throw fieldProblem(`event_ids[${unknown}]`, 'is not the id of an event of this tenant');
    return [...found];
  }

  app.post(
    '/v1/tenants/:tenant/deliveries/retry',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'deliveries.retry-many',
        summary: 'Retry many deliveries at once, by times of acceptance or failure',
        deprecated: true,
        description:
          'Use `bulk-retry`, whose filter is that of the list. ' +
          'Deliveries of disabled or deleted endpoints are left out, and so are those that are being sent already.',
        params: tenantParams,
        body: bulkRetryBody,
        response,
      },
    },
    async (request, reply) => {
      const { body } = request;
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      if (body.endpoint_id !== undefined) refuseDisabled(await endpointOr404(deps, tenant, body.endpoint_id));
      refuseEmptyWindow(body.since ?? null, body.until ?? null);
      const started = await startOperation(deps, request, {
        kind: 'bulk_retry',
        tenantId: tenant.id,
        endpointId: body.endpoint_id ?? null,
        perSecond: body.per_second,
        selection: {
          statuses: [body.status],
          since: body.since ?? null,
          until: body.until ?? null,
          eventTypes: body.event_type === undefined ? null : [body.event_type],
          errorCode: body.error_code ?? null,
          missing: false,
        },
      });
      return reply.status(202).send(presentStarted(started));
    },
  );

  const params = z.object({ operation: z.string() });

  app.get(
    '/v1/operations/:operation',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'operations.get',
        summary: 'Get an operation and its progress',
        params,
        response: { 200: operationSchema },
      },
    },
    async (request) => presentOperation(await operationOr404(request)),
  );

  app.post(
    '/v1/operations/:operation/cancel',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'operations.cancel',
        summary: 'Stop an operation',
        description: 'Deliveries that it has started go on; the rest are left as they are.',
        params,
        response: { 202: operationSchema, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { id, tenantId } = await operationOr404(request);
      const act = { action: 'operation.cancelled', tenantId, objectId: id };
      await audited(deps, request, act, async (client) => {
        if (!(await finishOperation(client, id, 'cancelled')))
          throw new Problem('already_ended', `The operation ${id} has ended already.`);
        await tally(client, id);
      });
      return reply.status(202).send(presentOperation(await operationOr404(request)));
    },
  );

  async function operationOr404(request: FastifyRequest & { params: { operation: string } }) {
    const { operation: id } = request.params;
    const operation = await findOperation(deps.db, id);
    if (operation === null || !maySee(callerOf(request), operation.tenantId)) throw notFound('operation', id);
    return operation;
  }
}

/** @throws Problem endpoint_disabled */
export function refuseDisabled({ id, enabled }: Pick<Endpoint, 'id' | 'enabled'>): void {
  if (enabled) return;
  throw new Problem('endpoint_disabled', `The endpoint ${id} is disabled. Enable it first.`);
}

/** @throws Problem validation_failed */
function refuseEmptyWindow(since: string | null, until: string | null): void {
  if (since !== null && until !== null && Date.parse(until) <= Date.parse(since))
    throw fieldProblem('until', 'must be later than since');
}
