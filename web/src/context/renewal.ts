/**
 * Renewal of what is shown, when it became old by itself: a message came, or time went by. Nothing that is under way is cancelled for
 * it. Otherwise news that come faster than the service answers would keep every answer from the page, and their requests would pile up.
 */
import type { Query, QueryClient, QueryFilters } from '@tanstack/react-query';

/** Queries that are loaded once more when what is under way has ended: its answer may be older than the last change. */
const owed = new WeakSet<Query>();

const ignore = () => {};

/**
 * Marks a query as old, and loads it anew: at once, or when what it loads now has come.
 * @param isWanted whether it is loaded; by default, if it is shown and enabled then
 */
export function renewQuery(query: Query, isWanted: () => boolean = () => query.isActive()): void {
  query.invalidate();
  if (query.state.fetchStatus === 'idle') {
    if (isWanted()) void query.fetch().catch(ignore);
    return;
  }
  if (owed.has(query)) return;
  owed.add(query);
  const again = () => {
    owed.delete(query);
    renewQuery(query, isWanted);
  };
  // The promise of what is under way.
  void query.fetch(undefined, { cancelRefetch: false }).then(again, again);
}

/** The same for all queries that the filters match; without filters, for all. */
export function renewQueries(queries: QueryClient, filters: QueryFilters = {}): void {
  for (const query of queries.getQueryCache().findAll(filters)) renewQuery(query);
}

/**
 * Loads the next page of a list before anything else, because somebody waits for it. A renewal that is under way ends for it, and is
 * made up for.
 * @param fetchNextPage of the list's observer
 */
export async function loadNextPage(
  queries: QueryClient,
  queryKey: readonly unknown[],
  fetchNextPage: () => Promise<unknown>,
): Promise<void> {
  const query = queries.getQueryCache().find({ queryKey, exact: true });
  const isBusy = query !== undefined && query.state.fetchStatus !== 'idle';
  if (isBusy && query.state.fetchMeta?.fetchMore !== undefined) return;
  await fetchNextPage();
  if (isBusy) renewQuery(query);
}
