/** `/v1/tenants/:t/deliveries/bulk-retry` and `…/bulk-cancel`: do something with all deliveries that a list's filter matches. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type DeliveryStatus, UNENDED_STATUSES } from '../../domain/delivery.ts';
import { fieldProblem } from '../../domain/errors.ts';
import { EVENT_TYPE_PATTERN } from '../../domain/event.ts';
import { matchingSelection, type OperationKind } from '../../domain/operation.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { endpointOr404, tenantOr404 } from '../lookups.ts';
import {
  dryRun,
  dryRunField,
  dryRunSchema,
  paceField,
  presentStarted,
  sampleField,
  startedSchema,
  startOperation,
} from '../operations.ts';
import { problemSchema } from '../problems.ts';
import { deliveryFilters } from '../schemas/delivery.ts';
import { tenantParams } from '../schemas/parameters.ts';
import { RETRIABLE, refuseDisabled } from './operations.ts';

const { endpoint_id, error_code, after, before } = deliveryFilters.shape;

/** The filter of the list. */
const listFilter = {
  endpoint_id,
  // One that ends in `.*` would match nothing in the list, and much here.
  event_type: z.string().max(200).regex(EVENT_TYPE_PATTERN, 'must be a type like a.b').optional(),
  error_code,
  response_status: z
    .number()
    .int()
    .min(100)
    .max(599)
    .optional()
    .describe('Status of the response to the last attempt.'),
  after,
  before,
};

const retryBody = z
  .strictObject({
    filter: z.strictObject({
      status: z.enum(RETRIABLE).default('failed').describe('`retrying`: now, instead of when it is due.'),
      ...listFilter,
    }),
    per_second: paceField,
    dry_run: dryRunField,
    sample: sampleField,
  })
  .meta({
    id: 'BulkRetryMatching',
    examples: [{ filter: { status: 'failed', error_code: 'timeout' }, dry_run: true }],
  });

const cancelBody = z
  .strictObject({
    filter: z.strictObject({
      status: z.enum(UNENDED_STATUSES).optional().describe('Absent: whatever has not ended.'),
      ...listFilter,
    }),
    dry_run: dryRunField,
    sample: sampleField,
  })
  .meta({ id: 'BulkCancel', examples: [{ filter: { event_type: 'invoice.paid' }, dry_run: true }] });

type Filter = Omit<z.infer<typeof cancelBody>['filter'], 'status'>;

type Wanted = {
  kind: Extract<OperationKind, 'bulk_retry' | 'bulk_cancel'>;
  statuses: DeliveryStatus[];
  filter: Filter;
  perSecond: number | undefined;
  isDryRun: boolean;
  sample: number;
};

// Long because it declares one route after the other, each with its schemas and its handler.
export function bulkOperationRoutes(app: App, deps: ApiDeps): void {
  const tags = ['operations'];
  const config = { access: 'manage' };
  const response = {
    200: dryRunSchema,
    202: startedSchema,
    409: problemSchema,
    429: problemSchema,
  };
  const rest =
    'The configuration limits how many operations of a tenant may run at once; one more is refused with 429.';

  app.post(
    '/v1/tenants/:tenant/deliveries/bulk-retry',
    {
      config,
      schema: {
        tags,
        operationId: 'deliveries.bulk-retry',
        summary: 'Retry all deliveries that a filter matches',
        description:
          'The filter is that of the list. Deliveries of disabled or deleted endpoints are left out, and so are tests, those whose payload ' +
          `is erased and those that are being sent already. ${rest}`,
        params: tenantParams,
        body: retryBody,
        response,
      },
    },
    async (request, reply) => {
      const { filter, per_second: perSecond, dry_run: isDryRun, sample } = request.body;
      const { status, ...others } = filter;
      const wanted: Wanted = {
        kind: 'bulk_retry',
        statuses: [status],
        filter: others,
        perSecond,
        isDryRun,
        sample,
      };
      const answer = await run(request, request.params.tenant, wanted);
      return 'dry_run' in answer ? reply.status(200).send(answer) : reply.status(202).send(answer);
    },
  );

  app.post(
    '/v1/tenants/:tenant/deliveries/bulk-cancel',
    {
      config,
      schema: {
        tags,
        operationId: 'deliveries.bulk-cancel',
        summary: 'Cancel all deliveries that a filter matches and that have not ended',
        description:
          'The filter is that of the list. An attempt that is under way is still recorded, and counts if it succeeds. Tests are left out, and ' +
          `so is what is being sent again after its end. ${rest}`,
        params: tenantParams,
        body: cancelBody,
        response,
      },
    },
    async (request, reply) => {
      const { filter, dry_run: isDryRun, sample } = request.body;
      const { status, ...others } = filter;
      const statuses = status === undefined ? [...UNENDED_STATUSES] : [status];
      const wanted: Wanted = {
        kind: 'bulk_cancel',
        statuses,
        filter: others,
        perSecond: undefined,
        isDryRun,
        sample,
      };
      const answer = await run(request, request.params.tenant, wanted);
      return 'dry_run' in answer ? reply.status(200).send(answer) : reply.status(202).send(answer);
    },
  );

  /** Counts, or starts the operation. @throws Problem not_found, endpoint_disabled, validation_failed, too_many_requests */
  async function run(request: FastifyRequest, tenantGiven: string, wanted: Wanted) {
    const { kind, statuses, filter, perSecond, isDryRun, sample } = wanted;
    const tenant = await tenantOr404(deps, request, tenantGiven);
    const isRetry = kind === 'bulk_retry';
    if (filter.endpoint_id !== undefined) {
      const endpoint = await endpointOr404(deps, tenant, filter.endpoint_id);
      if (isRetry) refuseDisabled(endpoint);
    }
    const { since, until } = span(filter);
    const selection = matchingSelection({
      statuses,
      since,
      until,
      eventTypes: filter.event_type === undefined ? null : [filter.event_type],
      errorCode: filter.error_code ?? null,
      responseStatus: filter.response_status ?? null,
      unsendable: !isRetry,
    });
    const selected = { tenantId: tenant.id, endpointId: filter.endpoint_id ?? null, selection };
    if (isDryRun) return dryRun(deps, selected, sample);
    return presentStarted(await startOperation(deps, request, { kind, ...selected, perSecond }));
  }
}

/** A list's bounds are exclusive; those of an operation are inclusive and exclusive. @throws Problem validation_failed */
function span({ after, before }: Filter): { since: string | null; until: string | null } {
  if (after !== undefined && before !== undefined && Date.parse(before) <= Date.parse(after) + 1)
    throw fieldProblem('filter.before', 'must be later than after');
  return {
    since: after === undefined ? null : new Date(Date.parse(after) + 1).toISOString(),
    until: before ?? null,
  };
}
