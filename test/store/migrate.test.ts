/** Migrations of a database that is in use, that was interrupted, or that another release has made. */
import { readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MIGRATIONS } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readMigration } from '../../src/store/migration-file.ts';
import type { Db } from '../../src/store/pool.ts';
import { createEmptyDatabase } from '../helpers/database.ts';
import { makeFolder } from '../helpers/folder.ts';
import { describeSchema, LAST_BEFORE, migrateAsBefore, namesUpTo } from '../helpers/old-schema.ts';

const ALL = namesUpTo('9999');
const BEFORE = namesUpTo(LAST_BEFORE);

let fresh: string[];
beforeAll(async () => {
  const { db, drop } = await createEmptyDatabase();
  await migrate(db, MIGRATIONS);
  fresh = await describeSchema(db);
  await drop();
});

const within = async (work: (db: Db) => Promise<void>) => {
  const { db, drop } = await createEmptyDatabase();
  await work(db);
  await drop();
};

const folderOf = async (files: Record<string, string>) => {
  const folder = join(await makeFolder(), 'migrations');
  await mkdir(folder);
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
  return folder;
};

test.each(BEFORE)(
  'an installation that the release before had brought to %s comes to the same schema',
  (last) =>
    within(async (db) => {
      await migrateAsBefore(db, last);
      expect(await migrate(db, MIGRATIONS)).toEqual(ALL.filter((name) => name > last));
      expect(await describeSchema(db)).toEqual(fresh);
      expect(await migrate(db, MIGRATIONS)).toEqual([]);
    }),
);

describe('interrupted after any statement, the next run finishes it:', () => {
  const outside = ALL.map((name) => readMigration(name, readFileSync(join(MIGRATIONS, name), 'utf8'))).filter(
    ({ isOutsideTransaction }) => isOutsideTransaction,
  );
  test.each(outside)('$name', ({ name, statements }) =>
    within(async (db) => {
      const folder = join(await makeFolder(), 'migrations');
      await cp(MIGRATIONS, folder, { recursive: true });
      for (let done = 1; done <= statements.length; done += 1) {
        const begun = statements.slice(0, done).map((statement) => `${statement.sql};\n`);
        await writeFile(join(folder, name), `-- @outside-transaction\n${begun.join('')}select 1 / 0;\n`);
        await expect(migrate(db, folder)).rejects.toThrow('division by zero');
      }
      await migrate(db, MIGRATIONS);
      expect(await describeSchema(db)).toEqual(fresh);
    }),
  );
});

test('an index whose build was killed is built again, and not taken for finished', () =>
  within(async (db) => {
    const table = { '0001_a.sql': 'create table t (a int);' };
    const folder = await folderOf({
      ...table,
      '0002_b.sql': '-- @outside-transaction\ncreate index concurrently if not exists t_a on t (a);',
    });
    await migrate(db, await folderOf(table));
    const holder = await db.connect();
    await holder.query('begin; insert into t values (1)');
    const killed = migrate(db, folder).catch((error: Error) => error);
    await until(async () => {
      const { rows } = await db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where query ~ '^(--.*\n)?create index concurrently' and wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rows.length > 0;
    });
    expect(await killed).toBeInstanceOf(Error);
    await holder.query('rollback');
    holder.release();
    const isValid = async () =>
      (await db.query(`select indisvalid from pg_index where indexrelid = 't_a'::regclass`)).rows[0]
        ?.indisvalid;
    expect(await isValid()).toBe(false);
    expect(await migrate(db, folder)).toEqual(['0002_b.sql']);
    expect(await isValid()).toBe(true);
  }));

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

test('processes that migrate at the same time do not wait for each other’s indexes', () =>
  within(async (db) => {
    const applied = await Promise.all([1, 2, 3].map(() => migrate(db, MIGRATIONS)));
    expect(applied.flat()).toEqual(ALL);
    expect(await describeSchema(db)).toEqual(fresh);
  }));

describe('while somebody holds the table', () => {
  const files = {
    '0001_a.sql': 'create table t (a int);',
    '0002_b.sql': 'create table u (a int); alter table t add column b int;',
  };

  test('a migration waits for it, lets others through meanwhile, and is done when it is free', () =>
    within(async (db) => {
      await migrate(db, await folderOf({ '0001_a.sql': files['0001_a.sql'] }));
      const holder = await db.connect();
      await holder.query('begin; select from t');
      let isDone = false;
      const said: string[] = [];
      const migrating = migrate(db, await folderOf(files), { say: (line) => said.push(line) }).then(() => {
        isDone = true;
      });
      let slowestMs = 0;
      for (const end = Date.now() + 3_000; Date.now() < end; ) {
        const began = Date.now();
        await db.query('insert into t values (1)');
        slowestMs = Math.max(slowestMs, Date.now() - began);
      }
      expect(isDone).toBe(false);
      expect(slowestMs).toBeLessThan(1_000);
      await holder.query('commit');
      holder.release();
      await migrating;
      expect(said).toEqual(['0002_b.sql: waiting for a table that others use']);
    }));

  test('a migration that never gets the lock gives up, says what to do, and leaves nothing half done', () =>
    within(async (db) => {
      await migrate(db, await folderOf({ '0001_a.sql': files['0001_a.sql'] }));
      const holder = await db.connect();
      await holder.query('begin; select from t');
      await expect(migrate(db, await folderOf(files), { patienceMs: 500 })).rejects.toThrow(
        /0002_b.sql could not be applied .*pg_stat_activity/,
      );
      await holder.query('commit');
      holder.release();
      expect((await db.query("select to_regclass('u') as u")).rows[0].u).toBe(null);
      expect(await migrate(db, await folderOf(files))).toEqual(['0002_b.sql']);
    }));
});

test('a statement that holds a table for too long is cancelled, since everybody would wait for it', () =>
  within(async (db) => {
    const folder = await folderOf({ '0001_a.sql': 'create table t (a int); select pg_sleep(2);' });
    await expect(migrate(db, folder)).rejects.toThrow(/statement timeout/);
    expect((await db.query("select to_regclass('t') as t")).rows[0].t).toBe(null);
  }));

test('rows are changed batch by batch, each committed by itself, until none is left', () =>
  within(async (db) => {
    const folder = await folderOf({
      '0001_a.sql': 'create table t (id int primary key, b int, xid bigint);',
      '0002_b.sql': `-- @outside-transaction
-- @batch
update t set b = 1, xid = txid_current() where id in (select id from t where b is null limit 1000);`,
    });
    await migrate(
      db,
      await folderOf({ '0001_a.sql': 'create table t (id int primary key, b int, xid bigint);' }),
    );
    await db.query('insert into t select generate_series(1, 3500)');
    await migrate(db, folder);
    const { rows } = await db.query(
      'select count(distinct xid) as batches, count(*) filter (where b is null) as left from t',
    );
    expect(rows).toEqual([{ batches: 4, left: 0 }]);
  }));

describe('a database that a newer release has migrated', () => {
  const older = { '0001_a.sql': 'create table t (a int, b int);' };
  const newer = { ...older, '0002_b.sql': 'alter table t add column c int;' };
  const newest = { ...newer, '0003_c.sql': '-- @contract since 0002_b.sql\nalter table t drop column b;' };

  test('is left alone by the one before while it has only been added to', () =>
    within(async (db) => {
      await migrate(db, await folderOf(newer));
      expect(await migrate(db, await folderOf(older))).toEqual([]);
    }));

  test('is refused by an older version that uses what is gone, and accepted by one that does not', () =>
    within(async (db) => {
      await migrate(db, await folderOf(newest));
      expect(await migrate(db, await folderOf(newer))).toEqual([]);
      await expect(migrate(db, await folderOf(older))).rejects.toThrow(/newer than this version.*0003_c.sql/);
    }));
});
