/** Redelivery: sends the deliveries of a selection again, page by page, for recover, replay and bulk retry. */
import { idTimeMs, newId } from '../domain/ids.ts';
import type { Operation } from '../domain/operation.ts';
import { releaseNext } from './backlog.ts';
import { NO_WORKFLOW, offeredBefore } from './delivery-states.ts';
import { releaseStalled } from './endpoint-effects.ts';
import { lockEndpoints } from './endpoint-locks.ts';
import { wakeDispatchers } from './leases.ts';
import { type Queryable, WALK_IN_ORDER } from './pool.ts';
import { selectedBy, walkDeliveries, walkMissing } from './redelivery-selection.ts';

// The two phases of a cursor: first the existing deliveries, then the events without a delivery.
const DELIVERIES = 'd';
const EVENTS = 'e';

/** Most bodies that a page holds in memory: each may have 256 KiB. */
const MAX_BODIES = 50;

export type BodyOf = (eventBody: Buffer, deliveryId: string) => Buffer | null;

export type Page = {
  /** the cursor of the next page; `null`: this was the last page */
  cursor: string | null;
  /** how many deliveries were taken; 0 if none of the page's rows matches */
  count: number;
};

/**
 * Makes the next deliveries of an operation pending again, and creates those that never existed. It runs in the transaction that moves
 * the operation's cursor, so that a crash makes no delivery go out twice.
 * @param bodyOf makes the body of a new delivery, where it carries the delivery's own id; `null`: the event's body is sent
 */
export async function redeliverPage(
  client: Queryable,
  operation: Operation & { cursor: string },
  limit: number,
  bodyOf: BodyOf | null,
): Promise<Page> {
  const [phase = DELIVERIES, after = ''] = operation.cursor === '' ? [] : operation.cursor.split(' ');
  await client.query(WALK_IN_ORDER);
  if (operation.endpointId !== null) await lockEndpoints(client, [operation.endpointId]);
  const page =
    phase === DELIVERIES
      ? await reopenPage(client, operation, after, limit)
      : await makePage(client, operation, after, limit, bodyOf);
  await wakeDispatchers(client);
  if (page.next !== null) return { cursor: `${phase} ${page.next}`, count: page.count };
  const goesOn = phase === DELIVERIES && operation.selection.missing;
  return { cursor: goesOn ? `${EVENTS} ` : null, count: page.count };
}

type Taken = { count: number; next: string | null };

async function reopenPage(
  client: Queryable,
  operation: Operation,
  after: string,
  limit: number,
): Promise<Taken> {
  const { rows, next } = await walkDeliveries<{
    id: string;
    endpointId: string;
    ordered: boolean;
    stalled: boolean;
  }>(client, selectedBy(operation), after, {
    columns: 'd.id, d.endpoint_id as "endpointId", p.ordered, p.stalled_at is not null as stalled',
    limit,
  });
  if (rows.length === 0) return { count: 0, next };
  const endpointIds = [...new Set(rows.map((row) => row.endpointId))];
  await lockEndpoints(client, endpointIds);
  const ids = rows.map((row) => row.id);
  // A delivery that began to be sent since it was read stays as it is, and is not counted.
  const { rowCount } = await client.query(
    `with reopened as (
       update deliveries d set
         status = case when p.ordered then 'held' else 'pending' end,
         held_reason = case when p.ordered then 'ordered' end,
         turn = case when p.ordered then coalesce(d.turn, nextval('delivery_turns')) end,
         slots_used = case when d.ended_status is null then d.slots_used else 0 end,
         ended_status = null, ended_at = null, told_at = null, notice_id = null,
         next_attempt_at = null, next_trigger = 'recovery', leased_until = null, ${NO_WORKFLOW}, ${offeredBefore('operation')}
       from endpoints p
       where d.id = any($1) and d.status = any($3) and d.claim_number is null and p.id = d.endpoint_id
       returning d.id
     )
     insert into operation_deliveries (operation_id, delivery_id) select $2, id from reopened on conflict do nothing`,
    [ids, operation.id, operation.selection.statuses],
  );
  for (const endpointId of endpointIds) {
    const row = rows.find((each) => each.endpointId === endpointId);
    // A person who asks for a redelivery says that the endpoint works.
    if (row?.stalled) await releaseStalled(client, endpointId);
    if (row?.ordered) await releaseNext(client, endpointId);
  }
  return { count: rowCount ?? 0, next };
}

async function makePage(
  client: Queryable,
  operation: Operation,
  after: string,
  limit: number,
  bodyOf: BodyOf | null,
): Promise<Taken> {
  const { rows, next } = await walkMissing<{ id: string; type: string; body: Buffer; ordered: boolean }>(
    client,
    selectedBy(operation),
    after,
    bodyOf === null
      ? { columns: 'e.id, e.type, p.ordered', limit }
      : { columns: 'e.id, e.type, e.body, p.ordered', limit: Math.min(limit, MAX_BODIES) },
  );
  if (rows.length === 0) return { count: 0, next };
  const made = rows.map((row) => ({ ...row, deliveryId: newId('delivery') }));
  await client.query(
    `with made as (
       insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, status, held_reason,
         next_trigger, leased_by, created_at, turn)
       select r.id, $1, r.event_id, $2, r.event_type, false, r.body,
         case when $3 then 'held' else 'pending' end, case when $3 then 'ordered' end, 'recovery', 'operation', r.created_at,
         case when $3 then nextval('delivery_turns') end
       from (select * from unnest($5::text[], $6::text[], $7::text[], $8::bytea[], $9::timestamptz[]) with ordinality
         as r (id, event_id, event_type, body, created_at, position) order by position) r
       returning id
     )
     insert into operation_deliveries (operation_id, delivery_id) select $4, id from made`,
    [
      operation.tenantId,
      operation.endpointId,
      rows[0]?.ordered ?? false,
      operation.id,
      made.map((row) => row.deliveryId),
      made.map((row) => row.id),
      made.map((row) => row.type),
      made.map((row) => bodyOf?.(row.body, row.deliveryId) ?? null),
      made.map((row) => new Date(idTimeMs(row.deliveryId))),
    ],
  );
  if (rows[0]?.ordered && operation.endpointId !== null) await releaseNext(client, operation.endpointId);
  return { count: made.length, next };
}
