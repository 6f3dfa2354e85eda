/** A PostgreSQL and a Temporal that one test has to itself: to kill them, or to set them otherwise than the shared ones. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/embedded/free-port.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { startTemporal } from '../../src/embedded/temporal.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createPool, type Db } from '../../src/store/pool.ts';
import { atEnd } from './cleanup.ts';
import { makeFolder } from './folder.ts';

export type OwnServer = {
  /** as a power cut does it */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** on the port and the data that it had */
  start(): Promise<void>;
};

export type OwnPostgres = OwnServer & {
  url: string;
  db: Db;
  /** as a supervisor does: for one that may have ended by itself */
  startIfDown(): Promise<void>;
};
export type OwnTemporal = OwnServer & {
  address: string /** its data, as long as it is stopped */;
  forget(): Promise<void>;
};

/** @param directory where its data lies: by default a temporary folder */
export async function ownPostgres(directory?: string): Promise<OwnPostgres> {
  const folder = await makeFolder();
  const options = { directory: directory ?? join(folder, 'postgres'), logFile: join(folder, 'postgres.log') };
  let server = await startPostgres(options);
  const db = createPool(server.url, { max: 5 });
  atEnd(async () => {
    await db.end();
    await server.stop();
  });
  await migrate(db, join(PACKAGE_ROOT, 'migrations'));
  const start = () =>
    persistently(async () => {
      server = await startPostgres(options);
    });
  return {
    url: server.url,
    db,
    async kill() {
      const pid = Number(
        (await readFile(join(options.directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0],
      );
      for (const victim of [pid, ...childrenOf(pid)]) slay(victim);
      await server.died;
    },
    stop: () => server.stop(),
    start,
    async startIfDown() {
      const died = await Promise.race([server.died.then(() => true), sleep(1_000)]);
      if (died) await start();
    },
  };
}

/** @param dynamicConfig more of Temporal's dynamic configuration, `key=value` */
export async function ownTemporal(...dynamicConfig: string[]): Promise<OwnTemporal> {
  const folder = await makeFolder();
  const data = join(folder, 'data');
  await mkdir(data);
  // Ports that nobody else would take while this Temporal is away.
  await writeFile(join(data, 'ports'), `${await freePort(0)} ${await freePort(0)}`);
  const start = () =>
    startTemporal({
      program: process.env.TEST_TEMPORAL_PROGRAM ?? '',
      dataFile: join(data, 'temporal.sqlite'),
      logFile: join(folder, 'temporal.log'),
      ui: false,
      dynamicConfig,
    });
  let server = await start();
  atEnd(() => server.stop());
  return {
    address: server.address,
    async kill() {
      const guard = Number((await readFile(join(data, 'temporal.pid'), 'utf8')).split(' ')[0]);
      for (const victim of childrenOf(guard)) slay(victim);
      await server.died;
    },
    stop: () => server.stop(),
    start: () =>
      persistently(async () => {
        server = await start();
      }),
    async forget() {
      for (const end of ['', '-wal', '-shm']) await rm(join(data, `temporal.sqlite${end}`), { force: true });
    },
  };
}

/** As an operator's supervisor does: what does not start is started again. */
async function persistently(start: () => Promise<void>): Promise<void> {
  for (let tries = 20; ; tries -= 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === 0) throw error;
      await sleep(1_000);
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(Number);
  } catch {
    return [];
  }
}

function slay(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
