/** Makes the parts that API and worker of a process share: database, Temporal, secrets, address guard, observability. */
import type { Environment } from '../config/environment.ts';
import { type AddressGuard, createAddressGuard } from '../http/address-guard.ts';
import type { Authorities } from '../http/authorities.ts';
import { createListeningPorts, type ListeningPorts } from '../http/listening-ports.ts';
import type { Logger } from '../observability/logger.ts';
import { type Acceptor, createAcceptor } from '../store/acceptor.ts';
import { type ContactLinks, createContactLinks } from '../store/contact-links.ts';
import { followDatabaseClock } from '../store/database-clock.ts';
import { migrationNames } from '../store/migrate.ts';
import { createPool, type Db, isDatabaseAway } from '../store/pool.ts';
import { unusableDatabase } from '../store/unusable-database.ts';
import { createVault, type KeyRing, type Vault } from '../store/vault.ts';
import { openTemporalLink, type TemporalLink, type TemporalTarget } from '../temporal/connection.ts';
import { createEngine, type TemporalEngine } from '../temporal/engine.ts';
import { ensureSchedules } from '../temporal/schedules.ts';
import { prepareNamespace } from '../temporal/search-attributes.ts';
import { createObservability, type Observability } from './observability.ts';
import { ownServiceAddresses } from './own-service-addresses.ts';
import { createSchemaWatch, type SchemaWatch } from './schema-watch.ts';

export type ServiceOptions = {
  environment: Environment;
  databaseUrl: string;
  /** the folder of this version's migrations, which the schema must fit */
  migrations: string;
  /** the folder of the built pages; default: this package's */
  pages?: string;
  temporal: TemporalTarget;
  adminKey: string;
  keyRing: KeyRing;
  allowCidrs: readonly string[];
  allowHttp: boolean;
  /** PEM files of additional certificate authorities that are trusted for endpoints */
  caFiles: readonly string[];
  /**
   * Whether this process or a child of it listens on a port as a receiver, like the demo's, which may be called. Default: on none,
   * so that no endpoint can reach the process itself.
   */
  isReceiver?: (port: number) => boolean;
  /** trusted for PostgreSQL, the mail server and the collector of traces; default: Node's */
  authorities?: Authorities | null;
  /** `serve` is both in one process */
  roles: { api: boolean; worker: boolean };
  logger: Logger;
  /** the prebuilt workflow code; tests bundle their own */
  workflowBundle?: string;
};

export type SharedParts = {
  db: Db;
  /** connections for emits alone, so that no other query makes them wait */
  emitDb: Db;
  /** connections for the rest of the API: beside a worker some of its own, so that pages are answered while the worker uses all of `db` */
  apiDb: Db;
  acceptor: Acceptor;
  vault: Vault;
  links: ContactLinks;
  schema: SchemaWatch;
  link: TemporalLink;
  engine: TemporalEngine;
  /** Makes the namespace, its search attributes and schedules, if Temporal can be reached. */
  prepareTemporal(): Promise<void>;
  observability: Observability;
  listening: ListeningPorts;
  guard: AddressGuard;
};

/** Time for preparing Temporal, so that a server that hangs delays neither the start nor the stop for ever. */
const PREPARE_MS = 20_000;
/** Connections for emits. Most of them are in use only when emits of several tenants each wait for a lock. */
const EMIT_CONNECTIONS = 10;
/** Connections for the rest of the API, where a worker runs in the same process. */
const API_CONNECTIONS = 10;
const DATABASE_RETRY_MS = 1_000;

/**
 * Waits for the database, and makes the parts.
 * @param isPolling whether this process's workers run
 * @throws Error when the database cannot be used
 */
export async function createSharedParts(
  options: ServiceOptions,
  isPolling: () => boolean,
): Promise<SharedParts> {
  const { environment: env, logger, roles } = options;
  const authorities = options.authorities ?? null;
  const onError = (error: Error) => logger.warn({ reason: error.message }, 'a database connection was lost');
  const db = createPool(options.databaseUrl, { authorities, onError });
  const emitDb = createPool(options.databaseUrl, { authorities, onError, max: EMIT_CONNECTIONS });
  const apiDb = roles.worker
    ? createPool(options.databaseUrl, { authorities, onError, max: API_CONNECTIONS })
    : db;
  await reachDatabase(db, logger);
  await followDatabaseClock(db);
  const schema = createSchemaWatch({ db, known: await migrationNames(options.migrations), logger });
  await schema.look();
  const listening = createListeningPorts({
    ...(options.isReceiver && { isReceiver: options.isReceiver }),
    warn: (message) => logger.warn(message),
  });
  const guard = createAddressGuard({ allowCidrs: options.allowCidrs, listening });
  for (const service of ownServiceAddresses(options)) guard.protect(service);
  const temporal = createTemporalParts(options);
  return {
    db,
    emitDb,
    apiDb,
    acceptor: createAcceptor(emitDb, {
      maxRequests: env.TIDINGS_EMIT_QUEUE_REQUESTS,
      maxBytes: env.TIDINGS_EMIT_QUEUE_BYTES,
      maxWaitMs: env.TIDINGS_EMIT_QUEUE_SECONDS * 1000,
    }),
    vault: createVault(options.keyRing),
    links: createContactLinks(options.keyRing),
    schema,
    ...temporal,
    observability: createObservability({
      environment: env,
      db,
      schema,
      link: temporal.link,
      roles,
      isPolling,
      authorities: authorities?.all,
      logger,
    }),
    listening,
    guard,
  };
}

function createTemporalParts({
  environment: env,
  temporal,
  logger,
}: ServiceOptions): Pick<SharedParts, 'link' | 'engine' | 'prepareTemporal'> {
  const link = openTemporalLink(temporal, logger);
  const engine = createEngine(link, env.TIDINGS_TASK_QUEUE, () => void prepareTemporal());
  async function prepareTemporal(): Promise<void> {
    const client = link.client();
    if (client === null) return;
    const deadline = Date.now() + PREPARE_MS;
    engine.useSearchAttributes(await client.withDeadline(deadline, () => prepareNamespace(client, logger)));
    await client.withDeadline(deadline, () => ensureSchedules(client, env.TIDINGS_TASK_QUEUE, logger));
  }
  return { link, engine, prepareTemporal };
}

/**
 * Waits until the database can be reached. It is no periodic task, since the start of the process waits for it.
 * @throws Error when it can be reached but not used: a wrong password, no such database
 */
async function reachDatabase(db: Db, logger: Logger): Promise<void> {
  for (let isReported = false; ; isReported = true) {
    try {
      await db.query('select 1');
      if (isReported) logger.info('the database can be reached');
      return;
    } catch (error) {
      if (!isDatabaseAway(error)) throw unusableDatabase(error);
      const reason = (error as Error).message;
      if (!isReported) logger.warn({ reason }, 'the database cannot be reached; waiting for it');
      await new Promise((resolve) => setTimeout(resolve, DATABASE_RETRY_MS));
    }
  }
}
