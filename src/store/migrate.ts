/** Migrates the schema while it is in use: numbered SQL files, forward only. docs/migrations.md says what a file may hold, and why. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type Migration, type MigrationStatement, readMigration } from './migration-file.ts';
import type { Db } from './pool.ts';
import { compareSchema } from './schema-state.ts';

// Any number will do, but every process must use the same one.
const LOCK = 7_463_110;
const LOCK_RETRY_MS = 200;

/** Statements queue behind a migration that waits for their table. With three tables a file they wait for less than a second. */
const LOCK_TIMEOUT_MS = 300;
/** A change of the catalogue takes milliseconds. A statement that takes longer reads or writes a table under a lock. */
const STATEMENT_TIMEOUT_MS = 1_000;
const TOO_SLOW_TRIES = 5;
/** The pause between two tries, in which queued statements go on. */
const PAUSE_MS = { from: 200, to: 2_000 };
const PATIENCE_MS = 10 * 60_000;

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';
const STATEMENT_TIMED_OUT = '57014';

export type MigrateOptions = {
  /** called with progress where a migration takes long */
  say?: (line: string) => void;
  /** how long one statement is tried again while others hold its table, in ms; default: 10 minutes */
  patienceMs?: number;
};

/**
 * Applies the missing migrations in the order of their names; several processes may call it at once.
 * Reads and writes go on meanwhile.
 * @returns the names of those applied now
 * @throws Error when the database has a migration that this version does not fit, or when a lock could not be taken
 */
export async function migrate(db: Db, folder: string, options: MigrateOptions = {}): Promise<string[]> {
  const files = await migrationNames(folder);
  const client = await db.connect();
  try {
    await takeTurn(client);
    await prepareTable(client);
    const { rows } = await client.query<{ name: string; needs: string | null }>(
      'select name, needs from schema_migrations',
    );
    const { missing, foreign } = compareSchema(files, rows);
    if (foreign.length > 0) {
      throw new Error(
        `The database is newer than this version, and no longer fits it (${foreign.join(', ')}). Run the newer version.`,
      );
    }
    for (const name of missing) {
      const migration = readMigration(name, await readFile(join(folder, name), 'utf8'));
      if (migration.isOutsideTransaction) await applyStepwise(client, migration, options);
      else await applyAtOnce(client, migration, options);
    }
    return missing;
  } finally {
    // Closing the connection releases the lock and rolls back an open transaction.
    client.release(true);
  }
}

/** @returns the names of a folder's migrations, in the order in which they are applied */
export async function migrationNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
}

/** Polls for the advisory lock. A process that waited for it in a statement would deadlock with `create index concurrently`. */
async function takeTurn(client: pg.PoolClient): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LOCK]);
    if (rows[0]?.mine) return;
    await sleep(LOCK_RETRY_MS);
  }
}

async function prepareTable(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ columns: string[] | null }>(
    `select array_agg(attname::text) as columns from pg_attribute where attrelid = to_regclass('schema_migrations') and attnum > 0`,
  );
  const columns = rows[0]?.columns;
  if (!columns) {
    await client.query(
      'create table schema_migrations (name text primary key, applied_at timestamptz not null default now(), needs text)',
    );
  } else if (!columns.includes('needs')) {
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await patiently('schema_migrations', {}, () =>
      client.query('alter table schema_migrations add column needs text'),
    );
  }
}

async function applyAtOnce(
  client: pg.PoolClient,
  migration: Migration,
  options: MigrateOptions,
): Promise<void> {
  await patiently(migration.name, options, async () => {
    try {
      await client.query('begin');
      await client.query(
        `set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
      );
      await client.query(migration.sql);
      await record(client, migration);
      await client.query('commit');
    } catch (error) {
      // On a lost connection this fails, too, with a less telling error.
      await client.query('rollback').catch(() => {});
      throw error;
    }
  });
}

/** Applies a file outside a transaction. After an interruption it begins at the first statement: each can be repeated. */
async function applyStepwise(
  client: pg.PoolClient,
  migration: Migration,
  options: MigrateOptions,
): Promise<void> {
  for (const statement of migration.statements) {
    if (statement.isUnhurried) options.say?.(`${migration.name}: ${statement.title}`);
    const limits = statement.isUnhurried ? [0, 0] : [LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS];
    await client.query(`set lock_timeout = ${limits[0]}; set statement_timeout = ${limits[1]}`);
    let changed: number;
    do {
      changed = await patiently(migration.name, options, () => applyStatement(client, statement));
    } while (statement.isBatch && changed > 0);
  }
  await client.query('reset lock_timeout; reset statement_timeout');
  await record(client, migration);
}

/** @returns how many rows it changed */
async function applyStatement(client: pg.PoolClient, statement: MigrationStatement): Promise<number> {
  if (statement.builds !== null) await dropInvalid(client, statement.builds);
  const { rowCount } = await client.query(statement.sql);
  return rowCount ?? 0;
}

/** Drops what an interrupted build leaves: an index that serves no query, slows every write, and looks like the finished one. */
async function dropInvalid(client: pg.PoolClient, index: string): Promise<void> {
  const { rows } = await client.query(
    'select from pg_index where indexrelid = to_regclass($1) and not indisvalid',
    [index],
  );
  if (rows.length > 0) await client.query(`drop index concurrently if exists ${index}`);
}

async function record(client: pg.PoolClient, { name, contractSince }: Migration): Promise<void> {
  await client.query('insert into schema_migrations (name, needs) values ($1, $2)', [name, contractSince]);
}

/** Tries again when a lock was not free or a statement took too long, and lets others go on in between. */
async function patiently<Result>(
  name: string,
  options: MigrateOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = Date.now() + (options.patienceMs ?? PATIENCE_MS);
  let tooSlow = 0;
  for (let pauseMs = PAUSE_MS.from; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.to)) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === STATEMENT_TIMED_OUT) tooSlow += 1;
      else if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) throw error;
      if (tooSlow === TOO_SLOW_TRIES || Date.now() > deadline) throw gaveUp(name, error as Error);
      if (pauseMs === PAUSE_MS.from) options.say?.(`${name}: waiting for a table that others use`);
      await sleep(pauseMs);
    }
  }
}

const gaveUp = (name: string, cause: Error) =>
  new Error(
    `${name} could not be applied (${cause.message}); nothing of it is left half done that a next run does not finish. Look for a transaction that stays open: select pid, xact_start, query from pg_stat_activity where xact_start < now() - interval '1 minute'. End it, then run tidings migrate again.`,
    { cause },
  );
