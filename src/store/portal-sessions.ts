/** Portal sessions: what a tenant's customer may see and do, by a link. The database holds hashes of its code and its bearer. */
import type { Capability } from '../domain/access.ts';
import { fieldProblem } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import { ADMIN_ID, proofOf } from './admin-proof.ts';
import { hashKey } from './api-keys.ts';
import type { Db, Queryable } from './pool.ts';

export type PortalSession = {
  id: string;
  tenantId: string;
  /** of the key that made it; `admin`: the one from the environment */
  keyId: string;
  capabilities: Capability[];
  returnUrl: string | null;
  createdAt: Date;
  expiresAt: Date;
  exchangedAt: Date | null;
  lastUsedAt: Date | null;
};

/** With its theme, as JSON text: up to 64 kB, so that lists leave it out. */
export type ThemedPortalSession = PortalSession & { theme: string };

/** A portal session with the proof of its bearer, and whether its last use was noted more than a minute ago. */
type FoundPortalSession = PortalSession & { proof: Buffer | null; stale: boolean };

const COLUMNS = `id, tenant_id as "tenantId", key_id as "keyId", capabilities, return_url as "returnUrl", created_at as "createdAt",
  expires_at as "expiresAt", exchanged_at as "exchangedAt", last_used_at as "lastUsedAt"`;

// A revoked key's portal sessions are deleted with it, but not by the version before this one.
const IN_FORCE = `expires_at > now()
  and (key_id = '${ADMIN_ID}' or exists (select 1 from api_keys k where k.id = portal_sessions.key_id and k.revoked_at is null))
  and not exists (select 1 from tenants t where t.id = portal_sessions.tenant_id and t.deleted_at is not null)`;

/** More than one, so that those of a tenant become fewer with each that is made. */
const ENDED_AT_ONCE = 20;

/**
 * Adds a portal session, and deletes some that have ended.
 * @param adminKey of the environment: another one ends what was made with it
 * @param most how many of the tenant's may be in force
 * @returns `null` when the tenant is gone meanwhile: nothing may be added after an erasure
 * @throws Problem limit_reached
 */
export async function insertPortalSession(
  client: Queryable,
  session: Pick<ThemedPortalSession, 'tenantId' | 'keyId' | 'capabilities' | 'returnUrl' | 'theme'> & {
    code: string;
    expiresInS: number;
  },
  adminKey: string,
  most: number,
): Promise<PortalSession | null> {
  // They would be read with each list, until they are pruned.
  await client.query(
    `delete from portal_sessions where id in (select id from portal_sessions where tenant_id = $1 and expires_at < now()
       order by id limit ${ENDED_AT_ONCE} for update skip locked)`,
    [session.tenantId],
  );
  const { rows: there } = await client.query<{ count: number }>(
    `select count(*)::int as count from
       (select 1 from portal_sessions where tenant_id = $1 and expires_at > now() limit $2) counted`,
    [session.tenantId, most],
  );
  if ((there[0]?.count ?? 0) >= most) {
    throw fieldProblem(
      'tenant',
      `${most} portal sessions of this tenant are open. End some, or let new ones end sooner by expires_in_seconds.`,
      'limit_reached',
    );
  }
  const { rows } = await client.query<PortalSession>(
    `insert into portal_sessions (id, tenant_id, key_id, code_hash, capabilities, return_url, theme, expires_at, code_proof)
     select $1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8), $9
     where (select deleted_at is null from tenants where id = $2) returning ${COLUMNS}`,
    [
      newId('portalSession'),
      session.tenantId,
      session.keyId,
      hashKey(session.code),
      session.capabilities,
      session.returnUrl,
      session.theme,
      session.expiresInS,
      session.keyId === ADMIN_ID ? proofOf(session.code, adminKey) : null,
    ],
  );
  return rows[0] ?? null;
}

/** Finds codes that may still be exchanged. @returns the ids of their portal sessions, and their proofs, by the hash in base64 */
export async function findPortalCodes(
  db: Db,
  hashes: Buffer[],
): Promise<Map<string, { id: string; proof: Buffer | null }>> {
  const { rows } = await db.query<{ hash: Buffer; id: string; proof: Buffer | null }>({
    name: 'find-portal-codes',
    text: `select code_hash as hash, id, code_proof as proof from portal_sessions where code_hash = any($1) and ${IN_FORCE}`,
    values: [hashes],
  });
  return new Map(rows.map(({ hash, ...code }) => [hash.toString('base64'), code]));
}

/** Exchanges the code for the bearer. @returns `null` when it was used already, or the session has ended: of two requests, one gets it */
export async function exchangePortalCode(
  client: Queryable,
  code: string,
  bearer: string,
  adminKey: string,
): Promise<ThemedPortalSession | null> {
  const { rows } = await client.query<ThemedPortalSession>(
    `update portal_sessions set code_hash = null, bearer_hash = $2, exchanged_at = now(),
       bearer_proof = case when key_id = '${ADMIN_ID}' then $3::bytea end
     where code_hash = $1 and ${IN_FORCE} returning ${COLUMNS}, theme`,
    [hashKey(code), hashKey(bearer), proofOf(bearer, adminKey)],
  );
  return rows[0] ?? null;
}

/** Finds portal sessions in force by the hashes of their bearers. @returns them by the hash in base64 */
export async function findPortalSessions(db: Db, hashes: Buffer[]): Promise<Map<string, FoundPortalSession>> {
  const { rows } = await db.query<FoundPortalSession & { hash: Buffer }>({
    name: 'find-portal-sessions',
    text: `select ${COLUMNS}, bearer_hash as hash, bearer_proof as proof,
             coalesce(last_used_at < now() - interval '1 minute', true) as stale
           from portal_sessions where bearer_hash = any($1) and ${IN_FORCE}`,
    values: [hashes],
  });
  return new Map(rows.map(({ hash, ...session }) => [hash.toString('base64'), session]));
}

/** @returns `null` when it has ended */
export async function findPortalSession(db: Db, id: string): Promise<ThemedPortalSession | null> {
  const { rows } = await db.query<ThemedPortalSession>(
    `select ${COLUMNS}, theme from portal_sessions where id = $1 and ${IN_FORCE}`,
    [id],
  );
  return rows[0] ?? null;
}

/** A tenant's portal sessions in force: newest first, `limit` of them, older than the id `before`. */
export async function listPortalSessions(
  db: Db,
  tenantId: string,
  page: { before: string | null; limit: number },
): Promise<PortalSession[]> {
  const { rows } = await db.query<PortalSession>(
    `select ${COLUMNS} from portal_sessions
     where tenant_id = $1 and ${IN_FORCE} and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [tenantId, page.before, page.limit],
  );
  return rows;
}

/** @returns whether there was one of this tenant to end */
export async function endPortalSession(client: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await client.query('delete from portal_sessions where tenant_id = $1 and id = $2', [
    tenantId,
    id,
  ]);
  return rowCount === 1;
}

/** Ends all portal sessions that a key has made, in the transaction that revokes it. */
export async function endPortalSessionsOfKey(client: Queryable, keyId: string): Promise<void> {
  await client.query('delete from portal_sessions where key_id = $1', [keyId]);
}
