/** Prefixes as bounds: texts that begin with one are a range of an index that sorts by bytes. */

/** A bound that is larger than every text with the prefix: the last character that there is follows it. */
export const afterPrefix = (prefix: string): string => `${prefix}\u{10FFFF}`;
