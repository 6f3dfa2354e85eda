/** A database for each test file, cloned from the migrated template. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createPool, type Db } from '../../src/store/pool.ts';
import { atEnd } from './cleanup.ts';

export type TestDatabase = { url: string; db: Db; drop(): Promise<void> };

/** `drop` fails when a test has left a connection open. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return cloneOf(new URL(process.env.TEST_POSTGRES_URL ?? ''));
}

/** One without tables: for those that make them. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const url = new URL(process.env.TEST_POSTGRES_URL ?? '');
  url.pathname = '/template0';
  return cloneOf(url);
}

/**
 * A copy of the database as it is at this moment, whoever works on it: a backup, restored. Their connections are
 * closed for it, which is the only thing that they notice.
 */
export async function copyDatabase({ url }: TestDatabase): Promise<TestDatabase> {
  const original = new URL(url);
  const name = original.pathname.slice(1);
  await withAdmin(original, async (client) => {
    await client.query(`alter database ${name} allow_connections false`);
    await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [
      name,
    ]);
  });
  try {
    return await cloneOf(original);
  } finally {
    await withAdmin(original, (client) => client.query(`alter database ${name} allow_connections true`));
  }
}

async function cloneOf(template: URL): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withAdmin(template, (client) =>
    client.query(`create database ${name} template ${template.pathname.slice(1)}`),
  );
  const url = new URL(template);
  url.pathname = `/${name}`;
  const db = createPool(url.href, { max: 5 });
  return {
    url: url.href,
    db,
    drop: atEnd(async () => {
      await db.end();
      await withAdmin(template, async (client) => {
        const { rows } = await leftOpen(client, name);
        await client.query(`drop database ${name} with (force)`);
        if (rows.length > 0) throw new Error(`Connections were left open: ${JSON.stringify(rows)}`);
      });
    }),
  };
}

/** A server process outlives its connection by a moment, and by a longer one on a busy machine. */
async function leftOpen(client: pg.Client, name: string): Promise<pg.QueryResult> {
  for (let tries = 30; ; tries -= 1) {
    const found = await client.query(
      `select pid, query from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [name],
    );
    if (found.rows.length === 0 || tries === 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function withAdmin(template: URL, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const url = new URL(template);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
