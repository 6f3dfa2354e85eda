/** API keys, of which the database holds only hashes. */
import { createHash } from 'node:crypto';
import type { ApiKey } from '../domain/access.ts';
import { Problem } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import type { Db, Queryable } from './pool.ts';

const COLUMNS = `id, kind, tenant_id as "tenantId", scopes, name, hint, rate_per_second as "ratePerSecond",
  created_at as "createdAt", last_used_at as "lastUsedAt"`;

/** Number of a key's last characters that people are shown, to tell keys apart. */
const HINT_LENGTH = 4;

/** The hash that is stored for a key. A key is 256 random bits, so a plain hash gives nothing away. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** @throws Problem not_found when its tenant was deleted meanwhile: nothing may be added after an erasure */
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

/** A key, and whether its last use was noted more than a minute ago. */
export type FoundKey = ApiKey & { stale: boolean };

/**
 * Finds keys by their hashes, without those that are revoked or whose tenant is deleted. It waits for no lock, because requests look
 * their keys up together and none of them may wait for another's transaction.
 * @returns the keys by the hash in base64
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

/** Keys that are not revoked, of one tenant or of all: newest first, `limit` of them, older than the id `before`. */
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
