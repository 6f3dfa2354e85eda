/** Processes of Tidings: everything embedded in one, or production processes on a PostgreSQL and a Temporal that the operator runs. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ConfigError, type Environment } from '../config/environment.ts';
import { keysFromEnvironment, keysOfDataDirectory } from '../config/keys.ts';
import { type Needs, requireUsable } from '../config/settings.ts';
import { type EmbeddedParts, startEmbedded } from '../embedded/embedded.ts';
import { freePort } from '../embedded/free-port.ts';
import { type Authorities, trustedAuthorities } from '../http/authorities.ts';
import type { Logger } from '../observability/logger.ts';
import { MIGRATIONS } from '../package-root.ts';
import { migrate } from '../store/migrate.ts';
import { createPool } from '../store/pool.ts';
import { type ReencryptCount, reencryptAll } from '../store/reencrypt.ts';
import { unusableDatabase } from '../store/unusable-database.ts';
import { createVault } from '../store/vault.ts';
import type { TemporalTarget } from '../temporal/connection.ts';
import { temporalFromEnvironment } from '../temporal/target.ts';
import { type Service, startService } from './service.ts';
import { stopTogether } from './shutdown.ts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Environment variables that the processes need. */
export const PRODUCTION: Needs = { keys: true, database: true, temporal: true };
export const EMBEDDED: Needs = { api: true, embedded: true };

/** @returns the names of the migrations that were applied. @throws ConfigError without DATABASE_URL */
export async function migrateDatabase(
  environment: Environment,
  say: (line: string) => void,
): Promise<string[]> {
  return migrateAt(requireDatabase(environment), authoritiesOf(environment), say);
}

async function migrateAt(
  databaseUrl: string,
  authorities: Authorities | null,
  say: (line: string) => void,
): Promise<string[]> {
  const db = createPool(databaseUrl, { max: 1, patient: true, authorities });
  try {
    return await migrate(db, MIGRATIONS, { say });
  } catch (error) {
    throw unusableDatabase(error);
  } finally {
    await db.end();
  }
}

/** Encrypts every secret in the database with the first encryption key. @throws ConfigError naming what is missing */
export async function reencryptDatabase(environment: Environment): Promise<ReencryptCount> {
  const { keyRing } = keysFromEnvironment(environment);
  const authorities = authoritiesOf(environment);
  const db = createPool(requireDatabase(environment), { max: 1, patient: true, authorities });
  try {
    return await reencryptAll(db, createVault(keyRing));
  } catch (error) {
    throw unusableDatabase(error);
  } finally {
    await db.end();
  }
}

/** Starts a production process. @throws ConfigError naming what the environment lacks */
export async function runProcess(
  environment: Environment,
  roles: { api: boolean; worker: boolean },
  logger: Logger,
): Promise<Service> {
  requireUsable(environment, { ...PRODUCTION, api: roles.api });
  const { adminKey, keyRing } = keysFromEnvironment(environment);
  const authorities = authoritiesOf(environment);
  return startService({
    environment,
    databaseUrl: requireDatabase(environment),
    migrations: MIGRATIONS,
    temporal: temporalFromEnvironment(environment, authorities),
    authorities,
    adminKey,
    keyRing,
    roles,
    logger,
    allowCidrs: environment.TIDINGS_ALLOW_CIDRS,
    allowHttp: environment.TIDINGS_ALLOW_HTTP ?? false,
    caFiles: caFilesOf(environment),
  });
}

export type EmbeddedService = {
  service: Service;
  dataDir: string;
  adminKey: string;
  databaseUrl: string;
  temporal: TemporalTarget;
  stop(): Promise<void>;
};

/** Starts everything in one process. PostgreSQL and Temporal are those that the environment names, otherwise embedded. */
// Long because what fails after the embedded parts have started must stop them.
export async function runEmbedded(
  environment: Environment,
  options: {
    logger: Logger;
    progress: (line: string) => void;
    caFiles?: string[];
    /** whether a port of this process is a receiver: the demo's */
    isReceiver?: (port: number) => boolean;
  },
): Promise<EmbeddedService> {
  const { logger, progress } = options;
  requireUsable(environment, EMBEDDED);
  const authorities = authoritiesOf(environment);
  const dataDir = resolve(environment.TIDINGS_DATA_DIR);
  const { adminKey, keyRing } = await keysOfDataDirectory(environment, dataDir);
  const parts = await startEmbedded({
    dataDir,
    wanted: {
      postgres: environment.DATABASE_URL === undefined,
      temporal: environment.TEMPORAL_ADDRESS === undefined,
    },
    temporalCli: environment.TIDINGS_TEMPORAL_CLI,
    logger,
    progress,
  });
  try {
    const databaseUrl = parts.databaseUrl ?? requireDatabase(environment);
    const temporal = temporalOf(parts, environment, authorities);
    await migrateAt(databaseUrl, authorities, (line) => logger.info(line));
    const service = await startOnFreePort({
      environment,
      databaseUrl,
      migrations: MIGRATIONS,
      temporal,
      authorities,
      adminKey,
      keyRing,
      roles: { api: true, worker: true },
      logger,
      allowCidrs: [...environment.TIDINGS_ALLOW_CIDRS, ...loopbackAllowance(environment, logger)],
      allowHttp: environment.TIDINGS_ALLOW_HTTP ?? true,
      caFiles: [...caFilesOf(environment), ...(options.caFiles ?? [])],
      ...(options.isReceiver && { isReceiver: options.isReceiver }),
    });
    return {
      service,
      dataDir,
      adminKey,
      databaseUrl,
      temporal,
      async stop() {
        const shutdownMs = environment.TIDINGS_SHUTDOWN_SECONDS * 1000;
        const partsMs = Math.min(PARTS_MAX_MS, shutdownMs * PARTS_SHARE);
        await service.stop(shutdownMs - partsMs);
        // A part that has not ended by then is killed; the rest of the time is for that.
        await stopTogether({ 'embedded parts': () => parts.stop(partsMs * 0.8) }, partsMs, logger);
      },
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function temporalOf(
  parts: EmbeddedParts,
  environment: Environment,
  authorities: Authorities | null,
): TemporalTarget {
  if (parts.temporal === null) return temporalFromEnvironment(environment, authorities);
  const { address, uiUrl } = parts.temporal;
  return { connection: { address }, namespace: 'default', uiUrl };
}

function requireDatabase({ DATABASE_URL: url }: Environment): string {
  if (url !== undefined) return url;
  throw new ConfigError(
    'DATABASE_URL must be set (postgres://…), or use `npm start`, which runs a PostgreSQL of its own.',
  );
}

const PORTS_TO_TRY = 20;
/** Share of the time to stop that the embedded parts get. They end after everything that uses them. */
const PARTS_SHARE = 0.3;
const PARTS_MAX_MS = 10_000;

/** Starts on TIDINGS_PORT if it is set, otherwise on the next free port, so that several instances can run on one machine. */
async function startOnFreePort(options: Parameters<typeof startService>[0]): Promise<Service> {
  const { TIDINGS_PORT: wanted, TIDINGS_HOST: host } = options.environment;
  if (process.env.TIDINGS_PORT) return startService(options);
  for (let tries = PORTS_TO_TRY; ; tries -= 1) {
    const port = await freePort(wanted, PORTS_TO_TRY, host);
    try {
      return await startService({ ...options, environment: { ...options.environment, TIDINGS_PORT: port } });
    } catch (error) {
      // Another instance was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === 0) throw error;
    }
  }
}

/** Allows endpoints on this machine, but only while the API listens on loopback, so that nobody else can ask for them. */
function loopbackAllowance({ TIDINGS_HOST: host }: Environment, logger: Logger): string[] {
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (!isLoopback) {
    logger.warn(
      { host },
      'listening beyond loopback: loopback destinations are not allowed (see TIDINGS_ALLOW_CIDRS)',
    );
    return [];
  }
  logger.info('embedded mode: loopback destinations and plain http are allowed');
  return LOOPBACK;
}

/** What the operator adds to the authorities that Node trusts. */
const authoritiesOf = (environment: Environment) => trustedAuthorities(caFilesOf(environment));

const caFilesOf = ({ TIDINGS_CA_FILE: file }: Environment) => (file === undefined ? [] : [file]);
