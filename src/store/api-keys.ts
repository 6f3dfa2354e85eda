/** API keys: only their hashes are here. */
import { createHash } from 'node:crypto';
import type { ApiKey } from '../domain/access.ts';
import { Problem } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import type { Db, Queryable } from './pool.ts';

const COLUMNS = `id, kind, tenant_id as "tenantId", scopes, name, hint, rate_per_second as "ratePerSecond",
  created_at as "createdAt", last_used_at as "lastUsedAt"`;

/** How much of a key people are shown to tell it by. */
const HINT_LENGTH = 4;

/** What is kept of a key. It is 256 random bits, so a plain hash gives nothing away. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** @throws Problem not_found when its tenant was deleted meanwhile: nothing may come after an erasure */
export async function insertKey(
  db: Queryable,
  key: Pick<ApiKey, 'kind' | 'tenantId' | 'scopes' | 'name' | 'ratePerSecond'> & { value: string },
): Promise<ApiKey> {
  const { rows } = await db.query<ApiKey>(
    `insert into api_keys (id, kind, tenant_id, scopes, name, hash, hint, rate_per_second, created_at)
     select $1, $2, $3, $4, $5, $6, $7, $8, now()
     where $3::text is null or (select deleted_at is null from tenants where id = $3) returning ${COLUMNS}`,
    [
      newId('key'),
      key.kind,
      key.tenantId,
      key.scopes,
      key.name,
      hashKey(key.value),
      key.value.slice(-HINT_LENGTH),
      key.ratePerSecond,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Problem('not_found', `There is no tenant ${key.tenantId}.`);
  return row;
}

/** A key as it was found; `stale`: that it was used was last noted more than a minute ago. */
export type FoundKey = ApiKey & { stale: boolean };

/**
 * The keys of these hashes, by the hash in base64, but those that are revoked or whose tenant is deleted. It waits for no lock:
 * whoever asks together with others shall not wait for what one of them does.
 */
export async function findKeys(db: Db, hashes: Buffer[]): Promise<Map<string, FoundKey>> {
  const { rows } = await db.query<FoundKey & { hash: Buffer }>({
    name: 'find-keys',
    text: `select ${COLUMNS}, hash, coalesce(last_used_at < now() - interval '1 minute', true) as stale
           from api_keys k where hash = any($1) and revoked_at is null
             and not exists (select 1 from tenants t where t.id = k.tenant_id and t.deleted_at is not null)`,
    values: [hashes],
  });
  return new Map(rows.map(({ hash, ...key }) => [hash.toString('base64'), key]));
}

/** Notes that keys were used. One that somebody is changing is left for the next time. */
export async function noteUse(db: Db, ids: string[]): Promise<void> {
  await db.query(
    `update api_keys set last_used_at = now()
     where id in (select id from api_keys where id = any($1) order by id for no key update skip locked)`,
    [ids],
  );
}

/** Those not revoked, newest first, `limit` of them, older than the id `before`; of one tenant, or all. */
export async function listKeys(
  db: Db,
  tenantId: string | null,
  page: { before: string | null; limit: number },
): Promise<ApiKey[]> {
  const { rows } = await db.query<ApiKey>(
    `select ${COLUMNS} from api_keys
     where revoked_at is null and ($1::text is null or tenant_id = $1) and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [tenantId, page.before, page.limit],
  );
  return rows;
}

/** @returns the key as it was, or `null` when there is none to revoke */
export async function revokeKey(db: Queryable, id: string): Promise<ApiKey | null> {
  const { rows } = await db.query<ApiKey>(
    `update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning ${COLUMNS}`,
    [id],
  );
  return rows[0] ?? null;
}
