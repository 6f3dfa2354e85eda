/** Metrics over time: which ranges are answered in which intervals, and how near percentiles come to the truth. */
import fc from 'fast-check';
import {
  addHistograms,
  BUCKETS,
  bucketOf,
  histogramOf,
  INTERVAL_NAMES,
  INTERVALS,
  MAX_INTERVALS,
  percentilesOf,
  type Range,
  rangeOf,
  startsOf,
} from '../../src/domain/attempt-metrics.ts';

const NOW = Date.parse('2026-03-29T01:17:42.123Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const last = (ms: number, interval?: Range['interval']) =>
  rangeOf({ fromMs: NOW - ms, toMs: NOW, interval }, NOW);

test.each([
  ['an hour', HOUR, '1m', 61],
  ['24 hours', DAY, '10m', 145],
  ['7 days', 7 * DAY, '1h', 169],
  ['30 days', 30 * DAY, '1d', 31],
] as const)(
  'the last %s is shown in whole intervals of UTC, also across a change of the clocks',
  (_what, ms, interval, count) => {
    const range = last(ms) as Range;
    expect(range.interval).toBe(interval);
    const starts = startsOf(range);
    expect(starts).toHaveLength(count);
    const width = INTERVALS[interval].seconds * 1000;
    expect(starts.every((start, at) => start % width === 0 && start === (starts[0] ?? 0) + at * width)).toBe(
      true,
    );
    expect(starts[0]).toBeLessThanOrEqual(NOW - ms);
    expect((starts.at(-1) ?? 0) + width).toBeGreaterThanOrEqual(NOW);
  },
);

test.each([
  ['turned round', rangeOf({ fromMs: NOW, toMs: NOW - 1 }, NOW), 'from', /earlier/],
  ['empty', rangeOf({ fromMs: NOW, toMs: NOW }, NOW), 'from', /earlier/],
  ['too long for its interval', last(DAY, '1m'), 'interval', /at most 200/],
  [
    'older than its interval is kept',
    rangeOf({ fromMs: NOW - 3 * DAY, toMs: NOW - 3 * DAY + HOUR, interval: '1m' }, NOW),
    'from',
    /kept for 2 days/,
  ],
  ['older than anything is kept', last(900 * DAY), 'from', /kept for 800 days/],
  [
    'of the year 9999',
    rangeOf({ fromMs: NOW, toMs: Date.parse('9999-12-31T00:00:00Z') }, NOW),
    'from',
    /kept/,
  ],
])('a range that is %s is refused, and the field is named', (_what, refusal, path, words) => {
  expect(refusal).toEqual({ path, problem: expect.stringMatching(words) });
});

test('an hour of three days ago is shown in the shortest interval that is still kept', () => {
  expect(rangeOf({ fromMs: NOW - 3 * DAY, toMs: NOW - 3 * DAY + HOUR }, NOW)).toMatchObject({
    interval: '10m',
  });
});

test('no range that is answered has too many intervals, or one that is not kept', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1000 * DAY, max: 1000 * DAY }),
      fc.integer({ min: 1, max: 1000 * DAY }),
      fc.option(fc.constantFrom(...INTERVAL_NAMES), { nil: undefined }),
      (from, length, interval) => {
        const range = rangeOf({ fromMs: NOW + from, toMs: NOW + from + length, interval }, NOW);
        if ('problem' in range) return;
        expect(startsOf(range).length).toBeLessThanOrEqual(MAX_INTERVALS);
        expect(range.fromMs).toBeGreaterThanOrEqual(NOW - INTERVALS[range.interval].keptDays * DAY);
        expect(range.fromMs).toBeLessThanOrEqual(NOW + from);
      },
    ),
  );
});

const histogram = (times: readonly number[]) => histogramOf(times.map(bucketOf));

test('percentiles are at most a tenth off, whatever the times are', () => {
  const times = fc.array(fc.double({ min: 1, max: 30 * DAY, noNaN: true }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(times, (given) => {
      const sorted = given.toSorted((a, b) => a - b);
      const found = percentilesOf(histogram(given));
      for (const [share, value] of [
        [0.5, found?.p50],
        [0.95, found?.p95],
        [0.99, found?.p99],
      ] as const) {
        const truth = sorted[Math.ceil(sorted.length * share) - 1] as number;
        // A whole number of ms is shown.
        expect(Math.abs((value ?? 0) - truth)).toBeLessThanOrEqual(truth * 0.0906 + 0.5001);
      }
    }),
  );
});

test('nothing has no percentiles, and a histogram of parts is that of the whole', () => {
  expect(percentilesOf([])).toBeNull();
  expect(percentilesOf([0, 0])).toBeNull();
  const [a, b] = [
    [1, 5, 900],
    [3, 70_000, 5, 0.2],
  ];
  expect(addHistograms(histogram(a), histogram(b))).toEqual(histogram([...a, ...b]));
});

test('what no histogram should hold counts as nothing', () => {
  expect(histogramOf([null, -1, BUCKETS, 1e9, Number.NaN, 'x', 2])).toEqual([0, 0, 1]);
  expect(addHistograms([null, -3, Number.NaN, 2 ** 40], [1])).toEqual([1, 0, 0, 2 ** 31 - 1]);
  expect(addHistograms(Array(1_000).fill(1), [])).toHaveLength(BUCKETS);
});
