/** Which of many endpoints want a type: its names are looked up, since going through all filters for each event takes long. */
import { filtersThatWant } from '../domain/event.ts';

type Subscriber = { eventTypes: readonly string[] | null };

type Index = { ofAll: Subscriber[]; byFilter: Map<string, Subscriber[]> };

const indexes = new WeakMap<readonly Subscriber[], Index>();

/** @param all the same array for each type: it is indexed once */
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
