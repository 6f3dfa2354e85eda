/** Operations: their rows and their progress. */

import { newId } from '../domain/ids.ts';
import type { Operation, OperationStatus, Selection } from '../domain/operation.ts';
import { ENDED } from './delivery-states.ts';
import { type Db, type Queryable, WALK_IN_ORDER } from './pool.ts';

// The driver returns `params` as text; it is checked where it is used.
const COLUMNS = `id, kind, tenant_id as "tenantId", endpoint_id as "endpointId", params as selection,
  least(greatest(per_second, 0.1), 1000) as "perSecond", status,
  case when at_least then greatest(matched, taken) else matched end as matched,
  at_least as "atLeast", done, failed, started_at as "startedAt", finished_at as "finishedAt"`;

/** `selection`: JSON text */
type OperationRow = Omit<Operation, 'selection'> & { selection: string };

const operationFrom = ({ selection, ...row }: OperationRow): Operation => ({
  ...row,
  selection: selectionIn(selection),
});

/**
 * A selection as it is stored. One that matches more than a version before this knew is stored in a form that such a version cannot carry
 * out: it would send what was to be cancelled, or more than was asked for.
 */
const stored = (selection: Selection): string =>
  JSON.stringify(selection.matching === undefined ? selection : { selection });

function selectionIn(json: string): Selection {
  const value = JSON.parse(json);
  return value?.selection ?? value;
}

export type NewOperation = Pick<
  Operation,
  'kind' | 'tenantId' | 'endpointId' | 'selection' | 'perSecond' | 'matched' | 'atLeast'
>;

export async function insertOperation(db: Queryable, operation: NewOperation): Promise<Operation> {
  const { rows } = await db.query<OperationRow>(
    `insert into operations (id, kind, tenant_id, endpoint_id, params, per_second, status, matched, at_least, started_at)
     values ($1, $2, $3, $4, $5, $6, 'running', $7, $8, now()) returning ${COLUMNS}`,
    [
      newId('operation'),
      operation.kind,
      operation.tenantId,
      operation.endpointId,
      stored(operation.selection),
      operation.perSecond,
      operation.matched,
      operation.atLeast,
    ],
  );
  return operationFrom(rows[0] as OperationRow);
}

/** Deliveries of a running operation whose status is read when its progress is asked for. */
const LOOKED_AT = 1_000;

/** Finds an operation. Its progress is current while it is small; that of a large one is as of the last tally. */
export async function findOperation(db: Queryable, id: string): Promise<Operation | null> {
  const { rows } = await db.query<OperationRow>(`select ${COLUMNS} from operations where id = $1`, [id]);
  const [row] = rows;
  if (row === undefined) return null;
  const operation = operationFrom(row);
  if (operation.status !== 'running' || operation.kind === 'erase') return operation;
  const { rows: counts } = await db.query<{ done: number; failed: number }>(
    `select count(*) filter (where d.status = 'succeeded') as done,
       count(*) filter (where d.status in ('failed', 'cancelled')) as failed
     from (select delivery_id from operation_deliveries where operation_id = $1 and ended is null
       order by delivery_id limit ${LOOKED_AT}) o join deliveries d on d.id = o.delivery_id`,
    [id],
  );
  const { done = 0, failed = 0 } = counts[0] ?? {};
  return { ...operation, done: operation.done + done, failed: operation.failed + failed };
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

/** Locks the operation. @returns it with the `cursor` of its next page; `null` when it does not run any more */
export async function lockRunningOperation(
  client: Queryable,
  id: string,
): Promise<(Operation & { cursor: string }) | null> {
  const { rows } = await client.query<OperationRow & { cursor: string }>(
    `select ${COLUMNS}, cursor from operations where id = $1 and status = 'running' for update`,
    [id],
  );
  const [row] = rows;
  return row === undefined ? null : { ...operationFrom(row), cursor: row.cursor };
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

/** Fails an operation that cannot be carried out, and reports that to the operator. */
export async function failOperation(db: Queryable, id: string): Promise<void> {
  await db.query(
    `with failed as (
       update operations set status = 'failed', finished_at = now() where id = $1 and status = 'running' returning *
     )
     insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
     select $2, 'operation.failed', tenant_id, endpoint_id, 'operation.failed ' || id,
       json_build_object('operation_id', id, 'kind', kind, 'endpoint_id', endpoint_id), now()
     from failed on conflict do nothing`,
    [id, newId('operationalEvent')],
  );
}

/** The ids of operations that have run for 5 s or longer, for the reconciler, which restarts a workflow that is gone. */
export async function listRunningOperations(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from operations where status = 'running' and started_at < now() - interval '5 seconds' order by id`,
  );
  return rows.map((row) => row.id);
}
