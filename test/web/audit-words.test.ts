/** Entries of the audit log are told in words: durations with their units, times as times. */
import type { Format } from '../../web/src/context/format.ts';
import { actorOf, changesOf, factsOf } from '../../web/src/pages/activity/audit-words.ts';
import { en } from '../../web/src/texts/en/index.ts';

const format = {
  duration: (ms: number) => `${ms / 60_000} minutes`,
  exact: (at: string) => `the time ${at}`,
  number: String,
} as unknown as Format;
const toldOf = (entry: Parameters<typeof factsOf>[0]) =>
  factsOf(entry, en, format).map(({ name, value }) => (name === null ? value : `${name}: ${value}`));
const entryWith = (details: Record<string, unknown>) =>
  ({ action: 'tenant.updated', details }) as unknown as Parameters<typeof changesOf>[0];

test.each([
  ['overlap_seconds', 86_400, 'overlap: 1440 minutes'],
  ['overlap_seconds', 0, 'overlap: none'],
  ['overlap_seconds', 5_400, 'overlap: 90 minutes'],
  ['disable_after_s', 432_000, 'time until a failing endpoint is disabled: 7200 minutes'],
  ['payload_retention_days', 30, 'time that payloads are kept: 43200 minutes'],
  ['timeout_ms', 1_500, 'timeout: 0.025 minutes'],
  ['expires_at', '2026-01-02T03:04:05.000Z', 'ends: the time 2026-01-02T03:04:05.000Z'],
  ['matched', 37, 'deliveries: 37'],
  ['overlap_seconds', 'soon', 'overlap: soon'],
  ['kind', 'tenant', 'kind: key of a tenant'],
  ['kind', 'of_a_later_version', 'kind: of_a_later_version'],
  ['scopes', ['emit', 'read'], 'scopes: Send events · Read'],
  ['capabilities', ['send_test', 'later'], 'capabilities: Send test events · later'],
])('%s %j', (name, value, words) => {
  expect(toldOf(entryWith({ [name]: value }))).toEqual([words]);
});

test('what was before and what is after have their units, too', () => {
  const details = {
    fields: ['disable_after_s'],
    disable_after_s: 3_600,
    was: { disable_after_s: 432_000, payload_retention_days: null },
  };
  expect(changesOf(entryWith(details), en, format)).toEqual([
    { name: 'time until a failing endpoint is disabled', before: '7200 minutes', after: '60 minutes' },
    { name: 'time that payloads are kept', before: 'as usual', after: en.activity.notKept },
  ]);
});

const operation = (action: string, details: Record<string, unknown>) =>
  toldOf({ ...entryWith(details), action: `operation.${action}` } as never);
const selection = { since: null, until: null, eventTypes: null, errorCode: null, missing: true };

test.each([
  ['recover', { ...selection, statuses: ['failed'] }, ['event types: all']],
  [
    'replay',
    { ...selection, statuses: ['failed', 'cancelled'] },
    ['event types: all', 'only what had not arrived'],
  ],
  [
    'replay',
    { ...selection, statuses: ['failed', 'cancelled', 'succeeded'], eventTypes: ['a.b'] },
    ['event types: a.b', 'also what had been delivered'],
  ],
  [
    'bulk_retry',
    { ...selection, statuses: ['failed'], errorCode: 'timeout', missing: false },
    ['event types: all', 'error: timeout', 'status: Failed'],
  ],
  ['recover', { endpoint_id: 'ep_1', matched: 3, later: null }, ['deliveries: 3']],
])('an operation (%s) says what was chosen, and nothing that was not: %j', (kind, details, facts) => {
  expect(operation(kind, details)).toEqual(facts);
});

test.each([
  ['url', 'https://a.example/a', 'https://a.example/b', 'https://a.example/a', 'https://a.example/b'],
  ['url', 'https://a.example/?k=…', 'https://a.example/?k=…', 'https://a.example/?k=…', en.activity.alike],
  ['auth', { type: 'none' }, { type: 'basic' }, 'none', 'basic'],
  ['auth', { type: 'basic' }, { type: 'basic' }, 'basic', en.activity.alike],
  ['headers', {}, { 'x-a': '…', 'x-b': '…' }, 'none', 'x-a, x-b'],
  ['rate_limit', null, { per_second: 5 }, 'none', '5 a second'],
  ['retry_schedule', null, [60, 120], 'as usual', '1 minutes, 2 minutes'],
  ['timeout_ms', 60_000, null, '1 minutes', 'as usual'],
  ['event_types', null, ['a.b'], 'all', 'a.b'],
  ['enabled', false, true, 'no', 'yes'],
])('a changed %s: %j → %j', (name, was, is, before, after) => {
  const [change] = changesOf(entryWith({ fields: [name], [name]: is, was: { [name]: was } }), en, format);
  expect(change).toMatchObject({ before, after });
});

test.each([
  ['dashboard', 'the admin key of the environment'],
  ['portal', 'your provider'],
] as const)('the key of the environment, in the %s: %s', (entrance, words) => {
  const entry = { actor: { key_id: 'admin', name: null } } as Parameters<typeof actorOf>[0];
  expect(actorOf(entry, en, entrance)).toBe(words);
});
