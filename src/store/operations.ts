/** Operations: their rows and their progress. */

import { newId } from '../domain/ids.ts';
import type { Operation, OperationStatus, Selection } from '../domain/operation.ts';
import { ENDED } from './delivery-states.ts';
import { type Db, type Queryable, WALK_IN_ORDER } from './pool.ts';

/** The cursor after the last page: the operation then only waits until its deliveries have ended. */
export const WATCHING = 'watching';

// The driver returns `params` as text; it is checked where it is used.
const COLUMNS = `id, kind, tenant_id as "tenantId", endpoint_id as "endpointId", params as selection,
  least(greatest(per_second, 0.1), 1000) as "perSecond", status, matched, taken, at_least as "atLeast", done, failed,
  started_at as "startedAt", finished_at as "finishedAt", cursor`;

/** `selection`: JSON text; `taken`: deliveries set going, or cancelled */
type OperationRow = Omit<Operation, 'selection' | 'open' | 'skipped'> & {
  selection: string;
  taken: number;
  cursor: string;
};

/**
 * The numbers add up because two of them are what the others leave. More than were counted may be taken: those that begin to match between
 * the count and the first page.
 */
function operationFrom({ selection, taken, ...row }: OperationRow): Operation & { cursor: string } {
  const reached = Math.max(taken, row.done + row.failed);
  const matched = Math.max(row.matched, reached);
  const looksForMore = row.status === 'running' && row.cursor !== WATCHING;
  const skipped = looksForMore ? 0 : matched - reached;
  const open = matched - row.done - row.failed - skipped;
  return { ...row, selection: selectionIn(selection), matched, open, skipped };
}

/**
 * A selection as it is stored. One that matches more than a version before this knew is stored in a form that such a version cannot carry
 * out: it would send what was to be cancelled, or more than was asked for.
 */
function stored(selection: Selection): string {
  if (selection.eventIds !== undefined) return JSON.stringify({ named: selection });
  return JSON.stringify(selection.matching === undefined ? selection : { selection });
}

function selectionIn(json: string): Selection {
  const value = JSON.parse(json);
  return value?.named ?? value?.selection ?? value;
}

export type NewOperation = Pick<
  Operation,
  'kind' | 'tenantId' | 'endpointId' | 'selection' | 'perSecond' | 'matched' | 'atLeast'
> & {
  /** as of when the deliveries were counted: what comes to match later is not covered. Absent: now */
  startedAt?: Date;
};

export async function insertOperation(db: Queryable, operation: NewOperation): Promise<Operation> {
  const { rows } = await db.query<OperationRow>(
    `insert into operations (id, kind, tenant_id, endpoint_id, params, per_second, status, matched, at_least, started_at)
     values ($1, $2, $3, $4, $5, $6, 'running', $7, $8, coalesce($9, now())) returning ${COLUMNS}`,
    [
      newId('operation'),
      operation.kind,
      operation.tenantId,
      operation.endpointId,
      stored(operation.selection),
      operation.perSecond,
      operation.matched,
      operation.atLeast,
      operation.startedAt ?? null,
    ],
  );
  return operationFrom(rows[0] as OperationRow);
}

/** Deliveries of an operation whose status is read when its progress is asked for. */
const LOOKED_AT = 1_000;

/** Finds an operation. Its progress is current while it is small; that of a large one is as of the last tally. */
export async function findOperation(db: Queryable, id: string): Promise<Operation | null> {
  // One statement, so that no tally comes between what is counted and what is not.
  const { rows } = await db.query<OperationRow & { doneSince: number; failedSince: number }>(
    `select ${COLUMNS}, done_since as "doneSince", failed_since as "failedSince" from operations cross join lateral (
       select count(*) filter (where d.status = 'succeeded') as done_since,
         count(*) filter (where d.status in ('failed', 'cancelled')) as failed_since
       from (select delivery_id from operation_deliveries where operation_id = $1 and ended is null
         order by delivery_id limit ${LOOKED_AT}) o join deliveries d on d.id = o.delivery_id) since
     where id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { doneSince, failedSince, ...counted } = row;
  return operationFrom({ ...counted, done: row.done + doneSince, failed: row.failed + failedSince });
}

/**
 * Counts the tenant's running operations under the tenant's lock, so that two concurrent requests cannot both be the last one allowed.
 * An erasure does not count: it is always allowed.
 */
export async function countRunningOperations(client: Queryable, tenantId: string): Promise<number> {
  await client.query('select 1 from tenants where id = $1 for no key update', [tenantId]);
  const { rows } = await client.query<{ n: number }>(
    `select count(*) as n from operations where tenant_id = $1 and status = 'running' and kind <> 'erase'`,
    [tenantId],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Locks the operation.
 * @returns it with the `cursor` of its next page; `null` when it has ended, and so has all that it had set going
 */
export async function lockOperation(
  client: Queryable,
  id: string,
): Promise<(Operation & { cursor: string }) | null> {
  const { rows } = await client.query<OperationRow>(
    `select ${COLUMNS} from operations where id = $1 and (status = 'running'
       or exists (select 1 from operation_deliveries where operation_id = $1 and ended is null)) for update`,
    [id],
  );
  const [row] = rows;
  return row === undefined ? null : operationFrom(row);
}

/** Moves the cursor in the page's own transaction. @param page.done payloads erased or deliveries cancelled: these need no tally */
export async function moveCursor(
  client: Queryable,
  id: string,
  cursor: string,
  page: { taken?: number; done?: number },
): Promise<void> {
  await client.query(
    'update operations set cursor = $2, taken = taken + $3, done = done + $4 where id = $1',
    [id, cursor, page.taken ?? 0, page.done ?? 0],
  );
}

/** Sets `matched` after the last page, where the deliveries were too many to be counted before. */
export async function settleMatched(client: Queryable, id: string): Promise<void> {
  await client.query(
    `update operations set matched = greatest(taken, case when kind in ('erase', 'bulk_cancel') then done else 0 end), at_least = false
     where id = $1 and at_least`,
    [id],
  );
}

/** Deliveries that one tally reads. */
const TALLIED = 5_000;

export type Tally = {
  /** whether some of its deliveries have not ended */
  isOpen: boolean;
  /** whether the next tally goes on where this one stopped; otherwise it begins anew */
  goesOn: boolean;
};

/** Counts the deliveries of an operation that have ended since the last tally, a page at a time. */
export async function tally(client: Queryable, id: string, page: number = TALLIED): Promise<Tally> {
  await client.query(WALK_IN_ORDER);
  const { rows } = await client.query<{ goesOn: boolean }>(
    `with looked_at as materialized (
       select o.delivery_id, d.status from (
         select delivery_id from operation_deliveries where operation_id = $1 and ended is null
           and delivery_id > (select tallied_to from operations where id = $1)
         order by delivery_id limit $2
       ) o join deliveries d on d.id = o.delivery_id
     ), counted as (
       update operation_deliveries o set ended = case l.status when 'succeeded' then 'done' else 'failed' end
       from looked_at l
       where o.operation_id = $1 and o.delivery_id = l.delivery_id and o.ended is null and l.${ENDED}
       returning o.ended
     )
     update operations set
       done = done + (select count(*) from counted where ended = 'done'),
       failed = failed + (select count(*) from counted where ended = 'failed'),
       tallied_to = case when (select count(*) from looked_at) = $2 then (select max(delivery_id) from looked_at) else '' end
     where id = $1
     returning tallied_to <> '' as "goesOn"`,
    [id, page],
  );
  const open = await client.query(
    'select 1 from operation_deliveries where operation_id = $1 and ended is null limit 1',
    [id],
  );
  return { isOpen: open.rowCount !== 0, goesOn: rows[0]?.goesOn ?? false };
}

/** @returns whether it was running */
export async function finishOperation(
  db: Queryable,
  id: string,
  status: Exclude<OperationStatus, 'running'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update operations set status = $2, finished_at = now() where id = $1 and status = 'running'`,
    [id, status],
  );
  return rowCount === 1;
}

/** Fails an operation that cannot be carried out, and reports that to the operator. @returns whether it was running */
export async function failOperation(db: Queryable, id: string): Promise<boolean> {
  const { rows } = await db.query<{ failed: number }>(
    `with failed as (
       update operations set status = 'failed', finished_at = now() where id = $1 and status = 'running' returning *
     ), told as (
       insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
       select $2, 'operation.failed', tenant_id, endpoint_id, 'operation.failed ' || id,
         json_build_object('operation_id', id, 'kind', kind, 'endpoint_id', endpoint_id), now()
       from failed on conflict do nothing
     )
     select count(*) as failed from failed`,
    [id, newId('operationalEvent')],
  );
  return rows[0]?.failed === 1;
}

/**
 * The ids of operations that began 5 s ago or earlier and run, or had begun what has not ended, for the reconciler, which restarts a
 * workflow that is gone.
 */
export async function listUnfinishedOperations(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    // The index of what is open is read once for each operation in it, not once for each delivery.
    `with recursive open (id) as (
       (select operation_id from operation_deliveries where ended is null order by operation_id limit 1)
       union all
       select (select operation_id from operation_deliveries where ended is null and operation_id > open.id
         order by operation_id limit 1) from open where open.id is not null
     )
     select id from operations where status = 'running' and started_at < now() - interval '5 seconds'
     union
     select o.id from open join operations o on o.id = open.id where o.started_at < now() - interval '5 seconds'
     order by id`,
  );
  return rows.map((row) => row.id);
}
