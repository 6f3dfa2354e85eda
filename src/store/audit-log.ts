/** The audit log: who changed what. Rows are only ever added; the database refuses anything else. */
import { newId } from '../domain/ids.ts';
import type { Db, Queryable } from './pool.ts';

export type AuditEntry = {
  /** the key's id, or `admin` for the one from the environment */
  actor: string;
  actorName: string | null;
  tenantId: string | null;
  /** `<noun>.<what was done>` */
  action: string;
  objectId: string | null;
  /** what was changed, by name; never a secret */
  details: Record<string, unknown>;
  requestId: string;
};

export type StoredAuditEntry = Omit<AuditEntry, 'details'> & {
  id: string;
  at: Date;
  /** JSON text */
  details: string;
};

/** In the transaction of what it tells of: neither is there without the other. */
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

/** Newest first, `limit` of them, older than the id `before`. */
export async function listAuditEntries(
  db: Db,
  filter: { tenantId?: string | undefined; objectId?: string | undefined; action?: string | undefined },
  page: { before: string | null; limit: number },
): Promise<StoredAuditEntry[]> {
  const { rows } = await db.query<StoredAuditEntry>(
    `select id, at, actor, actor_name as "actorName", tenant_id as "tenantId", action, object_id as "objectId",
       details, request_id as "requestId"
     from audit_log
     where ($1::text is null or tenant_id = $1) and ($2::text is null or object_id = $2)
       and ($3::text is null or action = $3) and ($4::text is null or id < $4)
     order by id desc limit $5`,
    [filter.tenantId ?? null, filter.objectId ?? null, filter.action ?? null, page.before, page.limit],
  );
  return rows;
}
