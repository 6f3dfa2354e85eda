/** Wire schemas of endpoints. endpoint-rules.ts adds the rules of the profile and the operator. */
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../../domain/delivery.ts';
import { ENDPOINT_BOUNDS, type Endpoint, MASK } from '../../domain/endpoint.ts';
import { MAX_TYPED_URL_LENGTH, MAX_URL_LENGTH } from '../../domain/endpoint-url.ts';
import { EVENT_TYPE_FILTER_PATTERN } from '../../domain/event.ts';
import { HEALTH_STATES, healthOf } from '../../domain/health.ts';
import { PROFILES } from '../../profiles/index.ts';
import { authSchema } from '../../signing/index.ts';
import type { DeliveryCounts } from '../../store/deliveries.ts';
import { atLeastField } from './parameters.ts';
import { text } from './text.ts';

const { scheduleEntries, scheduleTotalS, timeoutMinMs, timeoutMaxMs } = ENDPOINT_BOUNDS;
const SIGNING_PROFILES = PROFILES.flatMap(({ title, signing }) =>
  signing === null ? [] : [{ title, signing }],
);
/** The form of a secret in each contract that signs. */
export const SECRET_FORMS = `Its form: ${SIGNING_PROFILES.map(({ title, signing }) => `${title}: ${signing.secretForm}`).join('; ')}.`;
const SECRETS_OF_KINDS = SIGNING_PROFILES.flatMap(({ signing }) => signing.secretKinds ?? []);
const SECRET_KINDS = [...new Set(SECRETS_OF_KINDS.map(({ name }) => name))];
const WITH_KINDS = SIGNING_PROFILES.filter(({ signing }) => signing.secretKinds !== undefined)
  .map(({ title }) => title)
  .join(', ');

const fields = {
  url: z
    .string()
    .max(MAX_TYPED_URL_LENGTH)
    .describe(
      `The URL to which events are POSTed. It is stored in its normal form, which may have ${MAX_URL_LENGTH} characters.`,
    ),
  event_types: z
    .array(
      z.string().max(202).regex(EVENT_TYPE_FILTER_PATTERN, 'must be a type like a.b or a prefix like a.*'),
    )
    .min(1, 'must name at least one type; leave it out for all')
    .max(100)
    .nullable()
    .optional()
    .describe('Exact names, or prefixes with `.*`. Absent or null: all.'),
  description: text(500).nullable().optional(),
  enabled: z.boolean().optional(),
  disabled_note: text(500)
    .nullable()
    .optional()
    .describe('Why it is disabled, in your words. Only of a disabled endpoint; enabling it removes it.'),
  auth: authSchema.optional(),
  headers: z
    .record(z.string().min(1).max(256), z.string().max(4096))
    .optional()
    .describe('More headers, sent with every attempt. Their values are treated as secrets.'),
  timeout_ms: z.number().int().min(timeoutMinMs).max(timeoutMaxMs).nullable().optional(),
  retry_schedule: z
    .array(z.number().min(0).max(scheduleTotalS))
    .max(scheduleEntries)
    .refine(
      (delays) => delays.reduce((sum, delay) => sum + delay, 0) <= scheduleTotalS,
      'may span 14 days in all',
    )
    .nullable()
    .optional()
    .describe("Seconds between attempts. `[]`: one attempt. Absent or null: the profile's."),
  rate_limit: z
    .strictObject({ per_second: z.number().min(0.001).max(10_000) })
    .nullable()
    .optional(),
  ordered: z
    .boolean()
    .optional()
    .describe(
      'Whether deliveries are sent one after the other, in the order in which their events were accepted.',
    ),
};

export const createEndpointBody = z
  .strictObject({
    ...fields,
    secret: z
      .string()
      .max(512)
      .optional()
      .describe(`Your own signing secret. Absent: one is made where the profile signs. ${SECRET_FORMS}`),
    signature: z
      .enum(SECRET_KINDS)
      .optional()
      .describe(`The kind of a generated secret; only for ${WITH_KINDS}.`),
  })
  .meta({
    id: 'CreateEndpoint',
    examples: [{ url: 'https://crm.example.com/webhooks', event_types: ['student.*'] }],
  });

export const patchEndpointBody = z.strictObject({ ...fields, url: fields.url.optional() }).meta({
  id: 'PatchEndpoint',
  examples: [{ enabled: false, disabled_note: 'The CRM moves until Monday.' }],
});

export const endpointSchema = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    url: z.string().describe('With the values of its query masked, unless `reveal=true`.'),
    event_types: z.array(z.string()).nullable(),
    description: z.string().nullable(),
    enabled: z.boolean(),
    disabled_reason: z.enum(['manual', 'gone', 'failing']).nullable(),
    disabled_note: z
      .string()
      .nullable()
      .describe('Why a person disabled it, in their words. Null: nothing was said, or it is enabled.'),
    auth: z
      .object({ type: z.string().nullable() })
      .describe('`type` is null where `problem` is `secret_unreadable`.'),
    headers: z.record(z.string(), z.string()).describe('Names with masked values.'),
    is_signed: z
      .boolean()
      .describe('Whether its deliveries are signed: whether it has a secret that can be read.'),
    secret_kind: z
      .string()
      .nullable()
      .describe(
        "The kind of its secret, where the contract has several (`secret.kinds` of the profile), as the secret's form tells. Null: there is one.",
      ),
    problem: z
      .enum(['secret_unreadable'])
      .optional()
      .describe(
        'Nothing can be sent to the endpoint: no key of TIDINGS_ENCRYPTION_KEYS decrypts its URL and secrets.',
      ),
    timeout_ms: z.number().nullable(),
    retry_schedule: z.array(z.number()).nullable(),
    rate_limit: z.object({ per_second: z.number() }).nullable(),
    ordered: z.boolean(),
    stalled_at: z
      .string()
      .nullable()
      .describe('Set while the endpoint is stalled: nothing is sent until a new event is emitted.'),
    health: z
      .object({
        state: z
          .enum(HEALTH_STATES)
          .describe('`failing`: its last attempt has failed. `unreadable`: see `problem`.'),
        summary: z.string().describe('The same in words.'),
        disables_at: z
          .string()
          .nullable()
          .describe(
            'From when on a failed attempt disables it, if none succeeds before. Nothing happens at that time itself. Null: it is not failing.',
          ),
      })
      .meta({ id: 'EndpointHealth' }),
    failing_since: z
      .string()
      .nullable()
      .describe(
        'Since when every attempt has failed, in the order in which they ended; that of a disabled endpoint is as it was then. Null: the last one has not failed, or there was none since it was enabled.',
      ),
    consecutive_failures: z.number(),
    disabled_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    recover: z
      .object({
        since: z.string(),
        missed: z
          .number()
          .describe('Number of deliveries that failed and of events that were accepted meanwhile.'),
        at_least: atLeastField,
        path: z.string().describe('POST {"since"} to this path to have it sent.'),
      })
      .optional()
      .describe('Only when the endpoint was just enabled again: what it missed.'),
    secret: z.string().optional().describe('Only in the answer that created or set it, and at …/secret.'),
  })
  .meta({ id: 'Endpoint' });

export const listedEndpoint = endpointSchema
  .extend({ tenant: z.object({ name: z.string().nullable(), external_id: z.string().nullable() }) })
  .meta({ id: 'ListedEndpoint' });

/** The settings of an endpoint as whoever may read it sees them: URL, credentials and headers masked. */
export function shownSettings(endpoint: Endpoint) {
  const { secrets } = endpoint;
  return {
    url: endpoint.maskedUrl,
    event_types: endpoint.eventTypes,
    description: endpoint.description,
    enabled: endpoint.enabled,
    auth: { type: secrets?.auth.type ?? null },
    headers: Object.fromEntries(Object.keys(secrets?.headers ?? {}).map((name) => [name, MASK])),
    timeout_ms: endpoint.timeoutMs,
    retry_schedule: endpoint.retrySchedule,
    rate_limit: endpoint.ratePerSecond === null ? null : { per_second: endpoint.ratePerSecond },
    ordered: endpoint.ordered,
  };
}

/**
 * @param disableAfterMs how long an endpoint of its tenant fails before it is disabled
 * @param url the whole URL, for somebody who may see it
 */
export function presentEndpoint(
  endpoint: Endpoint,
  disableAfterMs: number,
  url?: string,
): z.infer<typeof endpointSchema> {
  const { secrets } = endpoint;
  const { state, summary, disablesAt } = healthOf(endpoint, disableAfterMs);
  return {
    id: endpoint.id,
    tenant_id: endpoint.tenantId,
    ...shownSettings(endpoint),
    url: url ?? endpoint.maskedUrl,
    disabled_reason: endpoint.disabledReason,
    disabled_note: endpoint.disabledNote,
    is_signed: (secrets?.signing.length ?? 0) > 0,
    secret_kind:
      SECRETS_OF_KINDS.find((kind) => kind.isKindOf(secrets?.signing[0]?.value ?? ''))?.name ?? null,
    ...(secrets === null && { problem: 'secret_unreadable' as const }),
    stalled_at: endpoint.stalledAt?.toISOString() ?? null,
    health: { state, summary, disables_at: disablesAt?.toISOString() ?? null },
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    consecutive_failures: endpoint.consecutiveFailures,
    disabled_at: endpoint.disabledAt?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

export const endpointStats = z
  .object({
    total: z.number(),
    by_status: z.partialRecord(z.enum(DELIVERY_STATUSES), z.number()),
    by_error: z
      .record(z.string(), z.number())
      .describe(
        'By what went wrong last: the error of the last attempt or, of a delivery that ended before another attempt, and maybe before the ' +
          'first, what ended it (`endpoint_disabled`, `endpoint_deleted`, `payload_erased`).',
      ),
    counted_since: z
      .string()
      .nullable()
      .describe('When the oldest counted delivery was created. Null: all are counted.'),
    failing_since: z
      .string()
      .nullable()
      .describe(
        'Since when every attempt has failed, in the order in which they ended; that of a disabled endpoint is as it was then. Null: the last one has not failed, or there was none since it was enabled.',
      ),
    stalled_at: z.string().nullable(),
  })
  .meta({ id: 'EndpointStats' });

export function presentStats(
  endpoint: Endpoint,
  { counts, since }: DeliveryCounts,
): z.infer<typeof endpointStats> {
  const sum = (key: (row: (typeof counts)[number]) => string | null) => {
    const sums: Record<string, number> = {};
    for (const row of counts) {
      const name = key(row);
      if (name !== null) sums[name] = (sums[name] ?? 0) + row.count;
    }
    return sums;
  };
  return {
    total: counts.reduce((total, row) => total + row.count, 0),
    by_status: sum((row) => row.status),
    by_error: sum((row) => row.lastError),
    counted_since: since?.toISOString() ?? null,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    stalled_at: endpoint.stalledAt?.toISOString() ?? null,
  };
}
