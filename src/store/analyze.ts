/** The statistics by which PostgreSQL's planner chooses: kept up while tables grow faster than autovacuum comes round. */
import type { Db } from './pool.ts';

/** PostgreSQL's smallest guess for a table is 10 pages: below that nothing can be wrong by much. */
const MIN_PAGES = 10;
/** By this size the planner has chosen as it always will, and autovacuum comes often enough. */
const MAX_PAGES = 10_000;
const GROWTH = 4;

/**
 * Analyses the tables that have grown fourfold since somebody did, from 320 KB until they have 80 MB. A plan that is kept
 * from when a table was empty reads all of it; it is made anew only when the table is analysed, and autovacuum does that
 * once a minute. At a thousand events a second that minute is long: each insert costs ten times as much at its end.
 * @returns the tables' names; where the user of the database may not analyse a table, PostgreSQL passes over it
 */
export async function analyzeGrown(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>({
    name: 'grown-tables',
    text: `select c.oid::regclass::text as name from pg_class c
      where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relpages < $1
        and pg_relation_size(c.oid) > $2 * greatest(c.relpages, $3) * current_setting('block_size')::bigint`,
    values: [MAX_PAGES, GROWTH, MIN_PAGES],
  });
  const names = rows.map(({ name }) => name);
  if (names.length > 0) await db.query(`analyze (skip_locked) ${names.join(', ')}`);
  return names;
}
