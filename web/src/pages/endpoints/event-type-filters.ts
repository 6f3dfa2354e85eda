/** Filters of event types: exact names, and prefixes like `student.*`. */

type Chosen = readonly string[] | null;

const FEWEST_IN_GROUP = 2;

/** The types by the part of their name before the first dot, in their order; those that share it with none stand alone. */
export function groupsOf<Type extends { name: string }>(
  types: readonly Type[],
): { prefix: string | null; types: Type[] }[] {
  const groups = new Map<string, Type[]>();
  for (const type of types) {
    const prefix = type.name.includes('.') ? `${type.name.split('.')[0]}.*` : type.name;
    groups.set(prefix, [...(groups.get(prefix) ?? []), type]);
  }
  return [...groups].map(([prefix, members]) => ({
    prefix: members.length >= FEWEST_IN_GROUP ? prefix : null,
    types: members,
  }));
}

/** Whether single types or a prefix among the chosen ones include the type. While all are, none is chosen singly. */
export const isIncluded = (chosen: Chosen, name: string): boolean =>
  (chosen ?? []).some(
    (filter) => filter === name || (filter.endsWith('.*') && name.startsWith(filter.slice(0, -1))),
  );

/** With one more, or one less. A prefix takes the place of the single types that it includes. */
export function toggled(chosen: Chosen, filter: string, isChosen: boolean): readonly string[] {
  const others = (chosen ?? []).filter((each) => each !== filter);
  if (!isChosen) return others;
  return [...others.filter((each) => !isIncluded([filter], each)), filter];
}
