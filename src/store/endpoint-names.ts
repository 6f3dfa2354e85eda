/** Names of endpoints for lists of what concerns them, deleted ones included. */
import type { Queryable } from './pool.ts';

export type EndpointNames = { url: string; description: string | null; deletedAt: Date | null };

/** @returns the names by id; an id that never was an endpoint's is left out */
export async function findEndpointNames(
  db: Queryable,
  ids: readonly (string | null)[],
): Promise<Map<string | null, EndpointNames>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const { rows } = await db.query<{ id: string } & EndpointNames>(
    `select id, masked_url as url, description, deleted_at as "deletedAt" from endpoints where id = any($1)`,
    [wanted],
  );
  return new Map(rows.map(({ id, ...names }) => [id, names]));
}
