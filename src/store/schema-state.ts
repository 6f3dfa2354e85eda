/** Whether the schema fits this version: told from the migrations that it has had and those that this version knows. */

/** A row of `schema_migrations`. `needs`: the migration that a program must know to fit what this one took away. */
export type AppliedMigration = { name: string; needs: string | null };

export type SchemaComparison = {
  /** known and not applied: the program is newer than the schema */
  missing: string[];
  /** applied and unknown, and they took away what this version uses: the schema is newer than the program */
  foreign: string[];
};

/** Compares what a version knows with what the database has had, in both directions. Unknown ones that only add are no matter. */
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
