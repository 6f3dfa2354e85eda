/** Event types in the order in which they are offered. */

/** The catalogue first, then what was sent beside it. */
export const unionOf = (catalogue: readonly string[], sent: readonly string[]): string[] => [
  ...new Set([...catalogue, ...sent.toSorted()]),
];
