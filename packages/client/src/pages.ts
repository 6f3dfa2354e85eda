/** Lists of the API come in pages; this walks them to the end. */
import { dataOf } from './data.ts';

type Page<Item> = { items: Item[]; next_cursor: string | null };

/**
 * Gives the items of a list one by one, and asks for the next page when it is needed:
 * `for await (const tenant of itemsOf((cursor) => client.GET('/v1/tenants', { params: { query: { cursor } } })))`.
 * @param ask asks for one page. @throws TidingsError, from the iteration
 */
export async function* itemsOf<Item>(
  ask: (cursor: string | undefined) => Promise<{ data?: Page<Item> }>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await dataOf(ask(cursor));
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
