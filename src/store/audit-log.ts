/** The audit log, which says who changed what. Rows are only added; the database refuses to change or delete one. */
import { newId } from '../domain/ids.ts';
import type { WalkedPage } from './delivery-list.ts';
import { parameters } from './parameters.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';

export type AuditEntry = {
  /** the key's id, or `admin` for the one from the environment */
  actor: string;
  actorName: string | null;
  tenantId: string | null;
  /** `<noun>.<action>` */
  action: string;
  objectId: string | null;
  /** the changed fields by name; never a secret */
  details: Record<string, unknown>;
  requestId: string;
};

export type StoredAuditEntry = Omit<AuditEntry, 'details'> & {
  id: string;
  at: Date;
  /** JSON text */
  details: string;
};

/** Adds an entry in the transaction of the change itself: neither is stored without the other. */
export async function insertAuditEntry(db: Queryable, entry: AuditEntry): Promise<void> {
  await db.query(
    `insert into audit_log (id, actor, actor_name, tenant_id, action, object_id, details, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      newId('auditEntry'),
      entry.actor,
      entry.actorName,
      entry.tenantId,
      entry.action,
      entry.objectId,
      JSON.stringify(entry.details),
      entry.requestId,
    ],
  );
}

/** Rows that a page reads at most. Where the filter leaves out too many of them, the page ends early. */
const MAX_WALKED = 5_000;

export type AuditFilter = {
  tenantId?: string | undefined;
  objectId?: string | undefined;
  action?: string | undefined;
};

/** The queries for the rows of a page, and for the last row that the page reads. */
function auditLogQueries(
  { tenantId, objectId, action }: AuditFilter,
  page: { before: string | null; limit: number },
  maxWalked: number = MAX_WALKED,
): Record<'rows' | 'end', { text: string; values: unknown[] }> {
  const { values, add: parameter } = parameters();
  const conditions: string[] = [];
  if (objectId !== undefined) {
    const object = parameter(objectId);
    // An object belongs to one tenant: if that is another tenant, there is nothing to read.
    conditions.push(
      tenantId === undefined
        ? `object_id = ${object}`
        : `object_id = (select object_id from (select object_id, tenant_id from audit_log where object_id = ${object}
             order by id desc limit 1) newest where tenant_id = ${parameter(tenantId)})`,
    );
  } else if (tenantId !== undefined) conditions.push(`tenant_id = ${parameter(tenantId)}`);
  if (page.before !== null) conditions.push(`id < ${parameter(page.before)}`);
  const walked = `from audit_log ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''} order by id desc`;
  const end = { text: `select id ${walked} limit 1 offset ${maxWalked - 1}`, values: [...values] };
  const others = [
    ...(tenantId === undefined ? [] : [`tenant_id = ${parameter(tenantId)}`]),
    ...(action === undefined ? [] : [`action = ${parameter(action)}`]),
  ];
  const text = `select id, at, actor, actor_name as "actorName", tenant_id as "tenantId", action, object_id as "objectId",
      details, request_id as "requestId"
    from (select * ${walked} limit ${maxWalked}) walked ${others.length > 0 ? `where ${others.join(' and ')}` : ''}
    order by id desc limit ${parameter(page.limit)}`;
  return { rows: { text, values }, end };
}

/** Entries, newest first, at most `limit` of them, older than the id `before`. */
export async function listAuditEntries(
  db: Db,
  filter: AuditFilter,
  page: { before: string | null; limit: number },
): Promise<WalkedPage<StoredAuditEntry>> {
  const queries = auditLogQueries(filter, page);
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows } = await client.query<StoredAuditEntry>(queries.rows);
    if (rows.length === page.limit) return { rows, walkedTo: null };
    const end = await client.query<{ id: string }>(queries.end);
    return { rows, walkedTo: end.rows[0]?.id ?? null };
  });
}

/** Newest entries of an endpoint among which its rotations are looked for. */
const ROTATIONS_WALKED = 1_000;

/** When the endpoint's signing secret was rotated, newest first. */
export async function listRotations(db: Queryable, endpointId: string): Promise<Date[]> {
  const { rows } = await db.query<{ at: Date }>(
    `select at from (select id, at, action from audit_log where object_id = $1 order by id desc limit ${ROTATIONS_WALKED}) newest
     where action = 'endpoint.secret_rotated' order by id desc`,
    [endpointId],
  );
  return rows.map(({ at }) => at);
}
