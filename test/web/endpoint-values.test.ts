/** The form of an endpoint sends what was changed and nothing that was only shown. */
import { changesIn, type Endpoint, valuesOf } from '../../web/src/pages/endpoints/endpoint-values.ts';

const shown = {
  url: 'https://example.com/hook?token=••••',
  description: null,
  event_types: null,
  auth: { type: 'bearer' },
  headers: { 'x-key': '••••' },
  timeout_ms: null,
  retry_schedule: null,
  rate_limit: null,
  ordered: false,
} as unknown as Endpoint;
const before = valuesOf(shown);

test('an untouched form sends nothing', () => {
  expect(changesIn(before, before)).toEqual({});
});

test.each([
  ['a description', { description: 'CRM' }, { description: 'CRM' }],
  ['a time-out', { timeoutMs: '5000' }, { timeout_ms: 5000 }],
  ['the URL', { url: 'https://example.com/new' }, { url: 'https://example.com/new' }],
  ['the headers', { headers: [{ name: 'x-key', value: 'new' }] }, { headers: { 'x-key': 'new' } }],
  ['the headers, to none', { headers: [] }, { headers: {} }],
])('changing %s sends nothing that is masked', (_what, change, sent) => {
  const changes = changesIn({ ...before, ...change }, before);
  expect(changes).toEqual(sent);
  expect(JSON.stringify(changes)).not.toContain('••••');
});

test('a header whose value is not typed again is sent empty, never as its mask', () => {
  const replaced = { ...before, headers: [{ name: 'x-key', value: '' }] };
  expect(changesIn(replaced, before)).toEqual({ headers: { 'x-key': '' } });
});
