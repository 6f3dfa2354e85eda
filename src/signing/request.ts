/** Builds the HTTP request of an attempt: its headers around the stored body, and a copy of the headers with secrets masked. */
import { type EndpointSecrets, MASK } from '../domain/endpoint.ts';
import type { Profile } from '../domain/profile.ts';
import { authorizationHeader } from './index.ts';
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
  webhookId: string;
  body: Buffer;
  nowMs: number;
  version: string;
  /** the span that the receiver's own spans become children of */
  traceparent?: string | null;
}): AttemptRequest {
  const { profile, secrets, webhookId, body, nowMs, version, traceparent = null } = input;
  const timestampS = Math.floor(nowMs / 1000);
  const custom = Object.entries(secrets.headers);
  const signing = validSecrets(secrets, nowMs);
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
  const authorization = authorizationHeader(secrets.auth);
  const hidden: [string, string][] = [
    ...(authorization === null ? [] : [['authorization', authorization] as [string, string]]),
    ...custom,
  ];
  // A custom user-agent takes the place of ours.
  const replaced = new Set(custom.map(([name]) => name.toLowerCase()));
  const kept = open.filter(([name]) => !replaced.has(name.toLowerCase()));
  return {
    url: secrets.url,
    headers: [...kept, ...hidden],
    maskedHeaders: [
      ...kept,
      ...hidden.map(([name, value]): [string, string] => [name, maskValue(name, value)]),
    ],
    secretValues: secretValuesOf(profile, secrets, hidden),
  };
}

function validSecrets(secrets: EndpointSecrets, nowMs: number): string[] {
  return secrets.signing
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
    .map(({ value }) => value);
}

/** Keeps the name of the scheme (`Basic ••••`) and masks the rest; any other value is masked whole. */
function maskValue(name: string, value: string): string {
  const scheme = name === 'authorization' ? /^(Basic|Bearer) /.exec(value)?.[0] : undefined;
  return `${scheme ?? ''}${MASK}`;
}

function secretValuesOf(profile: Profile, secrets: EndpointSecrets, hidden: [string, string][]): string[] {
  const values = [
    ...hidden.flatMap(([, value]) => [value, value.replace(/^(Basic|Bearer) /, '')]),
    ...secrets.signing.flatMap(({ value }) => [value, ...(profile.signing?.keyForms?.(value) ?? [])]),
    ...queryValues(secrets.url),
    ...('password' in secrets.auth ? [secrets.auth.password] : []),
  ];
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
