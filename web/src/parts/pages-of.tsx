/** Lists that come in pages: the next one is loaded when its place comes into view, or by a button. */
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import { loadNextPage } from '../context/renewal.ts';
import { useTexts } from '../texts/index.ts';
import { Button } from './button.tsx';
import { Loading } from './loading.tsx';
import { ProblemNotice } from './problem.tsx';

/** Longer lists are not loaded anew by themselves: each of their pages would be, with every change. */
const PAGES_KEPT_NEW = 5;

type PageOf<Item> = { items: Item[]; next_cursor: string | null };

/** A list of the API, page by page. @param load loads the page behind a cursor */
export function usePages<Item>(
  key: readonly unknown[],
  load: (cursor: string | undefined) => Promise<PageOf<Item>>,
) {
  const queries = useQueryClient();
  const { fetchNextPage, ...query } = useInfiniteQuery<
    PageOf<Item>,
    Error,
    InfiniteData<PageOf<Item>>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: key,
    initialPageParam: undefined,
    queryFn: ({ pageParam }) => load(pageParam),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (before) => before,
    enabled: ({ state }) => (state.data?.pages.length ?? 0) <= PAGES_KEPT_NEW,
  });
  return {
    ...query,
    loadNext: () => void loadNextPage(queries, key, fetchNextPage),
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
  };
}

export type Pages<Item> = ReturnType<typeof usePages<Item>>;

/** What a list shows: its skeleton, its error, its emptiness, or its items and the way to more. */
export function PagesView<Item>({
  pages,
  empty,
  children,
}: {
  pages: Pages<Item>;
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}) {
  if (pages.data === undefined) {
    return pages.error ? (
      <ProblemNotice problem={pages.error} onRetry={pages.refetch} />
    ) : (
      <Loading rows={6} />
    );
  }
  return (
    <>
      {pages.error && <ProblemNotice problem={pages.error} onRetry={pages.refetch} />}
      {pages.items.length === 0 ? empty : children(pages.items)}
      <More pages={pages} />
    </>
  );
}

/** The way to the next page, taken by itself when it comes into view. */
function More<Item>({ pages }: { pages: Pages<Item> }) {
  const { common } = useTexts();
  const ref = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage } = pages;
  const loadNext = useRef(pages.loadNext);
  loadNext.current = pages.loadNext;
  useEffect(() => {
    if (ref.current === null || !hasNextPage || isFetchingNextPage) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) loadNext.current();
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={ref} className="row">
      <Button isBusy={isFetchingNextPage} onClick={pages.loadNext}>
        {common.loadMore}
      </Button>
    </div>
  );
}
