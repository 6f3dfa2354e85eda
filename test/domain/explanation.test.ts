/** Every failure is explained, in sentences that can be read, and no explanation says more than what was seen. */
import fc from 'fast-check';
import { CAUSES, type Cause, type Failure, RESPONSIBLE } from '../../src/domain/causes.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../../src/domain/errors.ts';
import { causeOf, exampleOf, explain } from '../../src/domain/explanation.ts';
import { errorFailure, statusFailure } from '../../src/http/attempt-failure.ts';

const CODES = Object.keys(ATTEMPT_ERRORS) as AttemptErrorCode[];
const all: [string, AttemptErrorCode, Cause][] = Object.entries(CAUSES).flatMap(([code, causes]) =>
  causes.map((cause): [string, AttemptErrorCode, Cause] => [cause.cause, code as AttemptErrorCode, cause]),
);

type Seen = Partial<Omit<Failure, 'headers'>> & { headers?: Record<string, string> };
const failure = (code: AttemptErrorCode, { headers, ...seen }: Seen = {}): Failure => ({
  ...{ code, message: null, status: null, body: '', url: null, rotatedAt: null },
  headers: new Map(Object.entries(headers ?? {})),
  ...seen,
});
const seenStatus = (status: number, seen: Seen = {}) => {
  const failed = statusFailure(status);
  return failure(failed?.code ?? 'http_status', { status, message: failed?.message ?? null, ...seen });
};

function expectToReadWell(seen: Failure): void {
  const explanation = explain(seen);
  const { summary = '', action = '', cause, who, docsUrl } = explanation ?? {};
  for (const words of [summary, action]) {
    expect(words).toMatch(/^[A-Z].*\.$/s);
    expect(words).not.toMatch(/null|undefined|NaN|\[object| {2}|\.\.$|\s$/);
  }
  expect(summary.length).toBeLessThan(500);
  expect(RESPONSIBLE).toContain(who);
  expect(docsUrl).toBe(`/docs/error-codes#${cause}`);
}

test('every error code has an explanation that reads well when nothing more is known', () => {
  for (const code of CODES) expectToReadWell(failure(code));
});

test('every status that is no success has one, with a page and without', () => {
  for (let status = 300; status < 1000; status += 1) {
    expectToReadWell(seenStatus(status));
    expectToReadWell(seenStatus(status, { headers: { 'content-type': 'text/html' }, body: '<html>' }));
    expectToReadWell(seenStatus(status, { rotatedAt: new Date(0) }));
    if (status < 400) expectToReadWell(seenStatus(status, { headers: { location: '/login?next=a' } }));
  }
});

test('no two causes have the same name, and one of each code fits whatever was seen', () => {
  const names = all.map(([name]) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]+$/);
  for (const causes of Object.values(CAUSES)) {
    expect(causes.map(({ when }) => when === undefined)).toEqual(
      causes.map((_, at) => at === causes.length - 1),
    );
  }
});

test.each(all)('%s explains its own example, and reads well', (name, code, cause) => {
  const example = exampleOf(code, cause);
  expect(causeOf(example).cause).toBe(name);
  expectToReadWell(example);
});

describe('what the sender says is understood:', () => {
  test.each([
    ['CERT_HAS_EXPIRED', 'certificate_expired'],
    ['CERT_NOT_YET_VALID', 'certificate_not_yet_valid'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate_self_signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate_self_signed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate_untrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate_untrusted'],
    ['CERT_REVOKED', 'certificate_revoked'],
    ['EE_KEY_TOO_SMALL', 'certificate_weak'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate_wrong_name'],
    ['HOSTNAME_MISMATCH', 'certificate_wrong_name'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls_version'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'not_tls'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client_certificate_demanded'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls_refused'],
    ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'tls_refused'],
    ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'tls_name_unknown'],
    ['ERR_SSL_SOMETHING_NEW', 'tls_failed'],
    ['ENOTFOUND', 'name_unknown'],
    ['EAI_AGAIN', 'name_service_failed'],
    ['EDNS_ESERVFAIL', 'name_service_failed'],
    ['ECONNREFUSED', 'connection_refused'],
    ['EHOSTUNREACH', 'no_route'],
    ['EACCES', 'not_let_out'],
    ['ECONNRESET', 'connection_reset'],
    ['EPIPE', 'connection_reset'],
    ['ETIMEDOUT', 'timeout'],
  ])('%s is %s', (sign, cause) => {
    const { code, message } = errorFailure(Object.assign(new Error('x'), { code: sign }));
    expect(causeOf(failure(code, { message })).cause).toBe(cause);
    const tried = `${message} Tried: 203.0.113.1 (ETIMEDOUT), 2001:db8::1 (CERT_HAS_EXPIRED).`;
    expect(causeOf(failure(code, { message: tried })).cause).toBe(cause);
  });
});

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const rotatedAt = new Date('2026-11-27T12:00:00Z');

describe('nothing is claimed that was not seen:', () => {
  test.each<[string, Failure, string]>([
    ['a 401 without a rotation', seenStatus(401), 'unauthorized'],
    ['a 404 after a rotation', seenStatus(404, { rotatedAt }), 'not_found'],
    [
      'a page of the application behind a network that passes it on',
      seenStatus(403, {
        headers: { ...HTML, server: 'cloudflare', 'cf-ray': '1' },
        body: '<html>CSRF failed',
      }),
      'web_page_instead_of_answer',
    ],
    [
      'JSON that quotes a firewall',
      seenStatus(403, {
        headers: { 'content-type': 'application/json' },
        body: '{"error":"web application firewall: you have been blocked"}',
      }),
      'forbidden',
    ],
    [
      'a load balancer without a server behind it',
      seenStatus(503, { headers: { ...HTML, server: 'awselb/2.0' }, body: '<html>503' }),
      'web_page_instead_of_answer',
    ],
    ['an error page', seenStatus(500, { headers: HTML, body: '<html>' }), 'server_error'],
    [
      'a path that only begins like a sign-in',
      seenStatus(302, { headers: { location: '/authors/1' } }),
      'redirect',
    ],
    [
      'another host, reached by https',
      seenStatus(301, { url: 'http://a.example/', headers: { location: 'https://b.example/' } }),
      'redirect',
    ],
    [
      'a redirect whose target cannot be read',
      seenStatus(302, { headers: { location: 'http://[' } }),
      'redirect',
    ],
    [
      'a redirect from a URL that is erased',
      seenStatus(301, { headers: { location: '/login' } }),
      'redirect',
    ],
    [
      'a name in a certificate that looks like a code',
      failure('tls_error', {
        message:
          "Its certificate is not for this host: cert's altnames: DNS:(CERT_HAS_EXPIRED). Tried: x (ERR_TLS_CERT_ALTNAME_INVALID).",
      }),
      'certificate_wrong_name',
    ],
    ['a timeout whose message is erased', failure('timeout'), 'timeout'],
    ['a certificate whose reason is erased', failure('tls_error'), 'tls_failed'],
  ])('%s', (_what, seen, cause) => {
    expect(causeOf(seen).cause).toBe(cause);
  });
});

describe('what was seen is said:', () => {
  test.each<[string, Failure, string, RegExp]>([
    [
      'a rotation',
      seenStatus(403, { rotatedAt }),
      'unauthorized_after_rotation',
      /403.*rotated at 2026-11-27 12:00 UTC/,
    ],
    [
      'the page of a firewall',
      seenStatus(403, { headers: HTML, body: '<title>Attention Required! | Cloudflare</title>' }),
      'firewall_page',
      /signs of a firewall/,
    ],
    [
      'a sign-in page',
      seenStatus(302, {
        url: 'https://a.example/hook?t=••••',
        headers: { location: '/users/sign_in?token=secret' },
      }),
      'redirect_to_sign_in',
      /302, a redirect to https:\/\/a\.example\/users\/sign_in, which looks/,
    ],
    [
      'a redirect to https',
      seenStatus(301, { url: 'http://a.example/x', headers: { location: 'https://a.example/x' } }),
      'redirect_to_https',
      /from http to https/,
    ],
    [
      'the timeout',
      failure('timeout', {
        message: 'No response within 250 ms: the TLS handshake did not end. Tried: 1.2.3.4 (x).',
      }),
      'timeout_in_tls',
      /handshake did not end within 250 ms/,
    ],
  ])('%s', (_what, seen, cause, words) => {
    expect(explain(seen)).toMatchObject({ cause, summary: expect.stringMatching(words) });
  });
});

test('a code that this version does not know has no explanation', () => {
  expect(explain(failure('of_a_newer_version' as AttemptErrorCode))).toBeNull();
  expect(explain(failure('constructor' as AttemptErrorCode))).toBeNull();
});

test('whatever a receiver writes is explained, in a bounded sentence, without the query of a redirect', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true }));
  fc.assert(
    fc.property(
      fc.constantFrom(...CODES),
      fc.record({
        message: fc.option(text),
        status: fc.option(fc.integer({ min: 100, max: 999 })),
        body: text,
        url: fc.option(text),
        headers: fc.record({
          location: text.map((each) => `${each}#secret`),
          server: text,
          'content-type': text,
        }),
      }),
      (code, seen) => {
        const { summary = '' } = explain(failure(code, seen)) ?? {};
        expect(summary.length).toBeLessThan(600);
        expect(summary).not.toContain('#secret');
      },
    ),
  );
});
