/** Wire schemas of metrics over time. */
import { z } from 'zod';
import {
  INTERVAL_NAMES,
  INTERVALS,
  MAX_INTERVALS,
  NOTHING,
  type Percentiles,
  percentilesOf,
  plus,
  type Range,
  type Sums,
  startsOf,
} from '../../domain/attempt-metrics.ts';
import type { IntervalTotal, KeyTotal } from '../../store/attempt-metrics.ts';
import { FAILURES_COUNTED, type StandingFailures } from '../../store/standing-failures.ts';

const time = z.iso.datetime({ offset: true }).optional();

export const metricsQuery = z.object({
  from: time.describe('Default: 24 hours before `to`. Moved to the beginning of its interval.'),
  to: time.describe('Default: now. Moved to the end of its interval.'),
  interval: z
    .enum(INTERVAL_NAMES)
    .optional()
    .describe(
      `In UTC. Kept for ${INTERVAL_NAMES.map((name) => `${INTERVALS[name].keptDays} days (${name})`).join(', ')}; ` +
        `a series has at most ${MAX_INTERVALS}. Default: the shortest that the range allows.`,
    ),
});

const percentiles = z
  .object({ p50: z.number(), p95: z.number(), p99: z.number() })
  .meta({ id: 'Percentiles', description: 'In milliseconds, at most a tenth off.' })
  .nullable();

const outcomes = z.object({ succeeded: z.number(), failed: z.number() });

const counted = {
  attempts: outcomes.describe('Attempts by their outcome.'),
  deliveries: outcomes.describe(
    'History, at the time of the attempt: deliveries that succeeded for the first time, and that ended because their last attempt had ' +
      'failed. These may have been delivered since; `standing` counts those that have not.',
  ),
  first_success_ms: percentiles.describe('From acceptance to the first success. Null: there was none.'),
  attempt_duration_ms: percentiles.describe('Of the attempts. Null: there was none.'),
};

const standing = z
  .object({
    failed: z.number(),
    at_least: z
      .literal(true)
      .optional()
      .describe(`True: there may be more, since at most ${FAILURES_COUNTED} are counted.`),
  })
  .describe(
    'Deliveries accepted after `from` whose status is `failed` now: also those that failed without an attempt, and none that was delivered ' +
      'since. The list with `status=failed`, `after` and `is_test=false` has them.',
  );

const byOutcome = { attempts: z.number(), failed: z.number() };
const OTHERS = 'Null: all that are beyond the number that an interval keeps apart.';

export const metricsFields = {
  from: z.string(),
  to: z.string(),
  interval: z.enum(INTERVAL_NAMES),
  series: z.array(z.object({ at: z.string(), ...counted })).describe('Every interval, empty ones too.'),
  totals: z.object(counted).describe('Of the whole range.'),
  standing,
  by_event_type: z.array(z.object({ event_type: z.string().nullable().describe(OTHERS), ...byOutcome })),
  by_error_code: z.array(
    z.object({ error_code: z.string().nullable().describe(OTHERS), attempts: z.number() }),
  ),
  by_response_status: z.array(
    z.object({ response_status: z.number().nullable().describe(OTHERS), ...byOutcome }),
  ),
};

const metricsSchema = z.object(metricsFields);

type Counted = {
  attempts: { succeeded: number; failed: number };
  deliveries: { succeeded: number; failed: number };
  first_success_ms: Percentiles | null;
  attempt_duration_ms: Percentiles | null;
};

function presentSum(sum: Sums<number>): Counted {
  return {
    attempts: { succeeded: Math.max(0, sum.attempts - sum.failed), failed: sum.failed },
    deliveries: { succeeded: sum.delivered, failed: sum.exhausted },
    first_success_ms: percentilesOf(sum.latencies),
    attempt_duration_ms: percentilesOf(sum.durations),
  };
}

/** Fills the range: intervals without a row are empty. */
export function presentMetrics(
  range: Range,
  { intervals, keys }: { intervals: IntervalTotal[]; keys: KeyTotal[] },
  failures: StandingFailures,
): z.infer<typeof metricsSchema> {
  const byStart = new Map(intervals.map((each) => [each.at.getTime(), plus(NOTHING, each)]));
  const named = (kind: KeyTotal['kind']) =>
    keys
      .filter((each) => each.kind === kind)
      .map(({ key, ...rest }) => ({ ...rest, key: key === '' ? null : key }));
  return {
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    interval: range.interval,
    series: startsOf(range).map((startMs) => ({
      at: new Date(startMs).toISOString(),
      ...presentSum(byStart.get(startMs) ?? NOTHING),
    })),
    totals: presentSum(intervals.reduce<Sums<number>>(plus, NOTHING)),
    standing: { failed: failures.count, ...(failures.atLeast && { at_least: true as const }) },
    by_event_type: named('type').map(({ key, attempts, failed }) => ({ event_type: key, attempts, failed })),
    by_error_code: named('error').map(({ key, attempts }) => ({ error_code: key, attempts })),
    by_response_status: named('status').map(({ key, attempts, failed }) => ({
      response_status: key === null ? null : Number(key),
      attempts,
      failed,
    })),
  };
}
