/** PostgreSQL's own account of its work since a measurement began. */
import type pg from 'pg';
import { BENCH_USER } from './cluster.ts';

const TOP_STATEMENTS = 30;
const OURS_APART = `from pg_stat_statements s
  join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.userid where r.rolname <> $1`;

export type StatementWork = {
  database: string;
  calls: number;
  planMs: number;
  executeMs: number;
  query: string;
};

/** Rows written since the start; `hot` counts those that changed in place. */
export type TableWork = { name: string; inserts: number; updates: number; hot: number; indexes: number };

export async function forgetStatements(db: pg.Pool): Promise<void> {
  await db.query('select pg_stat_statements_reset()');
}

/** @returns statements since they were forgotten, by database */
export async function countStatements(db: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await db.query<{ database: string; calls: number }>(
    `select datname as database, sum(calls)::int as calls ${OURS_APART} group by datname`,
    [BENCH_USER],
  );
  return Object.fromEntries(rows.map(({ database, calls }) => [database, calls]));
}

/** The statements that took longest, and how many rows of Tidings' tables were written. */
export async function databaseWork(
  db: pg.Pool,
): Promise<{ statements: StatementWork[]; tables: TableWork[] }> {
  const statements = await db.query<StatementWork>(
    `select datname as database, calls::int, total_plan_time as "planMs", total_exec_time as "executeMs", query
     ${OURS_APART} order by total_plan_time + total_exec_time desc limit $2`,
    [BENCH_USER, TOP_STATEMENTS],
  );
  const tables = await db.query<TableWork>(
    `select relname as name, n_tup_ins::int as inserts, n_tup_upd::int as updates, n_tup_hot_upd::int as hot,
       (select count(*)::int from pg_index where indrelid = relid) as indexes
     from pg_stat_user_tables where n_tup_ins + n_tup_upd > 0 order by n_tup_ins + n_tup_upd desc`,
  );
  return { statements: statements.rows, tables: tables.rows };
}
