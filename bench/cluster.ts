/** The PostgreSQL cluster that every measurement of a build begins with a copy of: Temporal's tables and the build's own. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../src/embedded/postgres.ts';
import { type Build, commandOf } from './build.ts';
import { makeTables } from './temporal-server.ts';

const run = promisify(execFile);

/** The bench's own questions to PostgreSQL come from a user of its own, so that they can be told apart. */
export const BENCH_USER = 'bench';

/**
 * Makes the cluster, and stops it.
 * @param cluster its folder
 * @param sqlTool Temporal's
 */
export async function prepareCluster(cluster: string, sqlTool: string, build: Build): Promise<void> {
  await mkdir(cluster, { recursive: true });
  const start = () => startPostgres({ directory: cluster, logFile: join(cluster, 'log') });
  const first = await start();
  try {
    await query(first.url, "alter system set shared_preload_libraries = 'pg_stat_statements'");
    const { password } = new URL(first.url);
    await query(first.url, `create role ${BENCH_USER} superuser login password '${password}'`);
  } finally {
    await first.stop();
  }
  const postgres = await start();
  try {
    await makeTables(sqlTool, new URL(postgres.url));
    await run(process.execPath, [commandOf(build), 'migrate'], {
      env: { ...process.env, DATABASE_URL: postgres.url },
    });
    await query(postgres.url, 'create extension pg_stat_statements');
  } finally {
    await postgres.stop();
  }
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
