/** The filters of the page, read from its address and written to it. */
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useTexts } from '../../texts/index.ts';
import { type DeliveryFilter, FILTER_NAMES, type FilterName, filterOf } from './filters.ts';

export type Filters = {
  filter: DeliveryFilter;
  /** of the address, as they stand there */
  search: URLSearchParams;
  /** how many are set */
  count: number;
  /** Sets some, and takes away those that are empty. */
  set(values: Partial<Record<FilterName | 'q', string>>): void;
  clear(): void;
};

export function useFilters(): Filters {
  const { common, deliveries } = useTexts();
  const [search, setSearch] = useSearchParams();
  const key = FILTER_NAMES.map((name) => `${name}=${search.get(name) ?? ''}`).join('&');
  // A range begins where it began when it was chosen: a list whose filter moved with each render would never be loaded.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is what of the address counts
  const filter = useMemo(
    () => filterOf(search, Object.keys(common.status), Object.keys(deliveries.errors), Date.now()),
    [key, common, deliveries],
  );
  const write = (change: (next: URLSearchParams) => void) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        change(next);
        return next;
      },
      { replace: true },
    );
  return {
    filter,
    search,
    count: FILTER_NAMES.filter((name) => search.get(name)).length,
    set: (values) =>
      write((next) => {
        for (const [name, value] of Object.entries(values)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
      }),
    clear: () =>
      write((next) => {
        for (const name of FILTER_NAMES) next.delete(name);
      }),
  };
}
