/** Entries of the audit log are told in words: durations with their units, times as times. */
import type { Format } from '../../web/src/context/format.ts';
import { changesOf, factsOf } from '../../web/src/pages/activity/audit-words.ts';
import { en } from '../../web/src/texts/en/index.ts';

const format = {
  duration: (ms: number) => `${ms / 60_000} minutes`,
  dayAndTime: (at: string) => `the time ${at}`,
} as unknown as Format;
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
  ['later_ms', null, 'later ms: none'],
])('%s %j', (name, value, words) => {
  expect(factsOf(entryWith({ [name]: value }), en, format)).toEqual([words]);
});

test('what was before and what is after have their units, too', () => {
  const details = {
    fields: ['disable_after_s'],
    disable_after_s: 3_600,
    was: { disable_after_s: 432_000, payload_retention_days: null },
  };
  expect(changesOf(entryWith(details), en, format)).toEqual([
    { name: 'time until a failing endpoint is disabled', before: '7200 minutes', after: '60 minutes' },
    { name: 'time that payloads are kept', before: 'none', after: en.activity.notKept },
  ]);
});
