/** Idle database connections that were cut before the pool noticed cost no transaction. */
import { execFileSync } from 'node:child_process';
import type { Db } from '../../src/store/pool.ts';
import { snapshot, transaction } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const CONNECTIONS = 5;

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

async function openIdle(db: Db): Promise<void> {
  await Promise.all(Array.from({ length: CONNECTIONS }, () => db.query('select pg_sleep(0.1)')));
  expect(db.idleCount).toBe(CONNECTIONS);
}

/** Another process cuts them while this one can notice nothing. */
function cutAll(url: string): void {
  const program = `
    const client = new (require('pg').Client)(process.argv[1]);
    client.connect()
      .then(() => client.query(\`select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()\`))
      .then(({ rowCount }) => { process.stdout.write(String(rowCount)); return client.end(); })`;
  expect(execFileSync(process.execPath, ['-e', program, url], { encoding: 'utf8' })).toBe(
    String(CONNECTIONS),
  );
}

test.each([
  ['a transaction', transaction],
  ['a snapshot', snapshot],
] as const)('%s begins on a connection that still stands', async (_name, within) => {
  const { db, url } = database;
  await openIdle(db);
  cutAll(url);
  let runs = 0;
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      within(db, async (client) => {
        runs += 1;
        return (await client.query('select 1 as one')).rows;
      }),
    ),
  );
  expect(answers).toEqual(Array(8).fill([{ one: 1 }]));
  expect(runs).toBe(8);
});

test('what was under way when its connection was cut is not done twice', async () => {
  const { db, url } = database;
  await openIdle(db);
  let runs = 0;
  const cut = transaction(db, async (client) => {
    runs += 1;
    await client.query('select 1');
    cutAll(url);
    await client.query('select 1');
  });
  await expect(cut).rejects.toThrow(/terminating connection|Connection terminated/);
  expect(runs).toBe(1);
});
