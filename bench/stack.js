/**
 * The service in its production shape: PostgreSQL with durable commits, Temporal's server on it, and `serve`, or `api` and
 * `worker` apart. Every measurement has a new one; its databases are copies of a cluster that is made once.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { readEnvironment } from '../dist/src/config/environment.js';
import { spawnGuarded } from '../dist/src/embedded/guarded-process.js';
import { startPostgres } from '../dist/src/embedded/postgres.js';
import { PACKAGE_ROOT } from '../dist/src/package-root.js';
import { migrateDatabase } from '../dist/src/runtime/processes.js';
import { distinctPorts } from './ports.js';
import { makeTables, startTemporalServer } from './temporal-server.js';
import { pause, until } from './until.js';

const run = promisify(execFile);

/** What the bench itself asks PostgreSQL is asked by a user of its own, so that it can be told apart. */
export const BENCH_USER = 'bench';
export const NAMESPACE = 'tidings';
const READY_TIMEOUT_MS = 90_000;
/** A profile is written when a process ends in order. */
const PROFILE_GRACE_MS = 75_000;

/** @typedef {{ name: string, pid: number }} Part a process with its children */
/**
 * @typedef {object} Stack
 * @property {string} url of the API
 * @property {string} adminKey
 * @property {{ id: string, key: Buffer }[]} keyRing
 * @property {string} temporalAddress
 * @property {Part[]} parts
 * @property {pg.Pool} db Tidings' database, as the bench's own user
 * @property {() => Promise<Record<string, number>>} warnings what its processes warned of, and how often
 * @property {() => Promise<void>} stop
 */

/** Makes the cluster that every stack has a copy of. @returns {Promise<void>} when it is made and stopped */
export async function prepareCluster(cluster, sqlTool) {
  await mkdir(cluster, { recursive: true });
  const start = () => startPostgres({ directory: cluster, logFile: join(cluster, 'log') });
  const first = await start();
  const client = new pg.Client({ connectionString: first.url });
  await client.connect();
  await client.query("alter system set shared_preload_libraries = 'pg_stat_statements'");
  await client.query(`create role ${BENCH_USER} superuser login password '${new URL(first.url).password}'`);
  await client.end();
  await first.stop();
  const postgres = await start();
  await makeTables(sqlTool, new URL(postgres.url));
  await migrateDatabase(readEnvironment({ DATABASE_URL: postgres.url }));
  const extension = new pg.Client({ connectionString: postgres.url });
  await extension.connect();
  await extension.query('create extension pg_stat_statements');
  await extension.end();
  await postgres.stop();
}

/**
 * @param {object} options
 * @param {string} options.folder where it may keep its data; removed when it stops
 * @param {string} options.cluster made by `prepareCluster`
 * @param {string} options.temporalServer the program
 * @param {('serve' | 'api' | 'worker')[]} options.roles the processes of Tidings
 * @param {Record<string, string>} [options.env] more environment for them
 * @param {string | null} [options.profileFolder] where they write CPU profiles
 * @returns {Promise<Stack>}
 */
export async function startStack({ folder, cluster, temporalServer, roles, env = {}, profileFolder = null }) {
  const stops = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(folder, { recursive: true });
    // PostgreSQL's files belong to PostgreSQL's user, and stay so.
    await run('cp', ['-a', cluster, join(folder, 'postgres')]);
    const postgres = await startPostgres({
      directory: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
    });
    stops.push(() => postgres.stop());
    await mustBeDurable(postgres.url);
    const benchUrl = new URL(postgres.url);
    benchUrl.username = BENCH_USER;
    const db = new pg.Pool({ connectionString: benchUrl.href, max: 2 });
    db.on('error', () => {});
    stops.push(() => db.end());
    if (profileFolder !== null) {
      await db.query('alter system set pg_stat_statements.track_planning = on');
      await db.query('select pg_reload_conf()');
    }
    const temporal = await startTemporalServer({
      program: temporalServer,
      folder: join(folder, 'temporal'),
      database: new URL(postgres.url),
    });
    stops.push(temporal.stop);
    const adminKey = randomBytes(24).toString('hex');
    const keyRing = [{ id: 'bench', key: randomBytes(32) }];
    const [port] = await distinctPorts(1);
    const settings = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      TIDINGS_PORT: String(port),
      TIDINGS_ADMIN_KEY: adminKey,
      TIDINGS_ENCRYPTION_KEYS: keyRing.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(','),
      TIDINGS_ALLOW_CIDRS: '127.0.0.0/8',
      TIDINGS_ALLOW_HTTP: 'true',
      ...env,
    };
    const parts = [
      { name: 'postgres', pid: await pidIn(join(folder, 'postgres', 'pid')) },
      { name: 'temporal', pid: await pidIn(temporal.pidFile) },
    ];
    const url = `http://127.0.0.1:${port}`;
    for (const role of roles) {
      const started = await startRole(role, {
        folder,
        settings,
        url,
        profileFolder,
      });
      stops.push(() => started.stop(profileFolder === null ? 1_000 : PROFILE_GRACE_MS));
      parts.push({ name: role, pid: started.pid });
    }
    return {
      url,
      adminKey,
      keyRing,
      temporalAddress: temporal.address,
      parts,
      db,
      warnings: () => warningsIn(folder, roles),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRole(role, { folder, settings, url, profileFolder }) {
  // Node takes these on the command line only.
  const flags = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const pidFile = join(folder, `${role}.pid`);
  const started = await spawnGuarded({
    command: process.execPath,
    args: [...flags, join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js'), role],
    stopSignal: 'TERM',
    logFile: join(folder, `${role}.log`),
    pidFile,
    cwd: folder,
    env: settings,
  });
  // A worker has no port to ask; its pollers are there some seconds after it starts, and the warm-up waits for them.
  if (role === 'worker') await pause(3_000);
  else {
    await until(() => isReady(url, role), {
      withinMs: READY_TIMEOUT_MS,
      everyMs: 200,
      ended: started.exited,
      failure: () => `tidings ${role} did not become ready:\n${started.tail()}`,
    });
  }
  return { pid: await pidIn(pidFile), stop: started.stop };
}

async function isReady(url, role) {
  try {
    const answer = await fetch(`${url}/readyz`);
    const { temporal, worker } = await answer.json();
    // An API accepts without Temporal and without a worker.
    return answer.ok && (role === 'api' || (temporal === 'ok' && worker === 'ok'));
  } catch {
    return false;
  }
}

/** Numbers without durable commits would be another product's. */
async function mustBeDurable(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')",
    );
    const off = rows.filter(({ setting }) => setting !== 'on').map(({ name }) => name);
    if (off.length > 0) throw new Error(`PostgreSQL runs without ${off.join(', ')}`);
  } finally {
    await client.end();
  }
}

/** The guard's process, whose only child is the program: lock files begin with the number. */
async function pidIn(file) {
  return Number((await readFile(file, 'utf8')).split(' ')[0]);
}

/**
 * What Tidings' processes warned of.
 * @returns {Promise<Record<string, number>>} how often, by message
 */
async function warningsIn(folder, roles) {
  const counts = {};
  for (const role of roles) {
    for (const line of (await readFile(join(folder, `${role}.log`), 'utf8')).split('\n')) {
      const entry = parsed(line);
      if ((entry?.level ?? 0) >= WARN) counts[entry.msg] = (counts[entry.msg] ?? 0) + 1;
    }
  }
  return counts;
}

const WARN = 40;

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    // A library's own line, or a line that is still being written.
    return null;
  }
}
