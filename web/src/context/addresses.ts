/** Lists of addresses as people type and paste them. */

/** One a line; commas and semicolons part them, too. Each is there once, in the order of their first coming. */
export const addressesIn = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\s,;]+/)
      .map((each) => each.replace(/^<|>$/g, ''))
      .filter((each) => each !== ''),
  ),
];
