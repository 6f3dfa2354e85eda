/** Finds rows whose data makes a statement fail and deals with each by itself, so that the other rows go on without them. */
import type { DeliveryStatus } from '../domain/delivery.ts';
import { newId } from '../domain/ids.ts';
import { releaseNext } from './backlog.ts';
import { isDataError } from './data-error.ts';
import { ENDED_LIST, NO_CLAIM } from './delivery-states.ts';
import { type Db, unlessLocked } from './pool.ts';

/**
 * Does `work` for all items at once. If the data of some makes it fail, they are found by bisection: the others are done without them,
 * and `deal` is called for each of them.
 * @throws any error of `work` that is no data error, and any error of `deal`
 */
export async function isolateFailures<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<Result[]>,
  deal: (item: Item, error: unknown) => Promise<Result[]>,
): Promise<Result[]> {
  const [first] = items;
  if (first === undefined) return [];
  try {
    return await work(items);
  } catch (error) {
    if (!isDataError(error)) throw error;
    if (items.length === 1) return deal(first, error);
    const half = Math.ceil(items.length / 2);
    const one = await isolateFailures(items.slice(0, half), work, deal);
    return [...one, ...(await isolateFailures(items.slice(half), work, deal))];
  }
}

/**
 * Fails a delivery whose row makes statements fail, and resets the values that they compute with, so that it can be retried by hand.
 * The operator and the tenant's contacts are notified. At an ordered endpoint the next delivery is released, as at every end; if the
 * endpoint is locked just then, the reconciler does that.
 * @returns the status that the delivery has now; `undefined`: there is no such delivery
 */
export async function failBroken(db: Db, deliveryId: string): Promise<DeliveryStatus | undefined> {
  const { rows } = await db.query<{ status: DeliveryStatus; endpointId: string; isOrdered: boolean | null }>(
    `with failed as (
       update deliveries d set
         status = case when ended_status in ${ENDED_LIST} then ended_status else 'failed' end,
         ended_status = case when ended_status in ${ENDED_LIST} then ended_status else 'failed' end,
         ended_at = now(), last_error = 'unsendable', held_reason = null, next_attempt_at = null, slots_used = 0,
         attempt_count = coalesce((select max(number) from attempts a where a.delivery_id = d.id and number between 1 and 1000000), 0),
         ${NO_CLAIM}
       where id = $1 returning *
     ), said as (
       insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
       select $2, 'delivery.unsendable', f.tenant_id, f.endpoint_id, 'delivery.unsendable ' || f.id,
         json_build_object('delivery_id', f.id, 'event_id', f.event_id, 'event_type', f.event_type,
           'endpoint_id', f.endpoint_id, 'reason', 'unsendable'),
         now()
       from failed f on conflict do nothing
     )
     select f.status, f.endpoint_id as "endpointId", e.ordered as "isOrdered"
     from failed f left join endpoints e on e.id = f.endpoint_id`,
    [deliveryId, newId('operationalEvent')],
  );
  const [failed] = rows;
  if (failed?.isOrdered) await unlessLocked(db, (client) => releaseNext(client, failed.endpointId));
  return failed?.status;
}
