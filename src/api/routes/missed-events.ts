/** `/v1/tenants/:t/events/:id/explain`: who got nothing of an event, and why. */
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../../domain/delivery.ts';
import {
  MISSED_REASONS,
  missedInWords,
  REPLAY_OBSTACLES,
  replayObstacle,
  whyFailed,
  whyMissed,
} from '../../domain/missed-event.ts';
import { type EventSummary, findEventSummary } from '../../store/events.ts';
import { listMissing, type MissingRow } from '../../store/missed-events.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { tenantParams } from '../schemas/parameters.ts';

const missedSchema = z
  .object({
    endpoint_id: z.string(),
    url: z.string().describe('With the values of its query masked.'),
    reason: z
      .enum(MISSED_REASONS)
      .describe(
        'As it was when the event came: `test` (of another endpoint), `created_later`, `deleted`, `disabled`, `not_subscribed`. Of a delivery ' +
          'that has ended: `erased`, `disabled`, `deleted`, `cancelled`, `failed`. `unknown`: nothing on record says.',
      ),
    since: z
      .string()
      .nullable()
      .describe('When that came to be. Null: not known, or the reason has no time.'),
    explanation: z.string().describe('The reason in a sentence.'),
    delivery: z
      .object({ id: z.string(), status: z.enum(DELIVERY_STATUSES) })
      .nullable()
      .describe('Null: there was none.'),
    replayable: z
      .boolean()
      .describe('Whether a replay to the endpoint would send the event as things are now.'),
    obstacle: z
      .enum(REPLAY_OBSTACLES)
      .nullable()
      .describe(
        'What keeps a replay from sending it: it is a test, its payload is erased, or the endpoint is deleted, does not subscribe to its ' +
          'type, or is disabled. Null: nothing.',
      ),
  })
  .meta({ id: 'MissedEvent' });

export function missedEventRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/tenants/:tenant/events/:event/explain',
    {
      config: { access: 'read' },
      schema: {
        tags: ['events'],
        operationId: 'events.explain',
        summary: 'Who got nothing of an event, and why',
        description:
          'A row for each endpoint of the tenant, deleted ones included, that the event was not delivered to and is not on its way to. The ' +
          'reason is that of the time when the event came, as far as the audit log can tell. A page may be short or empty although more ' +
          'items follow: go on while there is a `next_cursor`.',
        params: tenantParams.extend({ event: z.string() }),
        querystring: pageQuery,
        response: { 200: pageOf(missedSchema) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const event = await findEventSummary(deps.db, tenant.id, request.params.event);
      if (event === null) throw notFound('event', request.params.event);
      return readPage(
        request.query,
        (page) => listMissing(deps.db, tenant.id, event, page),
        (row) => present(event, row),
      );
    },
  );
}

function present(event: EventSummary & { isTest: boolean }, row: MissingRow): z.infer<typeof missedSchema> {
  const { delivery } = row;
  const missed = delivery === null ? whyMissed(event, row, row.history) : whyFailed(delivery);
  const obstacle = replayObstacle(event, row, delivery !== null);
  return {
    endpoint_id: row.id,
    url: row.maskedUrl,
    reason: missed.reason,
    since: missed.since?.toISOString() ?? null,
    explanation: missedInWords(missed, event, delivery),
    delivery: delivery && { id: delivery.id, status: delivery.status },
    replayable: obstacle === null,
    obstacle,
  };
}
