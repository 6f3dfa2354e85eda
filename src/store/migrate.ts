/** Brings the schema up to date: numbered SQL files, forward only, each in its own transaction. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from './pool.ts';

// Any number, as long as every process uses the same one.
const LOCK = 7_463_110;

/**
 * Applies the migrations that the database has not seen, in the order of their names; several processes may call
 * it at once.
 * @returns the names of those applied now
 * @throws Error when a migration that was applied is no longer there: the database is newer than the program
 */
export async function migrate(db: Db, folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const client = await db.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string }>('select name from schema_migrations');
    const applied = new Set(rows.map((row) => row.name));
    const unknown = [...applied].filter((name) => !files.includes(name));
    if (unknown.length > 0) {
      throw new Error(`The database has migrations that this version does not know: ${unknown.join(', ')}`);
    }
    const missing = files.filter((name) => !applied.has(name));
    for (const name of missing) {
      const sql = await readFile(join(folder, name), 'utf8');
      await client.query('begin');
      await client.query(sql);
      await client.query('insert into schema_migrations (name) values ($1)', [name]);
      await client.query('commit');
    }
    return missing;
  } finally {
    // Closing the connection gives back the lock, and rolls back what a failed migration left open.
    client.release(true);
  }
}
