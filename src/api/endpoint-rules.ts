/** Rules for an endpoint's settings that its schema cannot express: the profile's contract and the operator's limits. */
import type { z } from 'zod';
import {
  ENDPOINT_BOUNDS,
  type Endpoint,
  type EndpointAuth,
  type EndpointSecrets,
  headerProblem,
  holdsMask,
  MASK,
} from '../domain/endpoint.ts';
import { endpointUrl, endpointUrlProblem } from '../domain/endpoint-url.ts';
import { type FieldError, Problem, type ProblemCode, someOf } from '../domain/errors.ts';
import { isSubscribed } from '../domain/event.ts';
import type { Profile } from '../domain/profile.ts';
import { authProblem } from '../signing/index.ts';
import type { NewEndpoint } from '../store/endpoints.ts';
import type { ApiDeps } from './deps.ts';
import { opened } from './lookups.ts';
import type { createEndpointBody, patchEndpointBody } from './schemas/endpoint.ts';

type CreateBody = z.infer<typeof createEndpointBody>;
type PatchBody = z.infer<typeof patchEndpointBody>;
type Rules = {
  profile: Profile;
  /** some event types of the tenant's own, to name in an error */
  ownNames: string[];
  /** those of the endpoint's `event_types` that match any type of the tenant's own that is in use */
  ownFilters: string[];
  deps: Pick<ApiDeps, 'allowHttp' | 'guard'>;
};

/** A new endpoint from a request. @throws Problem with the path of each field that is not allowed */
export function newEndpoint(body: CreateBody, rules: Rules): NewEndpoint {
  const { profile } = rules;
  const errors = commonErrors(body, rules);
  errors.push(...secretErrors(body, profile), ...noteErrors(body, body.enabled ?? true));
  if (body.auth === undefined && profile.defaultAuth === null) {
    errors.push(
      rule('auth', `is required: ${profile.title} endpoints use ${profile.authTypes.join(' or ')}`),
    );
  }
  refuse(errors);
  return {
    eventTypes: body.event_types ?? null,
    description: body.description ?? null,
    enabled: body.enabled ?? true,
    disabledNote: body.disabled_note ?? null,
    timeoutMs: body.timeout_ms ?? null,
    retrySchedule: body.retry_schedule ?? null,
    ordered: body.ordered ?? false,
    ratePerSecond: body.rate_limit?.per_second ?? null,
    secrets: {
      url: endpointUrl(new URL(body.url)).href,
      auth: body.auth ?? profile.defaultAuth ?? { type: 'none' },
      headers: body.headers ?? {},
      signing: signingSecrets(body, profile),
    },
  };
}

/**
 * The endpoint with the request's changes.
 * @throws Problem with the path of each field that is not allowed; secret_unreadable when it changes secrets that cannot be decrypted
 */
export function changedEndpoint(endpoint: Endpoint, body: PatchBody, rules: Rules): Endpoint {
  // What it has wanted so far may have been archived meanwhile.
  const ownFilters = [...rules.ownFilters, ...(endpoint.eventTypes ?? [])];
  const enabled = body.enabled ?? endpoint.enabled;
  refuse([...commonErrors(body, { ...rules, ownFilters }), ...noteErrors(body, enabled)]);
  const keep = <Value>(given: Value | undefined, before: Value): Value =>
    given === undefined ? before : given;
  const { url, auth, headers } = body;
  const touchesSecrets = url !== undefined || auth !== undefined || headers !== undefined;
  return {
    ...endpoint,
    eventTypes: keep(body.event_types, endpoint.eventTypes),
    description: keep(body.description, endpoint.description),
    enabled,
    disabledReason:
      body.enabled === false ? 'manual' : body.enabled === true ? null : endpoint.disabledReason,
    disabledNote: keep(body.disabled_note, endpoint.disabledNote),
    timeoutMs: keep(body.timeout_ms, endpoint.timeoutMs),
    retrySchedule: keep(body.retry_schedule, endpoint.retrySchedule),
    ordered: keep(body.ordered, endpoint.ordered),
    ratePerSecond:
      body.rate_limit === undefined ? endpoint.ratePerSecond : (body.rate_limit?.per_second ?? null),
    secrets: touchesSecrets
      ? changedSecrets(opened(endpoint).secrets, { url, auth, headers })
      : endpoint.secrets,
  };
}

function changedSecrets(
  before: EndpointSecrets,
  { url, auth, headers }: Pick<PatchBody, 'url' | 'auth' | 'headers'>,
): EndpointSecrets {
  return {
    ...before,
    url: url === undefined ? before.url : endpointUrl(new URL(url)).href,
    auth: auth ?? before.auth,
    headers: headers ?? before.headers,
  };
}

type RuleError = FieldError & { code: ProblemCode };

const field = (path: string, message: string): RuleError => ({ path, message, code: 'validation_failed' });
const rule = (path: string, message: string): RuleError => ({ path, message, code: 'profile_rule' });

/** A value that Tidings showed masked was sent back: stored, it would go out to the receiver in place of the real one. */
export function maskProblem(path: string): string {
  const [name = path] = path.split('.');
  return `holds ${MASK}, which stands for a value that is not shown: give the whole value${KEPT[name] ?? ''}`;
}

/** How a field keeps what it has, where it can be left out. */
const KEPT: Readonly<Record<string, string>> = {
  url: ', which ?reveal=true shows; a change that leaves "url" out keeps the URL that is set',
  auth: '; a change that leaves "auth" out keeps the credentials that are set',
  headers: '; a change that leaves "headers" out keeps those that are set',
};

const masked = (path: string): RuleError => field(path, maskProblem(path));

function refuse(errors: RuleError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new Problem(first.code, detail, {
    fieldErrors: errors.map(({ path, message }) => ({ path, message })),
  });
}

function commonErrors(body: PatchBody, rules: Rules): RuleError[] {
  return [
    ...(body.url === undefined ? [] : urlErrors(body.url, rules)),
    ...(body.event_types ?? []).flatMap((filter, at) => filterErrors(filter, at, rules)),
    ...(body.auth === undefined ? [] : authErrors(body.auth, rules.profile)),
    ...headerErrors(body.headers ?? {}, rules.profile),
    ...(body.ordered === true && rules.profile.stallsWhenExhausted
      ? [
          rule(
            'ordered',
            `cannot be true: ${rules.profile.title} stops an endpoint after an exhausted delivery instead`,
          ),
        ]
      : []),
  ];
}

function noteErrors({ disabled_note: note }: PatchBody, enabled: boolean): RuleError[] {
  if (!enabled || note === undefined || note === null) return [];
  const message = 'is the reason why an endpoint is disabled: send it with "enabled": false, or leave it out';
  return [field('disabled_note', message)];
}

function urlErrors(text: string, { profile, deps }: Rules): RuleError[] {
  if (holdsMask(text)) return [masked('url')];
  if (!URL.canParse(text)) return [field('url', 'must be an absolute URL like https://example.com/webhooks')];
  const url = endpointUrl(new URL(text));
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return [field('url', 'must begin with https://')];
  if (url.username !== '' || url.password !== '') {
    return [field('url', 'may not hold a user name or password; use "auth" for credentials')];
  }
  if (url.protocol === 'http:' && profile.httpsOnly) {
    return [rule('url', `must begin with https://: ${profile.title} delivers to https endpoints only`)];
  }
  if (url.protocol === 'http:' && !deps.allowHttp) {
    return [field('url', 'must begin with https:// (the operator has not allowed http)')];
  }
  const problem = endpointUrlProblem(url) ?? deps.guard.urlProblem(url);
  return problem === null ? [] : [field('url', problem)];
}

function filterErrors(filter: string, at: number, { profile, ownNames, ownFilters }: Rules): RuleError[] {
  if (profile.allowsUnknownTypes || ownFilters.includes(filter)) return [];
  const names = profile.catalogue.map((entry) => entry.name);
  if (names.some((name) => isSubscribed([filter], name))) return [];
  const message = `is no event type of ${profile.title}; there are ${someOf([...names, ...ownNames])}`;
  return [{ path: `event_types.${at}`, message, code: 'unknown_event_type' }];
}

function authErrors(auth: EndpointAuth, profile: Profile): RuleError[] {
  if (!profile.authTypes.includes(auth.type)) {
    return [rule('auth.type', `must be ${profile.authTypes.join(' or ')} for ${profile.title}`)];
  }
  const hidden = Object.entries(auth).flatMap(([name, value]) =>
    typeof value === 'string' && holdsMask(value) ? [masked(`auth.${name}`)] : [],
  );
  if (hidden.length > 0) return hidden;
  const problem = authProblem(auth);
  return problem === null ? [] : [field(`auth.${problem.field}`, problem.message)];
}

function headerErrors(headers: Record<string, string>, profile: Profile): RuleError[] {
  const entries = Object.entries(headers);
  const reserved = profile.signing?.headers.map(({ name }) => name.toLowerCase()) ?? [];
  const errors = entries.flatMap(([name, value]) => {
    if (holdsMask(value)) return [masked(`headers.${name}`)];
    const problem = headerProblem(name, value, reserved);
    return problem === null ? [] : [field(`headers.${name}`, problem)];
  });
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (names.size !== entries.length)
    errors.push(field('headers', 'names a header twice (names ignore case)'));
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (entries.length > ENDPOINT_BOUNDS.headers || bytes > ENDPOINT_BOUNDS.headerBytes) {
    const { headers: most, headerBytes } = ENDPOINT_BOUNDS;
    errors.push(field('headers', `may have ${most} entries of ${headerBytes} bytes in all`));
  }
  return errors;
}

function secretErrors(body: CreateBody, profile: Profile): RuleError[] {
  const { secret, signature } = body;
  const kinds = (profile.signing?.secretKinds ?? []).map(({ name }) => name);
  if (signature !== undefined && !kinds.includes(signature)) {
    const problem = kinds.length === 0 ? 'is fixed by the contract of' : `must be ${kinds.join(' or ')} for`;
    return [rule('signature', `${problem} ${profile.title}`)];
  }
  if (signature !== undefined && secret !== undefined) {
    return [field('signature', 'follows from the secret that you give: leave one of the two out')];
  }
  if (secret === undefined) return [];
  if (holdsMask(secret)) return [masked('secret')];
  if (profile.signing === null) return [rule('secret', `is not used: ${profile.title} does not sign`)];
  const problem = profile.signing.secretProblem(secret);
  return problem === null ? [] : [field('secret', problem)];
}

function signingSecrets(body: CreateBody, profile: Profile): NewEndpoint['secrets']['signing'] {
  const value = body.secret ?? generatedSecret(body, profile);
  return value === null ? [] : [{ value, expiresAtMs: null }];
}

function generatedSecret(body: CreateBody, profile: Profile): string | null {
  if (profile.signing === null || profile.secret !== 'always') return null;
  const kind = profile.signing.secretKinds?.find(({ name }) => name === body.signature);
  return (kind ?? profile.signing).generateSecret();
}
