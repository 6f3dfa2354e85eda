/** Keeps PostgreSQL's planner statistics current while tables grow faster than autovacuum runs. */
import type { Db } from './pool.ts';

/** PostgreSQL never assumes fewer than 10 pages for a table, so below that an estimate is not far off. */
const MIN_PAGES = 10;
/** From this size on the planner's choice does not change any more, and autovacuum runs often enough. */
const MAX_PAGES = 10_000;
const GROWTH = 4;

/**
 * Analyses the tables that have grown fourfold since their last analysis, from 320 KB to 80 MB. A plan from when a table was empty
 * reads the whole table, and PostgreSQL replaces it only after an analysis. Autovacuum runs once a minute. At a thousand events a
 * second that is too seldom: at the end of the minute each insert costs ten times as much.
 * @returns the tables' names; PostgreSQL passes over a table that the database's user may not analyse
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
