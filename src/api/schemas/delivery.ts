/** Wire schemas of deliveries and their log. */
import { z } from 'zod';
import { RESPONSIBLE } from '../../domain/causes.ts';
import { DELIVERY_STATUSES, type Delivery, HELD_REASONS, TRIGGERS } from '../../domain/delivery.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../../domain/errors.ts';
import type { DeliveryFilter } from '../../store/delivery-list.ts';
import { textByName } from './text.ts';

const errorCode = z.enum(Object.keys(ATTEMPT_ERRORS) as [AttemptErrorCode, ...AttemptErrorCode[]]);

const summary = {
  id: z.string(),
  tenant_id: z.string(),
  event_id: z.string(),
  endpoint_id: z.string(),
  event_type: z.string(),
  is_test: z.boolean(),
  status: z.enum(DELIVERY_STATUSES),
  held_reason: z.enum(HELD_REASONS).nullable(),
  attempt_count: z.number(),
  last_error: errorCode.nullable(),
  last_response_status: z.number().nullable(),
  created_at: z.string(),
  next_attempt_at: z.string().nullable(),
  ended_at: z.string().nullable(),
};

export const deliverySummary = z.object(summary).meta({ id: 'DeliverySummary' });

const explanation = z
  .object({
    summary: z.string().describe('What happened, in a sentence.'),
    cause: z
      .string()
      .describe('The cause, as far as it was seen. Stable; docs/error-codes.md lists them all.'),
    who: z
      .enum(RESPONSIBLE)
      .describe(
        'Who must act: whoever runs the receiver, the customer who set the endpoint up, the operator of Tidings, or nobody (`tidings`).',
      ),
    action: z.string().describe('What to do.'),
    docs_url: z.string().describe('Where the cause is described: a path on this server.'),
  })
  .meta({ id: 'Explanation' });

const ms = z.number().nullable();
const timings = z
  .object({
    resolve_ms: ms.describe('Resolving the host name.'),
    connect_ms: ms.describe(
      "Until an address had accepted the connection, through the egress proxy's tunnel where there is one.",
    ),
    tls_ms: ms.describe('The TLS handshake.'),
    first_byte_ms: ms.describe('From the beginning of the request to the first byte of the response.'),
    body_ms: ms.describe('From the first byte to the end of what was read of the response.'),
    reused: z
      .boolean()
      .describe(
        'Whether the connection had been there before, so that nothing was resolved, connected or agreed.',
      ),
  })
  .meta({
    id: 'Timings',
    description: 'Milliseconds of each phase. Null: the attempt did not come to its end.',
  });

const tls = z
  .object({
    protocol: z.string().nullable(),
    subject: z.string().nullable().describe('Of the certificate, such as `CN=example.com`.'),
    issuer: z.string().nullable(),
    valid_to: z.string().nullable().describe('When the certificate expires.'),
    names: z.array(z.string()).describe('The host names and addresses that it is for, twenty at most.'),
    fingerprint_sha256: z.string().nullable(),
  })
  .meta({
    id: 'AttemptTls',
    description: 'What the receiver showed in the TLS handshake, also where it was refused.',
  });

const attempt = z
  .object({
    number: z.number(),
    trigger: z.enum(TRIGGERS),
    started_at: z.string(),
    duration_ms: z
      .number()
      .nullable()
      .describe('Null: not known, because the attempt was lost with its process, or no request was made.'),
    request: z
      .object({ method: z.literal('POST'), url: z.string(), headers: textByName })
      .nullable()
      .describe('With secrets masked. Null: not known.'),
    response: z
      .object({
        status: z.number(),
        headers: textByName,
        body: z.string().describe('The first 16 KiB, as UTF-8.'),
        body_base64: z.string().optional().describe('The same bytes, where they are not UTF-8.'),
        truncated: z.boolean(),
        raw_length: z
          .number()
          .nullable()
          .describe('Number of bytes of the body as they came; more may have followed if it is truncated.'),
        decoded_from: z
          .string()
          .nullable()
          .describe(
            'The content encoding from which the body was decompressed. Null: it is shown as it came.',
          ),
        body_problem: z
          .string()
          .nullable()
          .describe('Why the body is not whole, if the receiver caused that.'),
      })
      .nullable(),
    received: z
      .object({
        body: z.string().describe('The first 16 KiB, as UTF-8.'),
        body_base64: z.string().optional().describe('The same bytes, where they are not UTF-8.'),
      })
      .nullable()
      .describe('The bytes that came, if they could not be read as a response.'),
    connection: z
      .object({
        address: z.string().nullable().describe('The address that took the connection. Null: none did.'),
        others: z
          .array(z.object({ address: z.string(), error: z.string() }))
          .describe('The other addresses of the host that were tried, with their errors.'),
        reused: z.boolean().describe('Whether the connection had carried another request before.'),
        resent: z
          .boolean()
          .describe(
            'Whether the request was sent once more on this connection, because a reused one was closed before a byte of a response came.',
          ),
      })
      .nullable()
      .describe('How the request went to the receiver. Null: not known.'),
    timings: timings.nullable().describe('Null: not known, as where no request was made.'),
    remote_address: z
      .string()
      .nullable()
      .describe(
        'The address and port that took the connection or, if none did, that were dialled last: `203.0.113.7:443`, `[2001:db8::7]:443`. Null: none was dialled, or an egress proxy was to do it.',
      ),
    tls: tls.nullable().describe('Null: without TLS, or it did not come to that.'),
    error: z.object({ code: errorCode, message: z.string() }).nullable(),
    explanation: explanation.nullable().describe('Of a failed attempt.'),
    press_id: z.string().optional().describe('The manual retry that asked for the attempt.'),
  })
  .meta({ id: 'Attempt' });

export const deliverySchema = z
  .object({
    ...summary,
    body: z.string().nullable().describe('What each attempt sends, as UTF-8. Null: its payload is erased.'),
    attempts: z.array(attempt).describe('The newest hundred, in the order in which they were made.'),
    attempts_left_out: z
      .number()
      .optional()
      .describe('Number of older attempts, if there are more than a hundred.'),
    presses: z
      .array(z.object({ press_id: z.string().nullable(), at: z.string(), by: z.string() }))
      .describe('Manual retries: by whom, and when.'),
    next_step: z.string().describe('What happens next, in words.'),
    next_actions: z
      .array(z.enum(['enable_endpoint', 'retry']))
      .describe(
        'Actions that help now, in this order. None of them would be refused to a caller who may manage the tenant, but for how often it is asked.',
      ),
    explanation: explanation
      .nullable()
      .describe('Why it failed, or fails so far. Null: it has succeeded, or nothing has failed yet.'),
    log_source: z
      .enum(['history', 'archive'])
      .describe(
        '`history`: read from the workflow history, too. `archive`: from rows alone, because the history is gone or Temporal is away.',
      ),
    workflow: z.object({
      id: z.string().nullable(),
      run_id: z.string().nullable(),
      web_url: z.string().nullable(),
    }),
  })
  .meta({ id: 'Delivery' });

export type DeliveryLog = z.infer<typeof deliverySchema>;

export const deliveryFilters = z.object({
  status: z.enum(DELIVERY_STATUSES).optional(),
  endpoint_id: z.string().optional(),
  event_id: z.string().optional(),
  event_type: z.string().optional(),
  error_code: errorCode.optional(),
  response_status: z.coerce
    .number()
    .int()
    .min(100)
    .max(599)
    .optional()
    .describe('Status of the response to the last attempt.'),
  is_test: z
    .enum(['true', 'false'])
    .optional()
    .describe('Deliveries of tests alone, or all others. Default: both.'),
  after: z.iso.datetime({ offset: true }).optional().describe('Created later than this.'),
  before: z.iso.datetime({ offset: true }).optional().describe('Created earlier than this.'),
});

/** The filter that a query string asks for. */
export function readDeliveryFilter(query: z.infer<typeof deliveryFilters>): DeliveryFilter {
  const { after, before } = query;
  return {
    endpointId: query.endpoint_id,
    eventId: query.event_id,
    eventType: query.event_type,
    status: query.status,
    errorCode: query.error_code,
    responseStatus: query.response_status,
    isTest: query.is_test === undefined ? undefined : query.is_test === 'true',
    after: after === undefined ? undefined : new Date(after),
    before: before === undefined ? undefined : new Date(before),
  };
}

export function presentDelivery(delivery: Delivery): z.infer<typeof deliverySummary> {
  return {
    id: delivery.id,
    tenant_id: delivery.tenantId,
    event_id: delivery.eventId,
    endpoint_id: delivery.endpointId,
    event_type: delivery.eventType,
    is_test: delivery.isTest,
    status: delivery.status,
    held_reason: delivery.heldReason,
    attempt_count: delivery.attemptCount,
    last_error: delivery.lastError,
    last_response_status: delivery.lastResponseStatus,
    created_at: delivery.createdAt.toISOString(),
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    ended_at: delivery.endedAt?.toISOString() ?? null,
  };
}
