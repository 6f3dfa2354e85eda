/** Cancels the deliveries of a selection, page by page. */
import type { Operation } from '../domain/operation.ts';
import { cancelDeliveries } from './deliveries.ts';
import { PLAN_FREELY, type Queryable, WALK_IN_ORDER } from './pool.ts';
import type { Page } from './redelivery.ts';
import { partsOf, selectedBy, walkDeliveries } from './redelivery-selection.ts';

/**
 * Cancels the next deliveries of an operation, in the transaction that moves its cursor. An attempt in flight is still recorded, and its
 * success counts.
 */
export async function cancelPage(
  client: Queryable,
  operation: Operation & { cursor: string },
  limit: number,
): Promise<Page> {
  const [number = '0', after = ''] = operation.cursor.split(' ');
  const parts = partsOf(selectedBy(operation));
  const part = parts[Number(number)];
  if (part === undefined) return { cursor: null, count: 0 };
  await client.query(WALK_IN_ORDER);
  const { rows, next } = await walkDeliveries<{ id: string }>(client, part, after, {
    columns: 'd.id',
    limit,
  });
  await client.query(PLAN_FREELY);
  const cancelled = await cancelDeliveries(
    client,
    rows.map(({ id }) => id),
  );
  const isLast = next === null && Number(number) + 1 >= parts.length;
  const cursor = next === null ? `${Number(number) + 1} ` : `${number} ${next}`;
  return { cursor: isLast ? null : cursor, count: cancelled.length };
}
