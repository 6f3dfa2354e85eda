/** Which deliveries a selection means, and how they are set going again: the pages of recover, replay and bulk retry. */
import { firstIdAt, newId } from '../domain/ids.ts';
import type { Operation, Selection } from '../domain/operation.ts';
import { wakeDispatchers } from './dispatch.ts';
import { releaseStalled } from './effects.ts';
import { lockEndpoints } from './locks.ts';
import type { Queryable } from './pool.ts';
import { releaseNext } from './waiting.ts';

type Selected = Pick<Operation, 'tenantId' | 'endpointId'> & { selection: Selection };

// A page is first taken from the deliveries that there are, then from the events that have none.
const DELIVERIES = 'd';
const EVENTS = 'e';

const MATCHES_TYPE = (type: string, filters: string) =>
  `(${filters}::text[] is null or ${type} = any(${filters}) or exists (
     select 1 from unnest(${filters}) f where f like '%.*' and starts_with(${type}, left(f, -1))))`;

/** What is sent again must have somewhere to go. */
const EXISTING = `from deliveries d join endpoints p on p.id = d.endpoint_id
  join events e on e.tenant_id = d.tenant_id and e.id = d.event_id
  where d.tenant_id = $1 and ($2::text is null or d.endpoint_id = $2) and d.status = any($3) and not d.is_test
    and p.enabled and p.deleted_at is null and e.erased_at is null
    and ((($4::text is null or d.id >= $4) and ($5::text is null or d.id < $5))
      or (d.status = 'failed' and d.ended_at >= $6 and ($7::timestamptz is null or d.ended_at < $7)))
    and ${MATCHES_TYPE('d.event_type', '$8')} and ($9::text is null or d.last_error = $9)`;

const MISSING = `from events e join endpoints p on p.id = $2
  where e.tenant_id = $1 and not e.is_test and e.erased_at is null and p.enabled and p.deleted_at is null
    and ($3::text is null or e.sort_id >= $3) and ($4::text is null or e.sort_id < $4)
    and ${MATCHES_TYPE('e.type', '$5')} and ${MATCHES_TYPE('e.type', 'p.event_types')}
    and not exists (select 1 from deliveries d
      where d.tenant_id = e.tenant_id and d.event_id = e.id and d.endpoint_id = p.id and not d.is_test)`;

const at = (kind: 'delivery' | 'event', time: string | null) =>
  time === null ? null : firstIdAt(kind, Date.parse(time));

const existingValues = ({ tenantId, endpointId, selection: s }: Selected): unknown[] => [
  tenantId,
  endpointId,
  s.statuses,
  at('delivery', s.since),
  at('delivery', s.until),
  s.since,
  s.until,
  s.eventTypes,
  s.errorCode,
];

const missingValues = ({ tenantId, endpointId, selection: s }: Selected): unknown[] => [
  tenantId,
  endpointId,
  at('event', s.since),
  at('event', s.until),
  s.eventTypes,
];

/** How many deliveries a selection means now, those that have yet to be made included. */
export async function countSelected(db: Queryable, selected: Selected): Promise<number> {
  const existing = await db.query<{ n: number }>(
    `select count(*) as n ${EXISTING}`,
    existingValues(selected),
  );
  if (!selected.selection.missing) return existing.rows[0]?.n ?? 0;
  const missing = await db.query<{ n: number }>(`select count(*) as n ${MISSING}`, missingValues(selected));
  return (existing.rows[0]?.n ?? 0) + (missing.rows[0]?.n ?? 0);
}

export type Page = {
  /** where the next one begins; `null`: this was the last */
  cursor: string | null;
  count: number;
};

/**
 * Sets the next deliveries of an operation going, those that never were made first being made. In the transaction that moves
 * the operation's cursor, so that each is set going once whatever crashes.
 * @param bodyOf the body of a delivery that is made now, where it carries the delivery's own id
 */
export async function setGoing(
  client: Queryable,
  operation: Operation & { cursor: string },
  limit: number,
  bodyOf: (eventBody: Buffer, deliveryId: string) => Buffer | null,
): Promise<Page> {
  const [phase = DELIVERIES, after = ''] = operation.cursor === '' ? [] : operation.cursor.split(' ');
  if (operation.endpointId !== null) await lockEndpoints(client, [operation.endpointId]);
  const page =
    phase === DELIVERIES
      ? await reopenPage(client, operation, after, limit)
      : await makePage(client, operation, after, limit, bodyOf);
  await wakeDispatchers(client);
  if (page.last !== null && page.ids.length === limit)
    return { cursor: `${phase} ${page.last}`, count: page.ids.length };
  const goesOn = phase === DELIVERIES && operation.selection.missing;
  return { cursor: goesOn ? `${EVENTS} ` : null, count: page.ids.length };
}

type Taken = { ids: string[]; last: string | null };

async function reopenPage(
  client: Queryable,
  operation: Operation,
  after: string,
  limit: number,
): Promise<Taken> {
  const { rows } = await client.query<{ id: string; endpointId: string; ordered: boolean; stalled: boolean }>(
    `select d.id, d.endpoint_id as "endpointId", p.ordered, p.stalled_at is not null as stalled
     ${EXISTING} and d.id > $10 order by d.id limit $11`,
    [...existingValues(operation), after, limit],
  );
  const endpointIds = [...new Set(rows.map((row) => row.endpointId))];
  await lockEndpoints(client, endpointIds);
  const ids = rows.map((row) => row.id);
  await client.query(
    `with reopened as (
       update deliveries d set
         status = case when p.ordered then 'held' else 'pending' end,
         held_reason = case when p.ordered then 'ordered' end,
         turn = case when p.ordered then coalesce(d.turn, nextval('delivery_turns')) end,
         slots_used = case when d.ended_status is null then d.slots_used else 0 end,
         ended_status = null, ended_at = null, told_at = null, notice_id = null,
         next_attempt_at = null, workflow_id = null, run_id = null, next_trigger = 'recovery',
         leased_until = null, leased_by = coalesce(d.leased_by, 'operation')
       from endpoints p
       where d.id = any($1) and d.status = any($3) and d.claim_number is null and p.id = d.endpoint_id
       returning d.id
     )
     insert into operation_deliveries (operation_id, delivery_id) select $2, id from reopened on conflict do nothing`,
    [ids, operation.id, operation.selection.statuses],
  );
  for (const endpointId of endpointIds) {
    const row = rows.find((each) => each.endpointId === endpointId);
    // Whoever asks for this says that the endpoint works.
    if (row?.stalled) await releaseStalled(client, endpointId);
    if (row?.ordered) await releaseNext(client, endpointId);
  }
  return { ids, last: ids.at(-1) ?? null };
}

async function makePage(
  client: Queryable,
  operation: Operation,
  after: string,
  limit: number,
  bodyOf: (eventBody: Buffer, deliveryId: string) => Buffer | null,
): Promise<Taken> {
  const { rows } = await client.query<{
    id: string;
    sortId: string;
    type: string;
    body: Buffer;
    ordered: boolean;
  }>(
    `select e.id, e.sort_id as "sortId", e.type, e.body, p.ordered
     ${MISSING} and e.sort_id > $6 order by e.sort_id limit $7`,
    [...missingValues(operation), after, limit],
  );
  const made = rows.map((row) => ({ ...row, deliveryId: newId('delivery') }));
  await client.query(
    `with made as (
       insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, status, held_reason,
         next_trigger, leased_by, created_at, turn)
       select r.id, $1, r.event_id, $2, r.event_type, false, r.body,
         case when $3 then 'held' else 'pending' end, case when $3 then 'ordered' end, 'recovery', 'operation', now(),
         case when $3 then nextval('delivery_turns') end
       from (select * from unnest($5::text[], $6::text[], $7::text[], $8::bytea[]) with ordinality
         as r (id, event_id, event_type, body, position) order by position) r
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
      made.map((row) => bodyOf(row.body, row.deliveryId)),
    ],
  );
  if (rows[0]?.ordered && operation.endpointId !== null) await releaseNext(client, operation.endpointId);
  return { ids: made.map((row) => row.deliveryId), last: rows.at(-1)?.sortId ?? null };
}
