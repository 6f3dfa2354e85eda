/** An endpoint: its settings, secrets and state, with their bounds and the rules for custom headers. */

/** Credentials of an endpoint. `type` names the auth scheme (src/signing), which knows the other fields. */
export type EndpointAuth = { readonly type: string; readonly [field: string]: unknown };

/** A signing secret. A rotated one keeps signing beside the new one until `expiresAtMs`. */
export type EndpointSecret = { value: string; expiresAtMs: number | null };

/** Settings that must never be readable in the database. They are sealed as one value. */
export type EndpointSecrets = {
  url: string;
  auth: EndpointAuth;
  headers: Record<string, string>;
  /** newest first; empty where the endpoint signs nothing */
  signing: EndpointSecret[];
};

/**
 * Reads secrets from the text that is kept sealed.
 * @param isAuth whether a value is credentials that can be used
 * @returns `null` when it is not what was written there
 */
export function parseSecrets(
  text: string,
  isAuth: (value: unknown) => value is EndpointAuth,
): EndpointSecrets | null {
  try {
    const { url, auth, headers, signing } = JSON.parse(text) as EndpointSecrets;
    const isSound =
      /^https?:/.test(new URL(url).protocol) &&
      isAuth(auth) &&
      Object.values(headers).every(isText) &&
      signing.every(
        ({ value, expiresAtMs }) => isText(value) && (expiresAtMs === null || Number.isFinite(expiresAtMs)),
      );
    return isSound ? { url, auth, headers, signing } : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

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
  /** why a person disabled it, in their words */
  disabledNote: string | null;
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
  /** the last warning: percent of the time until the endpoint is switched off; 100: it was switched off */
  warnedPercent: number;
  disabledAt: Date | null;
  /** since when it has received nothing */
  troubledSince: Date | null;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
  /** `null`: they cannot be opened, or are erased */
  secrets: EndpointSecrets | null;
};

/** An endpoint whose secrets could be opened. */
export type OpenEndpoint = Endpoint & { secrets: EndpointSecrets };

export function isOpen<Some extends Endpoint>(endpoint: Some): endpoint is Some & OpenEndpoint {
  return endpoint.secrets !== null;
}

/** Bounds of a rotation's overlap in seconds (product.md: 24 h by default, 0–7 days). */
export const OVERLAP_S = { default: 24 * 3600, max: 7 * 24 * 3600 } as const;

/** Most secrets that sign at once: each makes the header longer. */
export const MAX_SIGNING_SECRETS = 5;

/**
 * The signing secrets after a rotation, newest first. Earlier secrets go on signing for `overlapMs`, or for their remaining time if that
 * is shorter. Expired ones are dropped.
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

/** Whether a text holds the mask, as it is or as it stands in a URL: it stands for a value that was not shown. */
export const holdsMask = (text: string): boolean =>
  text.includes(MASK) || text.toLowerCase().includes(ENCODED_MASK);

const ENCODED_MASK = encodeURIComponent(MASK).toLowerCase();

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

/** Bounds of `ratePerSecond`. */
export const RATE_BOUNDS = { min: 0.001, max: 10_000 } as const;

/**
 * Clamps settings to their bounds, because a row that was changed by hand or by a fault must not break the arithmetic that uses its
 * numbers.
 */
export function withinBounds<
  Settings extends Pick<Endpoint, 'timeoutMs' | 'retrySchedule' | 'ratePerSecond' | 'eventTypes'>,
>(settings: Settings): Settings {
  const { timeoutMs, retrySchedule, ratePerSecond, eventTypes } = settings;
  const { timeoutMinMs, timeoutMaxMs, scheduleEntries, scheduleTotalS } = ENDPOINT_BOUNDS;
  return {
    ...settings,
    timeoutMs: timeoutMs === null ? null : clamp(timeoutMs, timeoutMinMs, timeoutMaxMs),
    retrySchedule:
      retrySchedule?.slice(0, scheduleEntries).map((delay) => clamp(delay, 0, scheduleTotalS)) ?? null,
    ratePerSecond: ratePerSecond === null ? null : clamp(ratePerSecond, RATE_BOUNDS.min, RATE_BOUNDS.max),
    eventTypes: eventTypes?.filter(isText) ?? null,
  };
}

/** NaN becomes the maximum. */
const clamp = (value: number, min: number, max: number) =>
  Number.isNaN(value) ? max : Math.min(max, Math.max(min, value));

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

/** Whether a stored header can be written to the wire as it is. */
export const isSendableHeader = ([name, value]: readonly [string, string]): boolean =>
  HEADER_NAME.test(name) && HEADER_VALUE.test(value);

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
