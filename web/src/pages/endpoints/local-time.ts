/** Times as `<input type="datetime-local">` has them: in the viewer's zone, without an offset. */

/** @param at ISO 8601 */
export function localOf(at: string | Date): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** ISO 8601 in UTC; `''` and what is no time stay as they are, for the API to refuse. */
export function isoOf(local: string): string {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? local : date.toISOString();
}
