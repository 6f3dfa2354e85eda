/** An endpoint: where a tenant wants its events, how they are signed, and what the sender may do to it. */

/** Static credentials for the `authorization` header. `authorization` passes its value exactly as written. */
export type EndpointAuth =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }
  | { type: 'authorization'; value: string };

/** A signing secret. A rotated one keeps signing beside the new one until `expiresAtMs`. */
export type EndpointSecret = { value: string; expiresAtMs: number | null };

/** What must never be readable in the database: kept sealed, as one value. */
export type EndpointSecrets = {
  url: string;
  auth: EndpointAuth;
  headers: Record<string, string>;
  /** newest first; empty where the endpoint signs nothing */
  signing: EndpointSecret[];
};

export type DisabledReason = 'manual' | 'gone' | 'failing';

export type Endpoint = {
  id: string;
  tenantId: string;
  /** the URL with the values of its query masked */
  maskedUrl: string;
  host: string;
  eventTypes: string[] | null;
  description: string | null;
  enabled: boolean;
  disabledReason: DisabledReason | null;
  /** `null`: the profile's */
  timeoutMs: number | null;
  /** seconds between attempts; `null`: the profile's; `[]`: one attempt */
  retrySchedule: number[] | null;
  ordered: boolean;
  ratePerSecond: number | null;
  stalledAt: Date | null;
  failingSince: Date | null;
  /** attempts that failed, one after the other */
  consecutiveFailures: number;
  /** how far people have been warned: percent of the time until it is switched off; 100: it was */
  warnedPercent: number;
  disabledAt: Date | null;
  /** since when it has got nothing */
  troubledSince: Date | null;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
  secrets: EndpointSecrets;
};

/** Bounds of a rotation's overlap in seconds (product.md: 24 h by default, 0–7 days). */
export const OVERLAP_S = { default: 24 * 3600, max: 7 * 24 * 3600 } as const;

/** So many secrets sign at once at most: each makes the header longer. */
export const MAX_SIGNING_SECRETS = 5;

/**
 * The signing secrets after a rotation, newest first. Those before go on signing for `overlapMs`, or for as long as they
 * had left if that is less; those that had run out are dropped.
 */
export function rotateSecrets(
  before: readonly EndpointSecret[],
  value: string,
  overlapMs: number,
  nowMs: number,
): EndpointSecret[] {
  const until = (expiresAtMs: number | null) =>
    Math.min(expiresAtMs ?? Number.POSITIVE_INFINITY, nowMs + overlapMs);
  const overlapping = before
    .map((secret) => ({ ...secret, expiresAtMs: until(secret.expiresAtMs) }))
    .filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  return [{ value, expiresAtMs: null }, ...overlapping];
}

export const MASK = '••••';

/** The URL with the value of every query parameter masked: query strings often carry tokens. */
export function maskUrl(url: string): string {
  const parsed = new URL(url);
  if (parsed.search === '') return url;
  // A parameter without `=` may be the secret itself.
  const masked = parsed.search
    .slice(1)
    .split('&')
    .map((parameter) =>
      parameter.includes('=') ? `${parameter.slice(0, parameter.indexOf('='))}=${MASK}` : MASK,
    );
  parsed.search = '';
  parsed.hash = '';
  return `${parsed.href}?${masked.join('&')}`;
}

/** Bounds of an endpoint's settings (product.md, "Bounds"). */
export const ENDPOINT_BOUNDS = {
  endpointsPerTenant: 100,
  scheduleEntries: 30,
  scheduleTotalS: 14 * 24 * 3600,
  timeoutMinMs: 100,
  timeoutMaxMs: 60_000,
  headers: 20,
  headerBytes: 4096,
} as const;

/** Headers that the connection, the contract or another field owns; a custom header may not set them. */
const RESERVED_HEADERS = new Set([
  'host',
  'accept',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'cookie',
  'authorization',
  'traceparent',
  'tracestate',
]);

const RESERVED_PREFIXES = ['content-', 'webhook-', 'proxy-'];

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Why a custom header may not be set, or `null` when it may.
 * @param reservedByProfile lower-case names that the tenant's profile sends itself
 */
export function headerProblem(
  name: string,
  value: string,
  reservedByProfile: readonly string[],
): string | null {
  const lower = name.toLowerCase();
  if (!HEADER_NAME.test(name)) return "is not a header name (letters, digits and !#$%&'*+.^_`|~-)";
  if (!HEADER_VALUE.test(value)) return 'has a value with control characters or characters outside Latin-1';
  if (lower === 'authorization') return 'is set through "auth", not through "headers"';
  if (RESERVED_HEADERS.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
    return 'is set by Tidings or by the connection and cannot be overridden';
  }
  if (reservedByProfile.includes(lower)) return "belongs to the profile's contract and cannot be overridden";
  return null;
}
