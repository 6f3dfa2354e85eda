/** An endpoint's URL is masked where people see it, and its own headers may not replace those that Tidings sets. */
import { headerProblem, MASK, maskUrl } from '../../src/domain/endpoint.ts';

describe('a URL as it is shown', () => {
  test.each([
    ['https://example.com/hook', 'https://example.com/hook'],
    ['https://example.com', 'https://example.com'],
    ['https://example.com:8443/a/b', 'https://example.com:8443/a/b'],
    ['https://example.com/hook?token=s3cret', `https://example.com/hook?token=${MASK}`],
    ['https://example.com/hook?a=1&b=2', `https://example.com/hook?a=${MASK}&b=${MASK}`],
    ['https://example.com/hook?a=1&a=2', `https://example.com/hook?a=${MASK}&a=${MASK}`],
    ['https://example.com/?empty=', `https://example.com/?empty=${MASK}`],
    ['https://example.com/?a%20b=1', `https://example.com/?a%20b=${MASK}`],
    ['https://example.com/hook?token=x#s3cret', `https://example.com/hook?token=${MASK}`],
    ['http://[2001:4860::1]/?k=v', `http://[2001:4860::1]/?k=${MASK}`],
  ])('%s is shown as %s', (url, shown) => {
    expect(maskUrl(url)).toBe(shown);
  });

  test.each([
    'https://example.com/?token=s3cret-value',
    'https://example.com/?x=1&token=s3cret-value&y=2',
    'https://example.com/?token=a&token=s3cret-value',
    'https://example.com/?token=%73%33cret-value',
    'https://example.com/?q=%3Ftoken%3Ds3cret-value',
  ])('no value of %s is to be seen', (url) => {
    expect(decodeURIComponent(maskUrl(url))).not.toContain('s3cret-value');
  });

  // The text of a parameter without "=" is taken for a harmless name and shown: `?s3cret` becomes `?s3cret=••••`.
  test('a token that is the whole query is masked, too', () => {
    expect(maskUrl('https://example.com/hook?s3cret-token')).not.toContain('s3cret-token');
  });
});

describe('a custom header', () => {
  test.each([
    ['x-tenant', 'acme'],
    ['X-Tenant', 'acme'],
    ['user-agent', 'Acme/1.0'],
    ['accept-language', 'de'],
    ['x-empty', ''],
    ['x-latin', 'café'],
    ['x-tab', 'a\tb'],
    ["!#$%&'*+.^_`|~-09aZ", 'odd, but a token'],
  ])('%s: %s may be set', (name, value) => {
    expect(headerProblem(name, value, [])).toBeNull();
  });

  test.each([
    'host',
    'Host',
    'connection',
    'keep-alive',
    'proxy-connection',
    'proxy-authenticate',
    'proxy-authorization',
    'Proxy-Anything',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
    'expect',
    'accept',
    'cookie',
    'Cookie',
    'traceparent',
    'tracestate',
    'content-type',
    'Content-Length',
    'content-encoding',
    'webhook-id',
    'Webhook-Timestamp',
    'webhook-signature',
    'webhook-anything',
  ])('%s is not for the caller to set', (name) => {
    expect(headerProblem(name, 'x', [])).toMatch(/cannot be overridden/);
  });

  test.each(['authorization', 'Authorization'])('%s is set through "auth"', (name) => {
    expect(headerProblem(name, 'Basic x', [])).toMatch(/"auth"/);
  });

  test.each([
    '',
    ' ',
    'a ',
    ' a',
    'a b',
    'a:',
    ':a',
    'a:b',
    'a\r\nb',
    'a\n',
    'a\tb',
    'ü',
    'a\0',
    '(a)',
    'a,b',
    'a;b',
    '"a"',
    'a/b',
    '{a}',
    'ｈost',
  ])('%j is no name of a header', (name) => {
    expect(headerProblem(name, 'x', [])).toMatch(/not a header name/);
  });

  test.each([
    'a\r\nevil: 1',
    'a\nb',
    'a\rb',
    'a\r\n',
    '\na',
    'a\0b',
    '\0',
    '\x1b[31m',
    '\x08',
    '\u007f',
    '\u0100',
    '\u20ac',
    '\u2028',
    '\u560a',
    '日本',
    '😀',
  ])('%j is no value of a header', (value) => {
    expect(headerProblem('x-tenant', value, [])).toMatch(/control characters/);
  });

  test("the profile's own headers stay the profile's", () => {
    expect(headerProblem('X-Allure-Signature', 'x', ['x-allure-signature'])).toMatch(/profile/);
    expect(headerProblem('X-Allure-Signature', 'x', ['x-readingsteps-signature'])).toBeNull();
  });
});
