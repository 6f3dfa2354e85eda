/** What PostgreSQL has done since a measurement began, by its own account. */
import { BENCH_USER } from './stack.js';

const TOP_STATEMENTS = 30;
const OURS_APART = `from pg_stat_statements s
  join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.userid where r.rolname <> $1`;

export async function forgetStatements(db) {
  await db.query('select pg_stat_statements_reset()');
}

/** @returns {Promise<Record<string, number>>} statements since they were forgotten, by database */
export async function countStatements(db) {
  const { rows } = await db.query(
    `select datname as database, sum(calls)::int as calls ${OURS_APART} group by datname`,
    [BENCH_USER],
  );
  return Object.fromEntries(rows.map(({ database, calls }) => [database, calls]));
}

/** The statements that took longest, and how often rows of Tidings' tables changed in place (`hot`). */
export async function databaseWork(db) {
  const statements = await db.query(
    `select datname as database, calls::int, total_plan_time as "planMs", total_exec_time as "executeMs", query
     ${OURS_APART} order by total_plan_time + total_exec_time desc limit $2`,
    [BENCH_USER, TOP_STATEMENTS],
  );
  const tables = await db.query(
    `select relname as name, n_tup_ins::int as inserts, n_tup_upd::int as updates, n_tup_hot_upd::int as hot,
       (select count(*)::int from pg_index where indrelid = relid) as indexes
     from pg_stat_user_tables where n_tup_ins + n_tup_upd > 0 order by n_tup_ins + n_tup_upd desc`,
  );
  return { statements: statements.rows, tables: tables.rows };
}
