/** The retry schedule, as a table with a row for each of its rules. */
import {
  nextDelayMs,
  parseRetryAfterMs,
  RETRY_AFTER_CAP_MS,
  type RetrySchedule,
  receiverTimeMs,
} from '../../src/domain/schedule.ts';

const DAY_MS = 24 * 3600 * 1000;
const plain: RetrySchedule = { delaysS: [5, 300, 1800], jitter: 0 };
const jittered: RetrySchedule = { delaysS: [100], jitter: 0.1 };

describe('the wait before the next attempt', () => {
  test.each([
    { slotsUsed: 1, expected: 5_000 },
    { slotsUsed: 2, expected: 300_000 },
    { slotsUsed: 3, expected: 1_800_000 },
    { slotsUsed: 4, expected: null },
    { slotsUsed: 100, expected: null },
  ])('after $slotsUsed attempts is $expected ms', ({ slotsUsed, expected }) => {
    expect(nextDelayMs(plain, slotsUsed, 0.7)).toBe(expected);
  });

  test('an empty schedule means one attempt', () => {
    expect(nextDelayMs({ delaysS: [], jitter: 0.1 }, 1, 0.5)).toBeNull();
  });

  test('a delay of zero is a retry at once, not the end', () => {
    expect(nextDelayMs({ delaysS: [0], jitter: 0.1 }, 1, 0.9)).toBe(0);
  });

  test.each([
    { random: 0, expected: 90_000 },
    { random: 0.25, expected: 95_000 },
    { random: 0.5, expected: 100_000 },
    { random: 0.75, expected: 105_000 },
    { random: 1 - Number.EPSILON, expected: 110_000 },
  ])('jitter of 10 % turns 100 s into $expected ms for a dice of $random', ({ random, expected }) => {
    expect(nextDelayMs(jittered, 1, random)).toBe(expected);
  });

  test.each([
    { says: 'nothing', retryAfterMs: null, expected: 5_000 },
    { says: 'sooner than the schedule', retryAfterMs: 1_000, expected: 5_000 },
    { says: 'at once', retryAfterMs: 0, expected: 5_000 },
    { says: 'later than the schedule', retryAfterMs: 60_000, expected: 60_000 },
    { says: 'exactly a day', retryAfterMs: DAY_MS, expected: DAY_MS },
    { says: 'more than a day', retryAfterMs: DAY_MS + 1, expected: DAY_MS },
    { says: 'a year', retryAfterMs: 365 * DAY_MS, expected: DAY_MS },
  ])('a receiver that says $says gets the next attempt in $expected ms', ({ retryAfterMs, expected }) => {
    expect(nextDelayMs(plain, 1, 0.5, retryAfterMs)).toBe(expected);
  });

  test('a receiver cannot prolong a schedule that is used up', () => {
    expect(nextDelayMs(plain, 4, 0.5, 60_000)).toBeNull();
  });

  test('the cap on retry-after does not shorten a longer delay of the schedule', () => {
    expect(nextDelayMs({ delaysS: [30 * 3600], jitter: 0 }, 1, 0.5, 365 * DAY_MS)).toBe(30 * 3600 * 1000);
    expect(RETRY_AFTER_CAP_MS).toBe(DAY_MS);
  });
});

describe('a retry-after header', () => {
  const nowMs = Date.parse('2015-10-21T07:28:00Z');

  test.each([
    { header: undefined, expected: null },
    { header: '', expected: null },
    { header: '0', expected: 0 },
    { header: '120', expected: 120_000 },
    { header: '  7 ', expected: 7_000 },
    { header: 'Wed, 21 Oct 2015 07:29:30 GMT', expected: 90_000 },
    { header: 'Wed, 21 Oct 2015 07:28:00 GMT', expected: 0 },
    { header: 'Tue, 20 Oct 2015 07:28:00 GMT', expected: 0 },
    { header: 'Wednesday, 21-Oct-15 07:29:30 GMT', expected: 90_000 },
    { header: '-5', expected: null },
    { header: '1.5', expected: null },
    { header: '1e3', expected: null },
    { header: '86400', expected: DAY_MS },
    { header: '86401', expected: DAY_MS },
    { header: '9999999999', expected: DAY_MS },
    { header: '99999999999', expected: DAY_MS },
    { header: '9'.repeat(400), expected: DAY_MS },
    { header: `${'0'.repeat(30)}7`, expected: 7_000 },
    { header: '-99999999999', expected: null },
    { header: '99999999999.5', expected: null },
    { header: '+5', expected: null },
    { header: '0x10', expected: null },
    { header: '5 5', expected: null },
    { header: '\u0665', expected: null },
    { header: 'Infinity', expected: null },
    { header: 'Fri, 31 Dec 9999 23:59:59 GMT', expected: DAY_MS },
    { header: 'Thu, 22 Oct 2015 07:28:01 GMT', expected: DAY_MS },
    { header: 'Thu, 01 Jan 1970 00:00:00 GMT', expected: 0 },
    { header: 'Wed Oct 21 07:29:30 2015', expected: 90_000 },
    { header: 'Wed, 32 Oct 2015 07:29:30 GMT', expected: null },
    { header: 'Wed, 21 Oct 2015 27:29:30 GMT', expected: null },
    { header: '2015-10-21', expected: null },
    { header: 'soon', expected: null },
    { header: '12 parsecs', expected: null },
  ])('"$header" asks for $expected ms', ({ header, expected }) => {
    expect(parseRetryAfterMs(header, nowMs)).toBe(expected);
  });
});

test.each([
  ['an hour ahead', 3_600_000],
  ['a year behind', -365 * 86_400_000],
  ['right', 0],
])('a date in retry-after is by the clock of the receiver, which is %s', (_how, offsetMs) => {
  const nowMs = Date.UTC(2026, 0, 1);
  const theirs = (ms: number) => new Date(nowMs + offsetMs + ms).toUTCString();
  expect(parseRetryAfterMs(theirs(90_000), receiverTimeMs(theirs(0), nowMs))).toBe(90_000);
});

test.each([undefined, '', 'yesterday', '2026-01-01T00:00:00Z', 'Thu, 99 Foo 2026 00:00:00 GMT'])(
  'where the receiver says no time (%s), ours counts',
  (header) => {
    expect(receiverTimeMs(header, 1_234)).toBe(1_234);
  },
);
