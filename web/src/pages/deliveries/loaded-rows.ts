/** Rows of a list that are loaded, with what has become of them since. */
import type { InfiniteData } from '@tanstack/react-query';
import type { DeliverySummary } from './filters.ts';

export type PageOfRows = { items: DeliverySummary[]; next_cursor: string | null };
export type Loaded = InfiniteData<PageOfRows, string | undefined>;

/** Newest first: ids begin with the time at which they were made. */
export const isNewer = (one: DeliverySummary, other: DeliverySummary) =>
  one.created_at > other.created_at || (one.created_at === other.created_at && one.id > other.id);

/** The pages with rows as they are now. What is not in them is left out. */
export function patched(loaded: Loaded, changed: ReadonlyMap<string, DeliverySummary>): Loaded {
  return {
    ...loaded,
    pages: loaded.pages.map((page) =>
      page.items.some(({ id }) => changed.has(id))
        ? { ...page, items: page.items.map((row) => changed.get(row.id) ?? row) }
        : page,
    ),
  };
}

/** The pages with new rows at their places in the first. Those that have come with a page meanwhile stay as they are there. */
export function withNew(loaded: Loaded, rows: readonly DeliverySummary[]): Loaded {
  const [first, ...others] = loaded.pages;
  const known = new Set(loaded.pages.flatMap((page) => page.items.map(({ id }) => id)));
  const fresh = rows.filter(({ id }) => !known.has(id));
  if (first === undefined || fresh.length === 0) return loaded;
  const items = [...fresh, ...first.items].sort((a, b) => (isNewer(a, b) ? -1 : 1));
  return { ...loaded, pages: [{ ...first, items }, ...others] };
}
