/** The demo's receivers and `tidings listen` call a request genuine only if they could verify it with all that they know. */

import { type Knows, SIGNATURES, verify, whyUnverifiable } from '../../src/demo/verify.ts';
import type { EndpointSecrets } from '../../src/domain/endpoint.ts';
import { PROFILES, profileNamed } from '../../src/profiles/index.ts';
import { authorizationOutline } from '../../src/signing/index.ts';
import { buildRequest } from '../../src/signing/request.ts';
import { generateEd25519Secret, publicKeyOf } from '../../src/signing/standard-webhooks.ts';

const BODY = Buffer.from('{"type":"a.b"}');
const AUTH = { authorization: 'Token right' };

/** A request as Tidings sends it. */
function sent(name: string, secret: string | undefined, { nowMs = Date.now(), auth = true } = {}) {
  const profile = profileNamed(name);
  const secrets: EndpointSecrets = {
    url: 'http://127.0.0.1/',
    auth: auth ? { type: 'authorization', value: AUTH.authorization } : { type: 'none' },
    headers: {},
    signing: secret === undefined ? [] : [{ value: secret, expiresAtMs: null }],
  };
  const { headers } = buildRequest({
    profile,
    secrets,
    authorization: authorizationOutline(secrets.auth),
    webhookId: 'evt_1',
    body: BODY,
    nowMs,
    version: '1',
    traceparent: null,
  });
  return Object.fromEntries(headers.map(([key, value]) => [key.toLowerCase(), value]));
}

const secretOf = (name: string) => profileNamed(name).signing?.generateSecret();
const SIGNED = PROFILES.filter(({ signing }) => signing !== null).map(({ name }) => name);
const UNSIGNED = PROFILES.filter(({ signing }) => signing === null).map(({ name }) => name);

test('each profile is known: one that signs by its signature, the others by their credential', () => {
  expect(Object.keys(SIGNATURES).sort()).toEqual(PROFILES.map(({ name }) => name).sort());
  for (const { name, signing } of PROFILES)
    expect([name, SIGNATURES[name] !== null]).toEqual([name, signing !== null]);
});

describe.each(SIGNED)('%s', (name) => {
  const secret = secretOf(name) as string;
  const verdict = (knows: Knows, headers = sent(name, secret), body = BODY) =>
    verify(name, headers, body, knows).is;

  test.each([
    ['its secret', { secret }, 'genuine'],
    ['its secret and credential', { secret, ...AUTH }, 'genuine'],
    ['another secret', { secret: secretOf(name) }, 'refused'],
    ['its secret and another credential', { secret, authorization: 'Token wrong' }, 'refused'],
    ['nothing', {}, 'unverified'],
    ['its credential alone, which is no signature', AUTH, 'unverified'],
    ['another credential alone', { authorization: 'Token wrong' }, 'refused'],
  ] as [string, Knows, string][])('knowing %s', (_what, knows, expected) => {
    expect(verdict(knows)).toBe(expected);
  });

  test('another body, and no signature at all, are refused', () => {
    expect(verdict({ secret }, undefined, Buffer.from('{}'))).toBe('refused');
    expect(verdict({ secret }, {})).toBe('refused');
  });
});

describe.each(UNSIGNED)('%s', (name) => {
  test.each([
    ['its credential', AUTH, 'genuine'],
    ['another credential', { authorization: 'Token wrong' }, 'refused'],
    ['nothing', {}, 'unverified'],
    ['a secret, which it does not use', { secret: 'whsec_AAAA' }, 'unverified'],
  ] as [string, Knows, string][])('knowing %s', (_what, knows, expected) => {
    expect(verify(name, sent(name, undefined), BODY, knows).is).toBe(expected);
  });
});

test.each(['no-such-profile', '', '__proto__', 'constructor'])(
  'a profile that is not known, %j, verifies nothing',
  (name) => {
    for (const knows of [{}, { secret: 'whsec_AAAA' }]) {
      expect(verify(name, {}, BODY, knows)).toMatchObject({
        is: 'unverified',
        why: expect.stringContaining(name),
      });
      expect(whyUnverifiable(name, knows)).not.toBeNull();
    }
  },
);

test('ed25519 is verified by the secret and by its public half', () => {
  const secret = generateEd25519Secret();
  const headers = sent('standard-webhooks', secret);
  const verdict = (known: string) => verify('standard-webhooks', headers, BODY, { secret: known }).is;
  expect([secret, publicKeyOf(secret) ?? ''].map(verdict)).toEqual(['genuine', 'genuine']);
  const other = generateEd25519Secret();
  expect([other, publicKeyOf(other) ?? ''].map(verdict)).toEqual(['refused', 'refused']);
});

test.each([
  ['old', { 'webhook-timestamp': String(Math.round(Date.now() / 1000) - 301) }],
  ['none', { 'webhook-timestamp': 'soon' }],
  ['empty', { 'webhook-timestamp': '' }],
])('a timestamp that is %s is refused', (_what, change) => {
  const secret = secretOf('standard-webhooks') as string;
  const headers = { ...sent('standard-webhooks', secret), ...change };
  expect(verify('standard-webhooks', headers, BODY, { secret }).is).toBe('refused');
});
