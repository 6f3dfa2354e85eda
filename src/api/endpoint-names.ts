/** Names of the endpoints that entries of a list concern: an endpoint that was deleted can still be told by its name. */
import { z } from 'zod';
import { findEndpointNames } from '../store/endpoint-names.ts';
import type { ApiDeps } from './deps.ts';

export const endpointNames = z
  .object({
    url: z.string().describe('With the values of its query masked.'),
    description: z.string().nullable(),
    deleted_at: z.string().nullable(),
  })
  .nullable()
  .describe('What the endpoint is known by. Null: it concerns no endpoint.');

type Page<Item> = { items: Item[]; next_cursor: string | null };

/** The page, with the endpoint of each item. @param idOf the id of the endpoint that it concerns */
export async function withEndpoints<Item>(
  { db }: Pick<ApiDeps, 'db'>,
  { items, next_cursor }: Page<Item>,
  idOf: (item: Item) => string | null,
): Promise<Page<Item & { endpoint: z.infer<typeof endpointNames> }>> {
  const names = await findEndpointNames(db, items.map(idOf));
  return {
    items: items.map((item) => {
      const found = names.get(idOf(item));
      const endpoint =
        found === undefined
          ? null
          : {
              url: found.url,
              description: found.description,
              deleted_at: found.deletedAt?.toISOString() ?? null,
            };
      return { ...item, endpoint };
    }),
    next_cursor,
  };
}
