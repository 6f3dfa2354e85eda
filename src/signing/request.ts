/** Builds the HTTP request of an attempt: its headers around the stored body, and a copy of the headers with secrets masked. */
import { clockOffsetMs } from '../domain/clock.ts';
import { type EndpointSecrets, MASK } from '../domain/endpoint.ts';
import type { Profile } from '../domain/profile.ts';
import type { Authorization, CredentialHeader } from './auth-scheme.ts';
import { authSecrets } from './index.ts';
import { MIN_SECRET_LENGTH } from './redaction.ts';

export type AttemptRequest = {
  url: string;
  headers: [string, string][];
  /** as shown in the log: credentials and custom values masked */
  maskedHeaders: [string, string][];
  /** every secret of the endpoint, to be redacted where the receiver echoes it */
  secretValues: string[];
};

/** The `accept` of the four products' samples (wire-contracts.md: "accept … is sent"). */
const ACCEPT = 'application/json, text/plain, */*';

/** @param input.nowMs the time of this attempt, Unix ms */
export function buildRequest(input: {
  profile: Profile;
  secrets: EndpointSecrets;
  /** what the endpoint's credentials add to the request */
  authorization: Authorization;
  webhookId: string;
  body: Buffer;
  nowMs: number;
  version: string;
  /** the span that the receiver's own spans become children of */
  traceparent?: string | null;
}): AttemptRequest {
  const { profile, secrets, authorization, webhookId, body, nowMs, version, traceparent = null } = input;
  const timestampS = Math.floor(nowMs / 1000);
  // When a secret expires was decided by the database's clock, perhaps in another process.
  const signing = validSecrets(secrets, nowMs + clockOffsetMs());
  const signature =
    profile.signing === null || signing.length === 0
      ? {}
      : profile.signing.sign({ webhookId, timestampS, body, secrets: signing });
  const open: [string, string][] = [
    ['content-type', 'application/json'],
    ['accept', ACCEPT],
    ['user-agent', `Tidings/${version}`],
    ['webhook-id', webhookId],
    ['webhook-timestamp', String(timestampS)],
    ...Object.entries(signature),
    ...(traceparent === null ? [] : [['traceparent', traceparent] as [string, string]]),
  ];
  const hidden = [...authorization.headers, ...customHeaders(secrets, authorization)];
  // A custom user-agent takes the place of ours.
  const replaced = new Set(hidden.map(({ name }) => name.toLowerCase()));
  const kept = open.filter(([name]) => !replaced.has(name.toLowerCase()));
  const url = withQuery(secrets.url, authorization.query ?? []);
  return {
    url,
    headers: [...kept, ...hidden.map(({ name, open, secret }): [string, string] => [name, open + secret])],
    maskedHeaders: [...kept, ...hidden.map(({ name, open }): [string, string] => [name, open + MASK])],
    secretValues: longEnough([
      ...hidden.flatMap(({ open, secret }) => [open + secret, secret.replace(/^(Basic|Bearer) /, '')]),
      ...queryValues(url),
      ...storedSecretValues(profile, secrets),
    ]),
  };
}

/** The endpoint's own headers, except those that its credentials set. */
function customHeaders(secrets: EndpointSecrets, { headers }: Authorization): CredentialHeader[] {
  const custom = Object.entries(secrets.headers);
  const taken = new Set(headers.map(({ name }) => name.toLowerCase()));
  return custom
    .filter(([name]) => !taken.has(name.toLowerCase()))
    .map(([name, secret]) => ({ name, open: '', secret }));
}

/** The URL as it is stored, byte for byte, where the credentials add nothing. */
function withQuery(url: string, query: NonNullable<Authorization['query']>): string {
  if (query.length === 0) return url;
  const added = query.map((pair) => pair.map(encodeURIComponent).join('='));
  const parsed = new URL(url);
  parsed.search = [parsed.search.slice(1), ...added].filter((part) => part !== '').join('&');
  return parsed.href;
}

function validSecrets(secrets: EndpointSecrets, nowMs: number): string[] {
  return secrets.signing
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
    .map(({ value }) => value);
}

/** The secrets of an endpoint as they are stored, to be masked in what others say. */
export function storedSecrets(profile: Profile, secrets: EndpointSecrets): string[] {
  return longEnough([
    ...Object.values(secrets.headers),
    ...queryValues(secrets.url),
    ...storedSecretValues(profile, secrets),
  ]);
}

function storedSecretValues(profile: Profile, { auth, signing }: EndpointSecrets): string[] {
  return [
    ...signing.flatMap(({ value }) => [value, ...(profile.signing?.keyForms?.(value) ?? [])]),
    ...authSecrets(auth),
  ];
}

function longEnough(values: string[]): string[] {
  return [...new Set(values)].filter((value) => value.length >= MIN_SECRET_LENGTH);
}

/** The values of the URL's query, as written and as decoded: a receiver may echo either. */
function queryValues(url: string): string[] {
  const { search, searchParams } = new URL(url);
  const written = search.slice(1).split('&');
  // A parameter without `=` has no value; its name may be the secret.
  return [
    ...written.map((parameter) => parameter.slice(parameter.indexOf('=') + 1)),
    ...searchParams.values(),
  ];
}
