/** Locks endpoints: before any other row of a transaction and always in one order, so that no two transactions deadlock. */
import type { Queryable } from './pool.ts';

/** Takes `no key update` locks, for which the foreign keys of an emit's deliveries need not wait. */
export async function lockEndpoints(client: Queryable, ids: string[]): Promise<void> {
  await client.query('select 1 from endpoints where id = any($1) order by id for no key update', [ids]);
}

/** Locks the endpoints that are free, and waits for none. @returns the ids of the endpoints that it has locked */
export async function lockFreeEndpoints(client: Queryable, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(
    'select id from endpoints where id = any($1) order by id for no key update skip locked',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
