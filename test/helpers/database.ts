/** A database for each test file, cloned from the migrated template. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createPool, type Db } from '../../src/store/pool.ts';
import { atEnd } from './cleanup.ts';

export type TestDatabase = { url: string; db: Db; drop(): Promise<void> };

/** `drop` fails when a test has left a connection open. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = new URL(process.env.TEST_POSTGRES_URL ?? '');
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
        const open = async () =>
          (
            await client.query(
              `select pid, query from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
              [name],
            )
          ).rows;
        let rows = await open();
        // PostgreSQL takes a moment to notice that a connection has been closed.
        for (let tries = 20; rows.length > 0 && tries > 0; tries -= 1) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          rows = await open();
        }
        await client.query(`drop database ${name} with (force)`);
        if (rows.length > 0) throw new Error(`Connections were left open: ${JSON.stringify(rows)}`);
      });
    }),
  };
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
