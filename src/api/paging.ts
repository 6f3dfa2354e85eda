/** Paging by opaque cursors: a cursor is the encoded key after which the next page begins. */
import { z } from 'zod';
import type { WalkedPage } from '../store/delivery-list.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const NOT_OURS = 'must be the next_cursor of an earlier page';

export const pageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .describe(`How many items, 1–${MAX_LIMIT}.`),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/, NOT_OURS)
    .transform((cursor) => Buffer.from(cursor, 'base64url').toString())
    .refine((key) => /^[\x21-\x7e]+$/.test(key), NOT_OURS)
    .optional()
    .describe('`next_cursor` of the page before.'),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/**
 * The page that a query asks for.
 * @param list reads up to `limit` rows that follow the key `before` (null: the first ones); a list that stops early says how far it looked
 * @param keyOf what the list is sorted by, descending
 */
export async function readPage<Row extends { id: string }, Item>(
  { cursor, limit }: z.infer<typeof pageQuery>,
  list: (page: { before: string | null; limit: number }) => Promise<Row[] | WalkedPage<Row>>,
  present: (row: Row) => Item,
  keyOf: (row: Row) => string = ({ id }) => id,
): Promise<{ items: Item[]; next_cursor: string | null }> {
  // One row more than is shown tells whether there is a next page.
  const listed = await list({ before: cursor ?? null, limit: limit + 1 });
  const { rows, walkedTo } = Array.isArray(listed) ? { rows: listed, walkedTo: null } : listed;
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last !== undefined ? keyOf(last) : walkedTo;
  return {
    items: items.map(present),
    next_cursor: next === null ? null : Buffer.from(next).toString('base64url'),
  };
}
