/** An endpoint's URL is normalised first, and then judged in that form, not as it was typed. */
import { endpointUrl, endpointUrlProblem, MAX_URL_LENGTH } from '../../src/domain/endpoint-url.ts';

const normal = (text: string) => endpointUrl(new URL(text));
const label = (length: number) => 'a'.repeat(length);
/** A name of this length, of parts that are short enough. */
const name = (length: number) => `${'abcdefghi.'.repeat(26).slice(0, length - 4)}.com`.replace('..', 'x.');

test.each([
  ['https://example.com', 'https://example.com/'],
  ['https://EXAMPLE.com/Path', 'https://example.com/Path'],
  ['https://example.com./hook', 'https://example.com/hook'],
  ['https://example.com.:8443/hook', 'https://example.com:8443/hook'],
  ['https://example.com:443/', 'https://example.com/'],
  ['https://exämple.com/', 'https://xn--exmple-cua.com/'],
  ['https://ＥＸＡＭＰＬＥ.com/', 'https://example.com/'],
  ['https://example。com/', 'https://example.com/'],
  ['https://example.com/ü?ö#fragment', 'https://example.com/%C3%BC?%C3%B6'],
  ['https://example.com/a/../b', 'https://example.com/b'],
  ['https://127.1/', 'https://127.0.0.1/'],
  ['https://127.0.0.1./', 'https://127.0.0.1/'],
  ['https://[::0001]/', 'https://[::1]/'],
])('%s is %s, and stays it', (typed, expected) => {
  expect(normal(typed).href).toBe(expected);
  expect(normal(normal(typed).href).href).toBe(expected);
});

test.each([
  ['an ordinary one', 'https://example.com/hook'],
  ['an address', 'https://[2001:4860::1]/'],
  ['underscores, which names of services have', 'https://my_service.example.com/'],
  ['a part of 63 characters', `https://${label(63)}.com/`],
  ['a name of 253 characters', `https://${name(253)}/`],
  ['a dot at its end', 'https://example.com./'],
  ['as long as may be', `https://example.com/${'a'.repeat(MAX_URL_LENGTH - 20)}`],
  ['longer as it was typed', `https://example.com/${'./'.repeat(2_000)}`],
])('%s is taken', (_what, typed) => {
  expect(endpointUrlProblem(normal(typed))).toBeNull();
});

test.each([
  [
    'too long',
    `https://example.com/${'a'.repeat(MAX_URL_LENGTH - 19)}`,
    /is 2049 characters long once it is encoded/,
  ],
  ['too long only when it is encoded', `https://example.com/${'é'.repeat(400)}`, /is 2420 characters long/],
  ['a part of 64 characters', `https://${label(64)}.com/`, /more than 63 characters/],
  [
    'a part of 64 characters only when it is encoded',
    `https://${'ä'.repeat(10)}${label(50)}.com/`,
    /more than 63 characters/,
  ],
  ['a name of 254 characters', `https://${name(254)}/`, /more than 253 characters/],
  ['an empty part', 'https://a..example.com/', /empty part/],
  ['an empty first part', 'https://.example.com/', /empty part/],
  ['two dots at its end', 'https://example.com../', /empty part/],
])('%s is refused', (_what, typed, problem) => {
  expect(endpointUrlProblem(normal(typed))).toMatch(problem);
});
