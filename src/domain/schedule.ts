/** Arithmetic of retry schedules: pure functions on lists of delays. */

/** Delays between attempts in seconds, each counted from the end of the attempt before it. */
export type RetrySchedule = {
  delaysS: readonly number[];
  /** 0.1 spreads each delay evenly over ±10 %, so that the failures of one outage do not return as one wave */
  jitter: number;
};

/** The schedule of an endpoint: its own, without jitter, or its profile's. */
export function scheduleOf(own: readonly number[] | null, ofProfile: RetrySchedule): RetrySchedule {
  return own === null ? ofProfile : { delaysS: own, jitter: 0 };
}

/** A receiver's `retry-after` may postpone an attempt by no more than this (product.md, "Details decided"). */
export const RETRY_AFTER_CAP_MS = 24 * 3600 * 1000;

/**
 * The delay before the next scheduled attempt in ms, or `null` when the schedule is used up.
 *
 * @param slotsUsed scheduled attempts already made, the first one included (1 after the first attempt)
 * @param random a number in [0, 1)
 * @param retryAfterMs the delay that the receiver asked for; it moves the attempt later, never sooner
 */
export function nextDelayMs(
  schedule: RetrySchedule,
  slotsUsed: number,
  random: number,
  retryAfterMs: number | null = null,
): number | null {
  const delayS = schedule.delaysS[slotsUsed - 1];
  if (delayS === undefined) return null;
  const spread = 1 + schedule.jitter * (2 * random - 1);
  const scheduledMs = Math.round(delayS * 1000 * spread);
  return Math.max(scheduledMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS));
}

/**
 * Parses a `retry-after` header in either form of RFC 9110 §10.2.3: seconds, with any number of digits, or an HTTP date.
 * @param nowMs the time by the clock that the date is by
 * @returns the delay in ms, at most `RETRY_AFTER_CAP_MS`; `null` when there is no header or it is not understood
 */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const value = header.trim();
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, RETRY_AFTER_CAP_MS);
  const dateMs = httpDateMs(value);
  return dateMs === null ? null : Math.min(Math.max(0, dateMs - nowMs), RETRY_AFTER_CAP_MS);
}

/** The receiver's own time, from its `date` header, by which a date in `retry-after` is meant: its clock may be off. @param nowMs ours */
export const receiverTimeMs = (dateHeader: string | undefined, nowMs: number): number =>
  httpDateMs(dateHeader?.trim() ?? '') ?? nowMs;

/** `null`: it is no HTTP date (RFC 9110 §5.6.7). */
function httpDateMs(value: string): number | null {
  // All of HTTP's date formats are in GMT; the oldest one (asctime) does not say so.
  if (!/^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(value)) return null;
  const dateMs = Date.parse(/GMT$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(dateMs) ? null : dateMs;
}
