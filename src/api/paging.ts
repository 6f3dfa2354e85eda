/** Opaque cursors: where the next page begins, in a form that nobody is tempted to make up. */
import { z } from 'zod';

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
    .regex(/^[A-Za-z0-9_-]{1,200}$/, NOT_OURS)
    .transform((cursor) => Buffer.from(cursor, 'base64url').toString())
    .refine((key) => /^[\x21-\x7e]+$/.test(key), NOT_OURS)
    .optional()
    .describe('`next_cursor` of the page before.'),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/**
 * A page of at most `limit` items out of `rows`, of which one more than `limit` was asked for.
 * @param keyOf what the list is sorted by, descending
 */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => string,
  present: (row: Row) => Item,
): { items: Item[]; next_cursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: items.map(present),
    next_cursor: hasMore ? Buffer.from(keyOf(last)).toString('base64url') : null,
  };
}
