/** Operations: their rows, their progress, and the pages in which they are carried out. */

import { newId } from '../domain/ids.ts';
import type { Operation, OperationStatus } from '../domain/operation.ts';
import type { Db, Queryable } from './pool.ts';

const COLUMNS = `id, kind, tenant_id as "tenantId", endpoint_id as "endpointId", params::jsonb as selection,
  per_second as "perSecond", status, matched, done, failed, started_at as "startedAt", finished_at as "finishedAt"`;

export type NewOperation = Pick<
  Operation,
  'kind' | 'tenantId' | 'endpointId' | 'selection' | 'perSecond' | 'matched'
>;

export async function insertOperation(db: Queryable, operation: NewOperation): Promise<Operation> {
  const { rows } = await db.query<Operation>(
    `insert into operations (id, kind, tenant_id, endpoint_id, params, per_second, status, matched, started_at)
     values ($1, $2, $3, $4, $5, $6, 'running', $7, now()) returning ${COLUMNS}`,
    [
      newId('operation'),
      operation.kind,
      operation.tenantId,
      operation.endpointId,
      JSON.stringify(operation.selection),
      operation.perSecond,
      operation.matched,
    ],
  );
  return rows[0] as Operation;
}

/** While it runs, with its progress as it is now. */
export async function findOperation(db: Queryable, id: string): Promise<Operation | null> {
  const { rows } = await db.query<Operation>(`select ${COLUMNS} from operations where id = $1`, [id]);
  const [operation] = rows;
  if (operation === undefined) return null;
  if (operation.status !== 'running' || operation.kind === 'erase') return operation;
  return { ...operation, ...(await countProgress(db, id)) };
}

/** The operation under its lock, and where its next page begins; `null` when it does not run any more. */
export async function lockRunningOperation(
  client: Queryable,
  id: string,
): Promise<(Operation & { cursor: string }) | null> {
  const { rows } = await client.query<Operation & { cursor: string }>(
    `select ${COLUMNS}, cursor from operations where id = $1 and status = 'running' for update`,
    [id],
  );
  return rows[0] ?? null;
}

/** The page is done when its transaction is. @param done how many more are done, for an operation that counts itself */
export async function moveCursor(client: Queryable, id: string, cursor: string, done = 0): Promise<void> {
  await client.query('update operations set cursor = $2, done = done + $3 where id = $1', [id, cursor, done]);
}

/** How far a running operation's deliveries have come. */
export async function countProgress(
  db: Queryable,
  id: string,
): Promise<{ done: number; failed: number; open: number }> {
  const { rows } = await db.query<{ done: number; failed: number; open: number }>(
    `select count(*) filter (where d.status = 'succeeded') as done,
       count(*) filter (where d.status in ('failed', 'cancelled')) as failed,
       count(*) filter (where d.status not in ('succeeded', 'failed', 'cancelled')) as open
     from operation_deliveries o join deliveries d on d.id = o.delivery_id where o.operation_id = $1`,
    [id],
  );
  return rows[0] ?? { done: 0, failed: 0, open: 0 };
}

/** @returns whether it was running until now */
export async function finishOperation(
  db: Queryable,
  id: string,
  status: Exclude<OperationStatus, 'running'>,
  counts: { done: number; failed: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update operations set status = $2, done = $3, failed = $4, finished_at = now()
     where id = $1 and status = 'running'`,
    [id, status, counts.done, counts.failed],
  );
  return rowCount === 1;
}

/** Those that should be running, for whoever looks whether their workflow is. */
export async function listRunningOperations(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from operations where status = 'running' and started_at < now() - interval '5 seconds' order by id`,
  );
  return rows.map((row) => row.id);
}
