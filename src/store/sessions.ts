/** Sessions: a key's rights in a browser. And the codes that sign in once. The database holds hashes of both. */
import { randomBytes } from 'node:crypto';
import type { Caller } from '../domain/access.ts';
import { newId } from '../domain/ids.ts';
import { ADMIN_ID, proofOf } from './admin-proof.ts';
import { hashKey } from './api-keys.ts';
import type { Db, Queryable } from './pool.ts';

/** How long a session lasts from the moment it was made, in seconds: 12 h. */
export const SESSION_S = 12 * 3600;
/** How long a sign-in code may be exchanged, in seconds. */
export const SIGN_IN_CODE_S = 300;
/** Sessions of one key. One more ends the oldest. */
export const SESSIONS_PER_KEY = 50;

export type Session = {
  id: string;
  keyId: string;
  keyName: string | null;
  tenantId: string | null;
  scopes: Caller['scopes'];
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | null;
};

/** A session, and whether its last use was noted more than a minute ago. */
type FoundSession = Session & {
  ratePerSecond: number | null;
  adminProof: Buffer | null;
  stale: boolean;
};

const COLUMNS = `s.id, s.key_id as "keyId", k.name as "keyName", s.tenant_id as "tenantId", coalesce(k.scopes, '{}') as scopes,
  s.created_at as "createdAt", s.expires_at as "expiresAt", s.last_used_at as "lastUsedAt"`;

// A revoked key's sessions are deleted with it, but not by the version before this one.
const IN_FORCE = `s.expires_at > now() and (s.key_id = '${ADMIN_ID}' or k.id is not null)
  and not exists (select 1 from tenants t where t.id = s.tenant_id and t.deleted_at is not null)`;
const SESSIONS = 'sessions s left join api_keys k on k.id = s.key_id and k.revoked_at is null';

/** A new value for a cookie, a code or a bearer: 256 random bits after a prefix that says what it is. */
export const newToken = (prefix: string) => `${prefix}${randomBytes(32).toString('base64url')}`;

/**
 * Adds a session with the caller's rights. Of too many sessions of one key, the oldest end.
 * @param adminKey of the environment
 * @returns `null` when the caller's key or tenant is gone meanwhile
 */
export async function insertSession(
  client: Queryable,
  caller: Caller,
  token: string,
  adminKey: string,
): Promise<Session | null> {
  const id = newId('session');
  const proof = caller.id === ADMIN_ID ? proofOf(token, adminKey) : null;
  await client.query(
    `insert into sessions (id, hash, key_id, admin_proof, tenant_id, expires_at)
     select $1, $2, $3, $4, $5, now() + make_interval(secs => $6)
     where $5::text is null or (select deleted_at is null from tenants where id = $5)`,
    [id, hashKey(token), caller.id, proof, caller.tenantId, SESSION_S],
  );
  await client.query(
    `delete from sessions where id in (select id from sessions where key_id = $1 order by id desc offset $2)`,
    [caller.id, SESSIONS_PER_KEY],
  );
  const { rows } = await client.query<Session>(
    `select ${COLUMNS} from ${SESSIONS} where s.id = $1 and ${IN_FORCE}`,
    [id],
  );
  return rows[0] ?? null;
}

/** Finds sessions in force by the hashes of their cookies. @returns them by the hash in base64 */
export async function findSessions(db: Db, hashes: Buffer[]): Promise<Map<string, FoundSession>> {
  const { rows } = await db.query<FoundSession & { hash: Buffer }>({
    name: 'find-sessions',
    text: `select ${COLUMNS}, k.rate_per_second as "ratePerSecond", s.admin_proof as "adminProof", s.hash,
             coalesce(s.last_used_at < now() - interval '1 minute', true) as stale
           from ${SESSIONS} where s.hash = any($1) and ${IN_FORCE}`,
    values: [hashes],
  });
  return new Map(rows.map(({ hash, ...session }) => [hash.toString('base64'), session]));
}

/** Sessions in force, of one tenant's keys or of all: newest first, `limit` of them, older than the id `before`. */
export async function listSessions(
  db: Db,
  tenantId: string | null,
  page: { before: string | null; limit: number },
): Promise<Session[]> {
  const { rows } = await db.query<Session>(
    `select ${COLUMNS} from ${SESSIONS}
     where ${IN_FORCE} and ($1::text is null or s.tenant_id = $1) and ($2::text is null or s.id < $2)
     order by s.id desc limit $3`,
    [tenantId, page.before, page.limit],
  );
  return rows;
}

/** @returns `null` when it has ended */
export async function findSession(db: Db, id: string): Promise<Session | null> {
  const { rows } = await db.query<Session>(
    `select ${COLUMNS} from ${SESSIONS} where s.id = $1 and ${IN_FORCE}`,
    [id],
  );
  return rows[0] ?? null;
}

/** @param tenantId of the keys whose sessions may be ended; `null`: of any. @returns `null` when there is none to end */
export async function endSession(
  client: Queryable,
  id: string,
  tenantId: string | null,
): Promise<{ tenantId: string | null } | null> {
  const { rows } = await client.query<{ tenantId: string | null }>(
    `delete from sessions where id = $1 and ($2::text is null or tenant_id = $2) returning tenant_id as "tenantId"`,
    [id, tenantId],
  );
  return rows[0] ?? null;
}

/**
 * Makes a code that signs in once, within five minutes, with the rights of the environment's admin key.
 * @returns the code; it is not stored
 */
export async function createSignInCode(db: Queryable, adminKey: string): Promise<string> {
  const code = newToken('tidings_code_');
  await db.query(
    'insert into sign_in_codes (hash, admin_proof, expires_at) values ($1, $2, now() + make_interval(secs => $3))',
    [hashKey(code), proofOf(code, adminKey), SIGN_IN_CODE_S],
  );
  return code;
}

/** Finds codes that may still be exchanged. @returns their proofs by the hash in base64 */
export async function findSignInCodes(db: Db, hashes: Buffer[]): Promise<Map<string, { proof: Buffer }>> {
  const { rows } = await db.query<{ hash: Buffer; proof: Buffer }>({
    name: 'find-sign-in-codes',
    text: 'select hash, admin_proof as proof from sign_in_codes where hash = any($1) and expires_at > now()',
    values: [hashes],
  });
  return new Map(rows.map(({ hash, proof }) => [hash.toString('base64'), { proof }]));
}

/** Uses the code up. @returns whether it could still be exchanged: of two requests, one gets it */
export async function useSignInCode(client: Queryable, code: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'delete from sign_in_codes where hash = $1 and expires_at > now()',
    [hashKey(code)],
  );
  return rowCount === 1;
}

/** Ends all sessions of a key, in the transaction that revokes it. */
export async function endSessionsOfKey(client: Queryable, keyId: string): Promise<void> {
  await client.query('delete from sessions where key_id = $1', [keyId]);
}

/** What ends by itself, with the column that names its rows. */
const ENDING = { sessions: 'id', portal_sessions: 'id', sign_in_codes: 'hash' };

/** Deletes sessions, portal sessions and codes whose time is over, `page` of them at a time. */
export async function deleteEnded(db: Db, page: number): Promise<void> {
  for (const [table, name] of Object.entries(ENDING)) {
    for (let deleted = page; deleted === page; ) {
      const { rowCount } = await db.query(
        `delete from ${table} where ${name} in
           (select ${name} from ${table} where expires_at < now() order by expires_at limit $1 for update skip locked)`,
        [page],
      );
      deleted = rowCount ?? 0;
    }
  }
}
