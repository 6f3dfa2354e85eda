/** The headers of a stored request or response, as they stood on the wire. */

/**
 * @param json the stored name-value pairs; `null`: there are none
 * @returns the pairs, without whatever is no pair of texts: only a damaged row holds it
 */
export function pairsIn(json: string | null): [string, string][] {
  const list: unknown = JSON.parse(json ?? '[]');
  if (!Array.isArray(list)) return [];
  return list.filter(
    (pair): pair is [string, string] => Array.isArray(pair) && pair.every((part) => typeof part === 'string'),
  );
}
