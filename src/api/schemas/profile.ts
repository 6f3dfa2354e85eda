/** Wire schema of a profile: what an endpoint's form and a receiver's documents are made from. */
import { z } from 'zod';
import { ENDPOINT_BOUNDS, RATE_BOUNDS } from '../../domain/endpoint.ts';
import type { Profile } from '../../domain/profile.ts';
import { DEFAULT_PROFILE } from '../../profiles/index.ts';
import { AUTH_SCHEMES } from '../../signing/index.ts';

const authFieldSchema = z.object({
  name: z.string(),
  label: z.string(),
  description: z.string().nullable(),
  kind: z.enum(['text', 'secret']).describe('`secret`: typed hidden, and never shown again.'),
  required: z.boolean(),
  min_length: z.number().nullable(),
  max_length: z.number().nullable(),
});

const authSchemeSchema = z.object({
  type: z.string().describe('The `type` of `auth`.'),
  title: z.string(),
  description: z.string(),
  fields: z.array(authFieldSchema).describe('The other fields of `auth`, in the order of a form.'),
});

const headerSchema = z.object({
  name: z.string(),
  holds: z.string().describe('What it holds, in Markdown.'),
});

const recipeSchema = z
  .object({
    secret_kind: z.string().nullable().describe('The kind of secret that signs so. Null: there is one kind.'),
    algorithm: z.enum(['hmac-sha256', 'ed25519']),
    header: z.string(),
    prefix: z.string().describe('Goes before the signature.'),
    separator: z.string().nullable().describe('Parts several signatures. Null: there is only one.'),
    encoding: z.enum(['hex', 'base64']),
    signed: z
      .array(z.enum(['webhook-id', 'webhook-timestamp', 'body']))
      .describe('What is signed: these, joined by dots.'),
    key: z
      .object({ prefix: z.string(), encoding: z.enum(['utf8', 'base64']) })
      .describe("The key's bytes: the secret (ed25519: the public key) without this prefix, so decoded."),
  })
  .meta({ id: 'SignatureRecipe' });

export const sampleSchema = z
  .object({
    secret_kind: z.string().nullable().describe('The kind of secret that signs so. Null: there is one kind.'),
    language: z.string().describe('As code blocks name it: `ts`, `python`.'),
    title: z.string(),
    code: z.string(),
  })
  .meta({ id: 'VerificationSample' });

/** Fields of `POST …/endpoints` that every profile takes. */
const ENDPOINT_FIELDS = [
  ...['url', 'event_types', 'description', 'enabled', 'disabled_note', 'auth', 'headers'],
  ...['timeout_ms', 'retry_schedule', 'rate_limit', 'ordered', 'secret', 'signature'],
] as const;
type EndpointField = (typeof ENDPOINT_FIELDS)[number];

export const profileSchema = z
  .object({
    name: z.string(),
    title: z.string(),
    source: z.string().describe('Where the contract is written down.'),
    is_default: z.boolean().describe('Whether a tenant that names no profile gets this one.'),
    event_types: z.object({
      count: z.number().describe('Of the catalogue; `GET /v1/tenants/{tenant}/event-types` lists it.'),
      unknown_allowed: z
        .boolean()
        .describe("Whether types that are neither in it nor the tenant's own are accepted."),
    }),
    test_event: z.object({
      type: z.string().describe('What a test sends that names no type.'),
      body: z.string().describe('The body of one, as it is sent, for a tenant whose id is `your-tenant`.'),
    }),
    url: z.object({
      label: z.string().describe("What the contract calls an endpoint's URL."),
      https_only: z.boolean(),
    }),
    max_endpoints: z.number().describe('How many endpoints a tenant may have.'),
    stalls_when_exhausted: z
      .boolean()
      .describe('Whether an exhausted delivery stalls its endpoint until a new event arrives for it.'),
    timeout_ms: z.number().describe('Of an endpoint that sets none.'),
    retry_schedule: z
      .object({ delays_s: z.array(z.number()), jitter: z.number() })
      .describe('Of an endpoint that sets none: seconds between attempts, and the part by which they vary.'),
    auth: z.object({
      schemes: z.array(authSchemeSchema).describe('Those that the contract allows.'),
      default_type: z.string().nullable().describe('Of an endpoint that names none. Null: it must name one.'),
    }),
    secret: z.object({
      rule: z
        .enum(['always', 'chosen', 'never'])
        .describe(
          '`always`: one is made when the caller gives none; `chosen`: only when the caller gives one, and what has none is not ' +
            'signed; `never`: the contract has no signature.',
        ),
      form: z.string().nullable().describe("The form of a caller's own secret, in Markdown."),
      kinds: z
        .array(z.string())
        .describe('Kinds to choose from by `signature`, the default first. Empty: there is one.'),
      overlaps: z
        .boolean()
        .describe('Whether the old secret may go on signing beside the new one for a while.'),
    }),
    headers: z
      .array(headerSchema)
      .describe('Those by which a receiver recognises and verifies a request, the signature last.'),
    signatures: z
      .array(recipeSchema)
      .describe('How to verify each kind of signature. Empty: there is none, or `headers` says it in words.'),
    endpoint_fields: z
      .array(z.enum(ENDPOINT_FIELDS))
      .describe('The fields of `POST /v1/tenants/{tenant}/endpoints` that this profile takes.'),
    endpoint_bounds: z.object({
      timeout_ms: z.object({ min: z.number(), max: z.number() }),
      retry_schedule: z.object({ max_entries: z.number(), max_total_s: z.number() }),
      headers: z.object({ max_entries: z.number(), max_bytes: z.number() }),
      rate_per_second: z.object({ min: z.number(), max: z.number() }),
    }),
  })
  .meta({ id: 'Profile' });

type Shown = z.infer<typeof profileSchema>;

export function presentProfile(profile: Profile): Shown {
  const { name, title, source, signing, schedule } = profile;
  return {
    name,
    title,
    source,
    is_default: name === DEFAULT_PROFILE,
    event_types: { count: profile.catalogue.length, unknown_allowed: profile.allowsUnknownTypes },
    test_event: { type: profile.testEventType, body: testBody(profile) },
    url: { label: profile.urlLabel ?? 'Endpoint URL', https_only: profile.httpsOnly },
    max_endpoints: profile.maxEndpoints ?? ENDPOINT_BOUNDS.endpointsPerTenant,
    stalls_when_exhausted: profile.stallsWhenExhausted,
    timeout_ms: profile.timeoutMs,
    retry_schedule: { delays_s: [...schedule.delaysS], jitter: schedule.jitter },
    auth: {
      schemes: profile.authTypes.flatMap((type) => presentScheme(type)),
      default_type: profile.defaultAuth?.type ?? null,
    },
    secret: {
      rule: profile.secret,
      form: signing?.secretForm ?? null,
      kinds: signing?.secretKinds?.map((kind) => kind.name) ?? [],
      overlaps: signing?.signsWithAll ?? false,
    },
    headers: [...COMMON_HEADERS, ...(signing?.headers ?? [])].map((header) => ({ ...header })),
    signatures: (signing?.recipes ?? []).map(({ secretKind, signed, ...others }) => ({
      ...others,
      secret_kind: secretKind,
      signed: [...signed],
    })),
    endpoint_fields: ENDPOINT_FIELDS.filter((field) => takes(profile, field)),
    endpoint_bounds: BOUNDS,
  };
}

/** Headers of every request, by which receivers recognise an event (wire-contracts.md). */
const COMMON_HEADERS = [
  {
    name: 'webhook-id',
    holds: 'The id of the event, the same in each attempt: what has come before may be dropped',
  },
  { name: 'webhook-timestamp', holds: 'The time of the attempt in Unix seconds' },
];

const BOUNDS: Shown['endpoint_bounds'] = {
  timeout_ms: { min: ENDPOINT_BOUNDS.timeoutMinMs, max: ENDPOINT_BOUNDS.timeoutMaxMs },
  retry_schedule: {
    max_entries: ENDPOINT_BOUNDS.scheduleEntries,
    max_total_s: ENDPOINT_BOUNDS.scheduleTotalS,
  },
  headers: { max_entries: ENDPOINT_BOUNDS.headers, max_bytes: ENDPOINT_BOUNDS.headerBytes },
  rate_per_second: RATE_BOUNDS,
};

function presentScheme(type: string): Shown['auth']['schemes'] {
  const scheme = AUTH_SCHEMES[type];
  if (scheme === undefined) return [];
  const fields = scheme.form.map(({ minLength, maxLength, ...field }) => ({
    ...field,
    min_length: minLength,
    max_length: maxLength,
  }));
  return [{ type, title: scheme.title, description: scheme.description, fields }];
}

/** Whether the profile takes the field; endpoint-rules.ts refuses the others. */
function takes({ signing, stallsWhenExhausted }: Profile, field: EndpointField): boolean {
  switch (field) {
    case 'ordered':
      return !stallsWhenExhausted;
    case 'secret':
      return signing !== null;
    case 'signature':
      return signing?.secretKinds !== undefined;
    default:
      return true;
  }
}

/** A fixed time and a fixed id, so that the document is the same each time. */
function testBody(profile: Profile): string {
  const type = profile.testEventType;
  const data = profile.catalogue.find(({ name }) => name === type)?.example ?? '{}';
  const timestampMs = Date.UTC(2025, 0, 15, 10, 30);
  const { bytes } = profile.render({ type, timestampMs, tenantWireId: 'your-tenant', data });
  return (profile.renderForDelivery?.(bytes, 'dlv_01jhmq4p8e0000000000000000') ?? bytes).toString();
}
