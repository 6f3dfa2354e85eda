/** The rules of metrics over time: which intervals there are, how times are counted in buckets, and what percentiles they give. */

/**
 * The widths of intervals, with the days for which they are kept. A series has at most `MAX_INTERVALS` of them, so that a request reads
 * a bounded number of rows.
 */
export const INTERVALS = {
  '1m': { seconds: 60, keptDays: 2 },
  '10m': { seconds: 600, keptDays: 9 },
  '1h': { seconds: 3_600, keptDays: 100 },
  '1d': { seconds: 86_400, keptDays: 800 },
} as const;
export type Interval = keyof typeof INTERVALS;
export const INTERVAL_NAMES = Object.keys(INTERVALS) as Interval[];
export const MAX_INTERVALS = 200;

const DAY_MS = 86_400_000;

/** A range in UTC that begins and ends with an interval. Times are Unix ms. */
export type Range = { interval: Interval; fromMs: number; toMs: number };

/**
 * The range widened to whole intervals.
 * @param asked.interval default: the shortest that is kept for this range and gives at most `MAX_INTERVALS`
 * @returns the reason, as words that follow a field's name, if there is no such range
 */
export function rangeOf(
  asked: { fromMs: number; toMs: number; interval?: Interval | undefined },
  nowMs: number,
): Range | { path: 'from' | 'interval'; problem: string } {
  if (asked.fromMs >= asked.toMs) return { path: 'from', problem: 'must be earlier than `to`' };
  const candidates = asked.interval === undefined ? INTERVAL_NAMES : [asked.interval];
  const ranges = candidates.map((interval) => widened(asked, interval));
  const fit = ranges.find((range) => isShort(range) && isKept(range, nowMs));
  if (fit !== undefined) return fit;
  const { interval } = ranges.at(-1) as Range;
  const { keptDays } = INTERVALS[interval];
  if (ranges.some((range) => isShort(range)) || asked.interval === undefined) {
    return { path: 'from', problem: `is too early: intervals of ${interval} are kept for ${keptDays} days` };
  }
  return {
    path: 'interval',
    problem: `is too short for this range: a series has at most ${MAX_INTERVALS} intervals, so ask for a longer one`,
  };
}

function widened({ fromMs, toMs }: { fromMs: number; toMs: number }, interval: Interval): Range {
  const ms = INTERVALS[interval].seconds * 1000;
  return { interval, fromMs: Math.floor(fromMs / ms) * ms, toMs: Math.ceil(toMs / ms) * ms };
}

const isShort = (range: Range) => countOf(range) <= MAX_INTERVALS;
const isKept = ({ interval, fromMs }: Range, nowMs: number) =>
  fromMs >= nowMs - INTERVALS[interval].keptDays * DAY_MS;

const countOf = ({ interval, fromMs, toMs }: Range) => (toMs - fromMs) / (INTERVALS[interval].seconds * 1000);

/** The beginnings of its intervals, in Unix ms. */
export const startsOf = (range: Range): number[] =>
  Array.from(
    { length: countOf(range) },
    (_, at) => range.fromMs + at * INTERVALS[range.interval].seconds * 1000,
  );

/** Number of buckets for times; the last one begins at 41 days. The database has the same rule (`metric_bucket`). */
export const BUCKETS = 128;
const PER_OCTAVE = 4;

/** The bucket of a time in ms: bucket `n` ends at the fourth root of two to the power of `n`. */
export function bucketOf(ms: number): number {
  return ms > 1 ? Math.min(BUCKETS - 1, Math.ceil((PER_OCTAVE * Math.log(ms)) / Math.log(2))) : 0;
}

/** The largest count that is kept: a damaged one must not break the arithmetic. */
const MAX_COUNT = 2 ** 31 - 1;
const MAX_SUM = 2 ** 50;

const sound = (value: unknown, max: number) =>
  typeof value === 'number' && value > 0 ? Math.min(Math.floor(value), max) : 0;

export const addCounts = (a: unknown, b: unknown): number =>
  Math.min(MAX_SUM, sound(a, MAX_SUM) + sound(b, MAX_SUM));

/** The sum of two histograms, bucket by bucket. What is no count counts as none. */
export function addHistograms(a: readonly unknown[], b: readonly unknown[]): number[] {
  const length = Math.min(BUCKETS, Math.max(a.length, b.length));
  return Array.from({ length }, (_, at) =>
    Math.min(MAX_COUNT, sound(a[at], MAX_COUNT) + sound(b[at], MAX_COUNT)),
  );
}

/** What attempts came to. Histograms are counts by bucket; stored ones may be damaged. */
export type Sums<Count = unknown> = {
  attempts: number;
  failed: number;
  /** deliveries that succeeded for the first time, and that ended failed */
  delivered: number;
  exhausted: number;
  durations: Count[];
  latencies: Count[];
};

export const NOTHING: Sums<number> = {
  ...{ attempts: 0, failed: 0, delivered: 0, exhausted: 0 },
  ...{ durations: [], latencies: [] },
};

export const plus = (a: Sums, b: Sums): Sums<number> => ({
  attempts: addCounts(a.attempts, b.attempts),
  failed: addCounts(a.failed, b.failed),
  delivered: addCounts(a.delivered, b.delivered),
  exhausted: addCounts(a.exhausted, b.exhausted),
  durations: addHistograms(a.durations, b.durations),
  latencies: addHistograms(a.latencies, b.latencies),
});

/** The histogram of numbers of buckets. */
export function histogramOf(buckets: readonly unknown[]): number[] {
  const counts: number[] = [];
  for (const bucket of buckets) {
    if (typeof bucket !== 'number' || !(bucket >= 0 && bucket < BUCKETS)) continue;
    while (counts.length <= bucket) counts.push(0);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

export type Percentiles = { p50: number; p95: number; p99: number };

/** Percentiles in ms, at most a tenth off; `null`: nothing was counted. */
export function percentilesOf(histogram: readonly number[]): Percentiles | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  return {
    p50: quantile(histogram, total, 0.5),
    p95: quantile(histogram, total, 0.95),
    p99: quantile(histogram, total, 0.99),
  };
}

/** The middle, by ratio, of the bucket that holds the value of that rank. */
function quantile(histogram: readonly number[], total: number, share: number): number {
  let left = Math.ceil(total * share);
  const bucket = histogram.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
  return bucket === 0 ? 1 : Math.round(2 ** ((bucket - 0.5) / PER_OCTAVE));
}

/** What attempts are counted by, with the most keys that an interval keeps apart; the others share one. */
export const KEY_KINDS = { type: 50, error: 20, status: 30 } as const;
export type KeyKind = keyof typeof KEY_KINDS;
