/**
 * Subscriptions: an index by filter, which finds the endpoints that want a type without going through all filters for each event,
 * and the same rule in SQL.
 */
import { filtersThatWant } from '../domain/event.ts';

type Subscriber = { eventTypes: readonly string[] | null };

type Index = { ofAll: Subscriber[]; byFilter: Map<string, Subscriber[]> };

const indexes = new WeakMap<readonly Subscriber[], Index>();

/** @param all the subscribers; an array is indexed once, so pass the same one for each type */
export function subscribersOf<Of extends Subscriber>(all: readonly Of[], type: string): Set<Of> {
  const index = indexes.get(all) ?? indexOf(all);
  indexes.set(all, index);
  const wanting = filtersThatWant(type).flatMap((filter) => index.byFilter.get(filter) ?? []);
  return new Set([...index.ofAll, ...wanting] as Of[]);
}

function indexOf(all: readonly Subscriber[]): Index {
  const byFilter = new Map<string, Subscriber[]>();
  for (const subscriber of all) {
    for (const filter of subscriber.eventTypes ?? []) {
      const same = byFilter.get(filter);
      if (same === undefined) byFilter.set(filter, [subscriber]);
      else same.push(subscriber);
    }
  }
  return { ofAll: all.filter(({ eventTypes }) => eventTypes === null), byFilter };
}

/**
 * SQL condition that filters want a type, as `isSubscribed` says.
 * @param type SQL expression of a type
 * @param filters SQL expression of a text array; null wants everything
 */
export const wantsType = (type: string, filters: string) =>
  `(${filters}::text[] is null or ${type} = any(${filters}) or exists (
     select 1 from unnest(${filters}) f where f like '%.*' and starts_with(${type}, left(f, -1))))`;
