/** The request of an attempt: the bytes that are sent, what the log shows of them, and what must not come back into the log. */
import { type EndpointSecrets, MASK } from '../../src/domain/endpoint.ts';
import { profileNamed } from '../../src/profiles/index.ts';
import { authorizationOutline } from '../../src/signing/index.ts';
import { redact, redactText } from '../../src/signing/redaction.ts';
import { buildRequest } from '../../src/signing/request.ts';

const nowMs = 1_700_000_000_999;
const plain: EndpointSecrets = {
  url: 'https://example.com/hook',
  auth: { type: 'none' },
  headers: {},
  signing: [],
};

const build = (profile: string, secrets: Partial<EndpointSecrets> = {}) =>
  buildRequest({
    profile: profileNamed(profile),
    secrets: { ...plain, ...secrets },
    authorization: authorizationOutline(secrets.auth ?? plain.auth),
    webhookId: 'evt_1',
    body: Buffer.from('{"a":1}'),
    nowMs,
    version: '1.2.3',
  });
const names = (headers: [string, string][]) => headers.map(([name]) => name.toLowerCase());
const headerOf = (headers: [string, string][], name: string) =>
  headers.find(([each]) => each.toLowerCase() === name)?.[1];

describe('the headers of an attempt', () => {
  test('are the common ones where nothing is signed', () => {
    expect(build('lessonly').headers).toEqual([
      ['content-type', 'application/json'],
      ['accept', 'application/json, text/plain, */*'],
      ['user-agent', 'Tidings/1.2.3'],
      ['webhook-id', 'evt_1'],
      ['webhook-timestamp', '1700000000'],
    ]);
  });

  test('end with the signature, the credentials and the custom ones', () => {
    const { headers } = build('reading-steps', {
      signing: [{ value: 'secret', expiresAtMs: null }],
      auth: { type: 'bearer', token: 'token' },
      headers: { 'X-Custom': 'value' },
    });
    expect(names(headers).slice(5)).toEqual(['x-readingsteps-signature', 'authorization', 'x-custom']);
  });

  test('leave the signature out where the endpoint has no secret', () => {
    expect(names(build('scorm-api').headers).filter((name) => name.startsWith('x-allure'))).toEqual([]);
  });

  test('name each header once, also with a user-agent of the customer', () => {
    const { headers, maskedHeaders } = build('standard-webhooks', { headers: { 'User-Agent': 'Acme/1' } });
    expect(names(headers).filter((name) => name === 'user-agent')).toHaveLength(1);
    expect(headerOf(headers, 'user-agent')).toBe('Acme/1');
    expect(names(maskedHeaders)).toEqual(names(headers));
  });

  // `accept` is not among the reserved names, and is then sent twice: ours and theirs.
  test('name each header once, also with an accept of the customer', () => {
    const { headers } = build('standard-webhooks', { headers: { Accept: 'application/json' } });
    expect(names(headers).filter((name) => name === 'accept')).toHaveLength(1);
  });

  test('name the trace where there is one, in what the log shows too', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { headers, maskedHeaders } = buildRequest({
      profile: profileNamed('standard-webhooks'),
      secrets: plain,
      authorization: authorizationOutline(plain.auth),
      webhookId: 'evt_1',
      body: Buffer.from('{}'),
      nowMs,
      version: '1.2.3',
      traceparent,
    });
    expect(headers).toContainEqual(['traceparent', traceparent]);
    expect(maskedHeaders).toEqual(headers);
    expect(names(build('standard-webhooks').headers)).not.toContain('traceparent');
  });

  test('leave a blank authorization value out', () => {
    const { headers } = build('lessonly', { auth: { type: 'authorization', value: ' ' } });
    expect(names(headers)).not.toContain('authorization');
  });
});

describe('a rotated secret', () => {
  const secret = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;
  const signatures = (...signing: EndpointSecrets['signing']) =>
    headerOf(build('standard-webhooks', { signing }).headers, 'webhook-signature')?.split(' ') ?? [];
  const [newest] = signatures({ value: secret(1), expiresAtMs: null });
  const [old] = signatures({ value: secret(2), expiresAtMs: null });

  test.each([
    { when: 'a second before its end', expiresAtMs: nowMs + 1_000, expected: [newest, old] },
    { when: 'at its end', expiresAtMs: nowMs, expected: [newest] },
    { when: 'after its end', expiresAtMs: nowMs - 1, expected: [newest] },
  ])('signs $when: $expected.length signatures', ({ expiresAtMs, expected }) => {
    expect(signatures({ value: secret(1), expiresAtMs: null }, { value: secret(2), expiresAtMs })).toEqual(
      expected,
    );
  });

  test('that expired without a successor leaves the request unsigned', () => {
    expect(signatures({ value: secret(1), expiresAtMs: nowMs })).toEqual([]);
  });
});

describe('the log of an attempt', () => {
  const secrets: EndpointSecrets = {
    url: 'https://example.com/hook?token=query-secret',
    auth: { type: 'basic', username: 'user', password: 'pass-secret' },
    headers: { 'X-Custom': 'custom-secret' },
    signing: [{ value: `whsec_${Buffer.alloc(32, 3).toString('base64')}`, expiresAtMs: null }],
  };
  const request = build('standard-webhooks', secrets);

  test.each([
    ['authorization', `Basic ${MASK}`],
    ['x-custom', MASK],
  ])('shows %s as %s', (name, shown) => {
    expect(headerOf(request.maskedHeaders, name)).toBe(shown);
  });

  test.each([
    [{ type: 'bearer', token: 'token-secret' } as const, `Bearer ${MASK}`],
    [{ type: 'authorization', value: 'Token token-secret' } as const, MASK],
    [{ type: 'authorization', value: 'token-secret' } as const, MASK],
  ])('shows the credentials %j as %s', (auth, shown) => {
    expect(headerOf(build('lessonly', { auth }).maskedHeaders, 'authorization')).toBe(shown);
  });

  test('has the same headers in the same order, and no secret in them', () => {
    expect(names(request.maskedHeaders)).toEqual(names(request.headers));
    const shown = JSON.stringify(request.maskedHeaders);
    for (const value of request.secretValues) expect(shown).not.toContain(value);
  });

  test.each([
    ['the token of the query', 'query-secret'],
    ['the password', 'pass-secret'],
    ['the whole header', `Basic ${Buffer.from('user:pass-secret').toString('base64')}`],
    ['the credentials of the header', Buffer.from('user:pass-secret').toString('base64')],
    ['a custom value', 'custom-secret'],
    ['the signing secret', secrets.signing[0]?.value ?? ''],
  ])('does not repeat %s when the receiver does', (_what, secret) => {
    expect(redact(Buffer.from(`you sent ${secret}!`), request.secretValues).toString()).toBe(
      `you sent ${MASK}!`,
    );
    expect(redactText(`you sent ${secret}!`, request.secretValues)).toBe(`you sent ${MASK}!`);
  });

  test('redacts every occurrence, the longer secret before one that it contains', () => {
    const { secretValues } = build('lessonly', { headers: { 'x-a': 'secret', 'x-b': 'secret-longer' } });
    expect(redactText('secret-longer, secret, secret', secretValues)).toBe(`${MASK}, ${MASK}, ${MASK}`);
  });

  test('leaves short values and everything else as it was', () => {
    const { secretValues } = build('lessonly', { headers: { 'x-a': '1', 'x-b': '12345' } });
    expect(secretValues).toEqual([]);
    const bytes = Buffer.from([0, 255, 0xc3, 0x28, 0x31, 0x0a, 0x80]);
    expect(redact(bytes, request.secretValues)).toEqual(bytes);
  });

  test('redacts text beyond ASCII in a body', () => {
    expect(redact(Buffer.from('got geheimnis-ü'), ['geheimnis-ü']).toString()).toBe(`got ${MASK}`);
  });

  // Only the decoded value is looked for, but a receiver that echoes its request line repeats the raw one.
  test('does not repeat the token of the query as it was spelled in the URL', () => {
    const { secretValues } = build('lessonly', { url: 'https://example.com/?token=se%2Fcret%2Bvalue' });
    expect(redactText('no such page: /?token=se%2Fcret%2Bvalue', secretValues)).not.toContain('cret%2B');
  });

  // A header goes out as Latin-1, but its value is looked for as UTF-8.
  test('does not repeat a header beyond ASCII in the bytes in which it was sent', () => {
    const { secretValues } = build('lessonly', { headers: { 'x-a': 'geheimnis-ü' } });
    const echoed = Buffer.from('got geheimnis-ü', 'latin1');
    expect(redact(echoed, secretValues).includes('geheimnis')).toBe(false);
  });
});
