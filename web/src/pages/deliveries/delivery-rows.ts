/** The rows of a list of deliveries: pages loaded one after the other, patched by what the stream or a poll tells, so that nothing is loaded twice. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useIsLive, useLiveMessages } from '../../context/live.tsx';
import { loadNextPage, renewQuery } from '../../context/renewal.ts';
import { type DeliveryFilter, type DeliverySummary, matches } from './filters.ts';
import { isNewer, type Loaded, type PageOfRows, patched, withNew } from './loaded-rows.ts';

export type LoadRows = (
  filter: DeliveryFilter,
  cursor: string | undefined,
  limit: number,
) => Promise<PageOfRows>;

const PAGE_ROWS = 100;
const POLLED_ROWS = 50;
/** Time in which changes are gathered: a thousand of them draw the list once. */
const GATHER_MS = 300;
/** A longer list is loaded anew when no more messages were missed for a while: each of its pages is. */
const PAGES_AT_ONCE = 5;
const QUIET_MS = 5_000;

/**
 * @param scope the tenant's id; `null`: all tenants
 * @param isReading whether the list is scrolled: new rows wait then, and are counted
 */
export function useDeliveryRows(
  scope: string | null,
  filter: DeliveryFilter,
  load: LoadRows,
  isReading: () => boolean,
) {
  const queries = useQueryClient();
  const isLive = useIsLive();
  const key = ['delivery-rows', scope, filter] as const;
  const keyText = JSON.stringify(key);
  const query = useInfiniteQuery<PageOfRows, Error, Loaded, typeof key, string | undefined>({
    queryKey: key,
    initialPageParam: undefined,
    queryFn: ({ pageParam }) => load(filter, pageParam, PAGE_ROWS),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Once loaded it is kept new by what follows, and not by loading every page again.
    enabled: ({ state }) => state.data === undefined,
    gcTime: 60_000,
  });
  const [waiting, setWaiting] = useState<DeliverySummary[]>([]);
  const gathered = useRef(new Map<string, DeliverySummary>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const add = (rows: readonly DeliverySummary[]) =>
    queries.setQueryData<Loaded>(key, (loaded) => loaded && withNew(loaded, rows));

  const flush = () => {
    timer.current = undefined;
    const changed = gathered.current;
    gathered.current = new Map();
    const loaded = queries.getQueryData<Loaded>(key);
    if (loaded === undefined) return;
    const known = new Set(loaded.pages.flatMap((page) => page.items.map(({ id }) => id)));
    if ([...changed.keys()].some((id) => known.has(id)))
      queries.setQueryData<Loaded>(key, (now) => now && patched(now, changed));
    const oldest = loaded.pages.at(-1)?.items.at(-1);
    // What is older than all that is loaded comes with its page.
    const isPlaced = (row: DeliverySummary) => !query.hasNextPage || !oldest || isNewer(row, oldest);
    const fresh = [...changed.values()].filter(
      (row) => !known.has(row.id) && matches(row, filter) && isPlaced(row),
    );
    if (fresh.length === 0) return;
    if (!isReading()) add(fresh);
    else setWaiting((before) => [...before.filter(({ id }) => !changed.has(id)), ...fresh]);
  };
  const gather = (rows: readonly DeliverySummary[]) => {
    for (const row of rows) gathered.current.set(row.id, row);
    timer.current ??= setTimeout(() => latest.current.flush(), GATHER_MS);
  };
  const latest = useRef({ flush, gather });
  latest.current = { flush, gather };

  const reloading = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Loads all pages anew, which nothing else does. */
  const reload = () => {
    const list = queries.getQueryCache().find({ queryKey: key, exact: true });
    if (list !== undefined) renewQuery(list, () => list.getObserversCount() > 0);
  };
  /** What happened while nobody told is not in the rows. A storm is missed again and again. */
  const reloadMissed = () => {
    clearTimeout(reloading.current);
    const isLong = (queries.getQueryData<Loaded>(key)?.pages.length ?? 0) > PAGES_AT_ONCE;
    if (isLong) reloading.current = setTimeout(reload, QUIET_MS);
    else reload();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list is loaded by itself
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      clearTimeout(reloading.current);
    },
    [keyText],
  );

  const wasLive = useRef(false);
  useLiveMessages((message) => {
    const { event, data } = message;
    if (event === 'delivery.created' || event === 'delivery.updated') gather([data]);
    if (event === 'stream.reset' || (event === 'stream.ready' && wasLive.current)) reloadMissed();
    if (event === 'stream.ready') wasLive.current = true;
    if (event === 'operation.updated' && data.status !== 'running') reload();
  });

  const head = useQuery({
    queryKey: ['deliveries', scope, filter, 'newest'],
    queryFn: () => load(filter, undefined, POLLED_ROWS),
    enabled: !isLive && query.data !== undefined,
  });
  const { data: newest } = head;
  useEffect(() => {
    if (newest !== undefined) latest.current.gather(newest.items);
  }, [newest]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has other rows
  useEffect(() => {
    setWaiting([]);
    gathered.current.clear();
  }, [keyText]);

  const showNew = useCallback(() => {
    setWaiting((rows) => {
      if (rows.length > 0) queueMicrotask(() => latestAdd.current(rows));
      return [];
    });
  }, []);
  const latestAdd = useRef(add);
  latestAdd.current = add;

  return {
    ...query,
    error: query.error ?? head.error,
    loadNext: () => void loadNextPage(queries, key, query.fetchNextPage),
    rows: query.data?.pages.flatMap((page) => page.items) ?? [],
    /** how many new rows wait until the reader wants them */
    waiting: waiting.length,
    showNew,
  };
}
