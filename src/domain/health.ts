/** When an endpoint that only fails is warned of and switched off (product.md, promise 7). */

/** Two failures far apart, with nothing between them, say little about the time between them. */
export const MIN_FAILURES_TO_DISABLE = 3;

/** Parts of the time until an endpoint is switched off at which people are warned, in percent. */
const WARNINGS = [90, 50];

/** How far people should have been warned of an endpoint that has failed for so long: 0, 50 or 90 percent. */
export function warningDue(failedMs: number, disableAfterMs: number): number {
  return WARNINGS.find((percent) => failedMs * 100 >= disableAfterMs * percent) ?? 0;
}
