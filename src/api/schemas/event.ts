/** Wire schemas of events and event types. */
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../../domain/delivery.ts';
import { EVENT_ID_PATTERN, EVENT_TYPE_PATTERN, MAX_BATCH } from '../../domain/event.ts';
import type { EventFilter } from '../../store/event-list.ts';
import { MAX_COUNTED } from '../../store/event-outcomes.ts';
import { text } from './text.ts';

const eventType = z
  .string()
  .max(200)
  .regex(EVENT_TYPE_PATTERN, 'must be letters, digits and _, joined by dots');

export const emitBody = z
  .strictObject({
    type: eventType,
    data: z.unknown().describe('What happened. Delivered byte for byte as it stands in the request.'),
    timestamp: z.iso.datetime({ offset: true }).optional().describe('When it happened. Absent: now.'),
    id: z
      .string()
      .regex(EVENT_ID_PATTERN, 'must be 1 to 64 letters, digits, _ or -')
      .optional()
      .describe("Your own id, unique for the tenant: the event's id and the `webhook-id`."),
  })
  .meta({
    id: 'Emit',
    examples: [{ type: 'invoice.paid', data: { invoice: 'in_42', amount: 1200 }, id: 'in_42-paid' }],
  });

export const batchBody = z
  .strictObject({ events: z.array(emitBody).min(1).max(MAX_BATCH) })
  .meta({ id: 'EmitBatch', examples: [{ events: [{ type: 'invoice.paid', data: { invoice: 'in_42' } }] }] });

export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe('The same key with the same body is the same request: it is accepted once.'),
});

const deliveryStub = z.object({
  id: z.string(),
  endpoint_id: z.string(),
  status: z.enum(DELIVERY_STATUSES),
});

export const acceptedSchema = z
  .object({ id: z.string(), type: z.string(), timestamp: z.string(), deliveries: z.array(deliveryStub) })
  .meta({ id: 'AcceptedEvent' });

export const eventSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    timestamp: z.string(),
    created_at: z.string(),
    erased_at: z.string().nullable().describe('When its payload was erased: `data` is null then.'),
    data: z.unknown(),
    deliveries: z.array(deliveryStub),
  })
  .meta({ id: 'Event' });

export const eventSummary = eventSchema
  .omit({ data: true, deliveries: true })
  .extend({
    outcomes: z
      .object({
        total: z.number(),
        succeeded: z.number(),
        failed: z.number(),
        cancelled: z.number(),
        waiting: z.number().describe('Those that have not ended.'),
        at_least: z.literal(true).optional().describe('True: there are more than were counted.'),
      })
      .meta({ id: 'EventOutcomes' })
      .describe(`How its deliveries have gone, of which at most ${MAX_COUNTED} are counted.`),
  })
  .meta({ id: 'EventSummary' });

export const eventFilters = z.object({
  type: z.string().max(200).optional(),
  after: z.iso.datetime({ offset: true }).optional().describe('Accepted later than this.'),
  before: z.iso.datetime({ offset: true }).optional().describe('Accepted earlier than this.'),
  q: text(255)
    .trim()
    .min(1)
    .optional()
    .describe(
      "An event's id or the beginning of one, your own ids included; or an Idempotency-Key as it was sent.",
    ),
});

/** The filter that a query string asks for. */
export function readEventFilter({
  type,
  after,
  before,
  q,
}: z.infer<typeof eventFilters>): Omit<EventFilter, 'tenantId'> {
  return {
    type,
    after: after === undefined ? undefined : new Date(after),
    before: before === undefined ? undefined : new Date(before),
    q,
  };
}

export const eventTypeSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()),
    example: z.unknown(),
    origin: z.enum(['profile', 'tenant']),
    archived_at: z
      .string()
      .optional()
      .describe('When it was archived: it is neither offered nor accepted any more. Absent: it is in use.'),
  })
  .meta({ id: 'EventType' });

export const patchEventTypeBody = z
  .strictObject({
    description: text(500).optional(),
    schema: z.record(z.string(), z.unknown()).optional().describe('JSON Schema (draft 2020-12) of `data`.'),
    example: z.unknown().optional().describe('`data` of an example event; it must match the schema.'),
  })
  .meta({ id: 'PatchEventType', examples: [{ description: 'An invoice was paid' }] });

export const createEventTypeBody = z
  .strictObject({
    name: eventType,
    description: text(500).default(''),
    schema: z.record(z.string(), z.unknown()).default({}).describe('JSON Schema (draft 2020-12) of `data`.'),
    example: z.unknown().describe('`data` of an example event; it must match the schema.'),
  })
  .meta({
    id: 'CreateEventType',
    examples: [
      {
        name: 'invoice.paid',
        schema: { type: 'object', required: ['invoice'] },
        example: { invoice: 'in_42' },
      },
    ],
  });
