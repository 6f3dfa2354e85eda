/** The one way to lock endpoints: first of all in a transaction, and in one order, so that none waits for another in a circle. */
import type { Queryable } from './pool.ts';

/** Not `for update`: an emit's foreign keys need not wait for the records of its endpoints. */
export async function lockEndpoints(client: Queryable, ids: string[]): Promise<void> {
  await client.query('select 1 from endpoints where id = any($1) order by id for no key update', [ids]);
}

/** Locks those that are free, and waits for none. @returns the ids of those that are locked now */
export async function lockFreeEndpoints(client: Queryable, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(
    'select id from endpoints where id = any($1) order by id for no key update skip locked',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
