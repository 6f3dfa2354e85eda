/** Databases as earlier releases left them, and what two schemas are compared by. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS, PACKAGE_ROOT } from '../../src/package-root.ts';
import type { Db } from '../../src/store/pool.ts';

/** Files whose text has changed since: as they were applied before. */
const BEFORE = join(PACKAGE_ROOT, 'test/store/migrations-before');

/** The last migration of the release whose runner this is. */
export const LAST_BEFORE = '0011_waiting_by_kind.sql';

/** Applies the migrations up to one of them as the runner before did: each file as it was, in one transaction. */
export async function migrateAsBefore(db: Db, last: string): Promise<void> {
  await db.query(
    'create table schema_migrations (name text primary key, applied_at timestamptz not null default now())',
  );
  for (const name of namesUpTo(last)) {
    const folder = existsSync(join(BEFORE, name)) ? BEFORE : MIGRATIONS;
    await db.query(`begin; ${readFileSync(join(folder, name), 'utf8')}; commit`);
    await db.query('insert into schema_migrations (name) values ($1)', [name]);
  }
}

export const namesUpTo = (last: string): string[] =>
  readdirSync(MIGRATIONS)
    .filter((name) => name <= last)
    .sort();

/** Tables with their columns, indexes, constraints and triggers, and what else there is, a line each. */
export async function describeSchema(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(`
    select format('column %s.%s %s not null %s default %s', attrelid::regclass, attname, format_type(atttypid, atttypmod),
        attnotnull, pg_get_expr(adbin, adrelid)) as line
      from pg_attribute join pg_class c on c.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
    union all select format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid) from pg_index
      join pg_class c on c.oid = indrelid where relnamespace = 'public'::regnamespace
    union all select format('constraint %s %s on %s', conname, pg_get_constraintdef(oid), conrelid::regclass) from pg_constraint
      where connamespace = 'public'::regnamespace
    union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select format('sequence %s', relname) from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'S'
    union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace`);
  return rows.map(({ line }) => line).sort();
}
