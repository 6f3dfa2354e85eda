/** Notes when keys and sessions were last used. */
import type { Db } from './pool.ts';

/** Notes that these rows are used now. A locked one is skipped; its next use is noted. */
export async function noteUse(
  db: Db,
  table: 'api_keys' | 'sessions' | 'portal_sessions',
  ids: string[],
): Promise<void> {
  if (ids.length === 0) return;
  await db.query(
    `update ${table} set last_used_at = now()
     where id in (select id from ${table} where id = any($1) order by id for no key update skip locked)`,
    [ids],
  );
}
