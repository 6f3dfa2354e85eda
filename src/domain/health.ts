/** Rule for warning about an endpoint that only fails and for switching it off (product.md, promise 7). */

/** Two failures far apart, with no attempt between them, say little about the time between them. */
export const MIN_FAILURES_TO_DISABLE = 3;

/** Warnings, in percent of the time until an endpoint is switched off. */
const WARNINGS = [90, 50];

/** The last warning that is due for an endpoint which has failed for `failedMs`: 50 or 90 percent, or 0 for none. */
export function warningDue(failedMs: number, disableAfterMs: number): number {
  return WARNINGS.find((percent) => failedMs * 100 >= disableAfterMs * percent) ?? 0;
}
