/**
 * The service in its production shape: PostgreSQL with durable commits, Temporal's server on it, and `serve`, or `api` and
 * `worker` apart. Every measurement has a new one; its databases are copies of a cluster that is made once.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type GuardedProcess, spawnGuarded } from '../src/embedded/guarded-process.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import type { KeyRing } from '../src/store/vault.ts';
import { type Build, commandOf } from './build.ts';
import { BENCH_USER } from './cluster.ts';
import { pause } from './pause.ts';
import { distinctPorts } from './ports.ts';
import { type Part, pidIn } from './processes.ts';
import { startTemporalServer } from './temporal-server.ts';
import { warningsIn } from './warnings.ts';

const run = promisify(execFile);

export const NAMESPACE = 'tidings';
/** A profile is written when a process ends in order. */
const PROFILE_GRACE_MS = 75_000;
const GRACE_MS = 1_000;
/** A worker has no port to ask. Its pollers are there some seconds after it starts, and the warm-up waits for them. */
const WORKER_START_MS = 3_000;

/** A command of Tidings that runs as a process. */
export type Role = 'serve' | 'api' | 'worker';

export type Stack = {
  /** of the API */
  url: string;
  adminKey: string;
  keyRing: KeyRing;
  temporalAddress: string;
  parts: Part[];
  /** Tidings' database, as the bench's own user */
  db: pg.Pool;
  /** @returns how often its processes warned, by message */
  warnings(): Promise<Record<string, number>>;
  stop(): Promise<void>;
};

export type StackOptions = {
  /** where it may keep its data; removed when it stops */
  folder: string;
  build: Build;
  /** made by `prepareCluster` for this build */
  cluster: string;
  /** the program */
  temporalServer: string;
  roles: readonly Role[];
  /** more environment for them */
  env: Record<string, string>;
  /** where they write CPU profiles, if they shall */
  profileFolder: string | null;
};

/**
 * @returns once everything answers
 * @throws Error with what a part wrote last when it does not start; nothing is left then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, roles, profileFolder } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const postgres = await startDatabase(options, stops);
    const temporal = await startTemporalServer({
      program: options.temporalServer,
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
      ...options.env,
    };
    const parts = [
      { name: 'postgres', pid: pidIn(join(folder, 'postgres', 'pid')) },
      { name: 'temporal', pid: pidIn(temporal.pidFile) },
    ];
    const url = `http://127.0.0.1:${port}`;
    for (const role of roles) {
      const started = await startRole(role, { options, settings, url });
      stops.push(() => started.process.stop(profileFolder === null ? GRACE_MS : PROFILE_GRACE_MS));
      parts.push({ name: role, pid: started.pid });
    }
    return {
      ...{ url, adminKey, keyRing, parts, stop, db: postgres.db, temporalAddress: temporal.address },
      warnings: () => warningsIn(roles.map((role) => logOf(folder, role))),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(
  { folder, cluster, profileFolder }: StackOptions,
  stops: (() => Promise<void>)[],
): Promise<{ url: string; db: pg.Pool }> {
  await mkdir(folder, { recursive: true });
  // PostgreSQL's files belong to PostgreSQL's user, and stay so.
  await run('cp', ['-a', cluster, join(folder, 'postgres')]);
  const { url, stop } = await startPostgres({
    directory: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
  });
  stops.push(() => stop());
  await mustBeDurable(url);
  const benchUrl = new URL(url);
  benchUrl.username = BENCH_USER;
  const db = new pg.Pool({ connectionString: benchUrl.href, max: 2 });
  db.on('error', () => {});
  stops.push(() => db.end());
  if (profileFolder !== null) {
    await db.query('alter system set pg_stat_statements.track_planning = on');
    await db.query('select pg_reload_conf()');
  }
  return { url, db };
}

const logOf = (folder: string, role: Role) => join(folder, `${role}.log`);

async function startRole(
  role: Role,
  how: { options: StackOptions; settings: NodeJS.ProcessEnv; url: string },
): Promise<{ pid: number; process: GuardedProcess }> {
  const { folder, build, profileFolder } = how.options;
  // Node takes these on the command line only.
  const flags = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const pidFile = join(folder, `${role}.pid`);
  const started = await spawnGuarded({
    command: process.execPath,
    args: [...flags, commandOf(build), role],
    stopSignal: 'TERM',
    logFile: logOf(folder, role),
    pidFile,
    cwd: folder,
    env: how.settings,
  });
  const name = `tidings ${role}`;
  if (role !== 'worker') await started.ready(name, () => mustBeReady(how.url, role));
  else {
    const failed = started.died.then((said) => {
      throw new Error(`${name} did not start:\n${said}`);
    });
    await Promise.race([pause(WORKER_START_MS), failed]);
  }
  return { pid: pidIn(pidFile), process: started };
}

async function mustBeReady(url: string, role: Role): Promise<void> {
  const answer = await fetch(`${url}/readyz`);
  const { temporal, worker } = (await answer.json()) as Record<string, unknown>;
  // An API accepts without Temporal and without a worker.
  const isReady = answer.ok && (role === 'api' || (temporal === 'ok' && worker === 'ok'));
  if (!isReady) throw new Error(`It is not ready: Temporal ${temporal}, worker ${worker}`);
}

/** Numbers without durable commits would be another product's. */
async function mustBeDurable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')",
    );
    const off = rows.filter(({ setting }) => setting !== 'on').map(({ name }) => name);
    if (off.length > 0) throw new Error(`PostgreSQL runs without ${off.join(', ')}`);
  } finally {
    await client.end();
  }
}
