/**
 * Collects a statement's values; `add` returns the placeholder.
 * @param values those that the statement has already, `$1` first
 */
export function parameters(...values: unknown[]) {
  return { values, add: (value: unknown) => `$${values.push(value)}` };
}
