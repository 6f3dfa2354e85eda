/** Two lists, each newest first and loaded page by page, as one. */

type Dated = { at: string };
export type Source<Item> = {
  items: readonly Item[];
  /** whether older ones can be loaded */
  hasMore: boolean;
};

/** Rows newest first, down to the oldest time that both lists have reached: below it the other list may still have some. */
export function merged<One extends Dated, Other extends Dated>(
  one: Source<One>,
  other: Source<Other>,
): { rows: (One | Other)[]; next: 'one' | 'other' | null } {
  const reachedOf = ({ items, hasMore }: Source<Dated>) => (hasMore ? (items.at(-1)?.at ?? '\uffff') : '');
  const [reached, otherReached] = [reachedOf(one), reachedOf(other)];
  const horizon = reached > otherReached ? reached : otherReached;
  const rows = [...one.items, ...other.items]
    .filter(({ at }) => at >= horizon)
    .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  const next = horizon === '' ? null : reached >= otherReached ? 'one' : 'other';
  return { rows, next };
}
