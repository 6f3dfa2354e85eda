/** Compares the database's schema with this version: the migrations that were applied with those that this version knows. */
import type { Db } from './pool.ts';

/** A database that hangs must not hold up /readyz. */
const QUERY_TIMEOUT_MS = 3_000;
const UNDEFINED_TABLE = '42P01';

/** A row of `schema_migrations`. `needs`: the migration that a program must know to work without what this one removed. */
export type AppliedMigration = { name: string; needs: string | null };

export type SchemaComparison = {
  /** known but not applied: the program is newer than the schema */
  missing: string[];
  /** applied but unknown, and they removed what this version uses: the schema is too new for the program */
  foreign: string[];
};

/** Compares known with applied migrations. Unknown ones that only add to the schema do not matter. */
export function compareSchema(
  known: readonly string[],
  applied: readonly AppliedMigration[],
): SchemaComparison {
  const names = new Set(applied.map(({ name }) => name));
  const foreign = applied.filter(
    ({ name, needs }) => !known.includes(name) && needs !== null && !known.includes(needs),
  );
  return {
    missing: known.filter((name) => !names.has(name)),
    foreign: foreign.map(({ name }) => name).sort(),
  };
}

/**
 * Compares with the database as it is now.
 * @throws Error when the database cannot be reached
 */
export async function readSchemaState(db: Db, known: readonly string[]): Promise<SchemaComparison> {
  try {
    // A release before this one made the table without `needs`.
    const { rows } = await db.query<AppliedMigration>({
      text: `select name, to_jsonb(applied) ->> 'needs' as needs from schema_migrations applied`,
      query_timeout: QUERY_TIMEOUT_MS,
    } as { text: string });
    return compareSchema(known, rows);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return compareSchema(known, []);
    throw error;
  }
}

/** The version of PostgreSQL, and the last migration. @throws Error when the database cannot be reached */
export async function readDatabaseVersion(
  db: Db,
): Promise<{ version: string; lastMigration: string | null } | null> {
  const { rows } = await db.query<{ version: string; lastMigration: string | null }>({
    text: `select current_setting('server_version') as version, (select max(name) from schema_migrations) as "lastMigration"`,
    query_timeout: QUERY_TIMEOUT_MS,
  } as { text: string });
  return rows[0] ?? null;
}
