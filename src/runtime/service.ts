/** The composition root: makes every part, gives each what it needs, starts and stops them in order. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createConcurrencyCap } from '../../activities/concurrency-cap.ts';
import { createActivities } from '../../activities/index.ts';
import { createRateLimitSpacing } from '../../activities/rate-limit-spacing.ts';
import { createUnrecordedAttempts } from '../../activities/unrecorded-attempts.ts';
import { buildApp } from '../api/app.ts';
import { createEmitCache } from '../api/emit-cache.ts';
import type { Environment } from '../config/environment.ts';
import { createDispatcher } from '../dispatch/dispatcher.ts';
import { createLaneSelector } from '../dispatch/lane-selector.ts';
import { createReconciler } from '../dispatch/reconciler.ts';
import { createAddressGuard } from '../http/address-guard.ts';
import type { Authorities } from '../http/authorities.ts';
import { createListeningPorts } from '../http/listening-ports.ts';
import { createSender } from '../http/send.ts';
import { createSchemaPool } from '../json-schema/schema-pool.ts';
import { createNotifications, messageBounds } from '../notifications/notifications.ts';
import { createOperationalEventRelay } from '../notifications/operational-event-relay.ts';
import type { Logger } from '../observability/logger.ts';
import type { Monitoring } from '../observability/monitoring-server.ts';
import { VERSION } from '../package-root.ts';
import { createPeriodicTask } from '../periodic-task.ts';
import { createAcceptor } from '../store/acceptor.ts';
import { analyzeGrown } from '../store/analyze.ts';
import { createContactLinks } from '../store/contact-links.ts';
import { followDatabaseClock } from '../store/database-clock.ts';
import { migrationNames } from '../store/migrate.ts';
import { createPool, type Db, isDatabaseAway } from '../store/pool.ts';
import { releaseDue } from '../store/rate-limits.ts';
import { createRecorder } from '../store/records.ts';
import { releaseMoved } from '../store/replan.ts';
import { createVault, type KeyRing } from '../store/vault.ts';
import { openTemporalLink, type TemporalTarget } from '../temporal/connection.ts';
import { createEngine } from '../temporal/engine.ts';
import { ensureSchedules } from '../temporal/schedules.ts';
import { prepareNamespace } from '../temporal/search-attributes.ts';
import { type RunningWorkers, runWorkers } from '../temporal/worker.ts';
import { WORKFLOW_BUNDLE } from '../temporal/workflow-bundle.ts';
import { createObservability } from './observability.ts';
import { ownServiceAddresses } from './own-service-addresses.ts';
import { createSchemaWatch } from './schema-watch.ts';
import { shutdownPlan, stopTogether } from './shutdown.ts';

export type ServiceOptions = {
  environment: Environment;
  databaseUrl: string;
  /** the folder of this version's migrations, which the schema must fit */
  migrations: string;
  temporal: TemporalTarget;
  adminKey: string;
  keyRing: KeyRing;
  allowCidrs: readonly string[];
  allowHttp: boolean;
  /** PEM files of more certificate authorities that are trusted for destinations */
  caFiles: readonly string[];
  /**
   * Ports on which this process or a child of it listens as a receiver, such as the demo's: they may be dialled. Default: none,
   * so that nothing of ours is reached.
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

export type Service = {
  /** of the API; null without that role */
  url: string | null;
  /** of the server for /metrics and the probes; null where none was asked for */
  monitoringUrl: string | null;
  app: FastifyInstance | null;
  /** resolves when the workers poll, which they do once Temporal can be reached */
  working: Promise<void>;
  /** one round of the reconciler, for those who do not want to wait for its turn */
  reconcile(): Promise<number>;
  /**
   * Takes nothing new, finishes what is in flight.
   * @param withinMs after so long it resolves whatever hangs; `TIDINGS_SHUTDOWN_SECONDS` by default
   */
  stop(withinMs?: number): Promise<void>;
};

/** A Temporal that hangs must hold up neither the start nor the stop for ever. */
const PREPARE_MS = 20_000;
/** Beside those for everything else. Most are in use only where emits of several tenants wait for locks of their own. */
const EMIT_CONNECTIONS = 10;
const DATABASE_RETRY_MS = 1_000;
const PACE_MS = 500;
const MOVED_BATCH = 1_000;
/** Longer than a round in which held deliveries are released and the way through Temporal, shorter than an attempt waits for its place. */
const PACE_AHEAD_MS = 2_000;
const STATISTICS_MS = 1_000;
/** Of the time to finish: what then still hangs is cut off while there is time to write that down. */
const CUT_SHARE = 0.9;
/** A message that the mail server has not taken by then goes out again elsewhere, as the same message. */
const MAIL_GRACE_MS = 20_000;
const CLOCK_MS = 10_000;

/**
 * Waits for a database that is away, as everything else here does once it runs.
 * @throws Error when it is there and not as it should be: another password, no such database
 */
async function reachDatabase(db: Db, logger: Logger): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    try {
      await db.query('select 1');
      if (isTold) logger.info('the database is there');
      return;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      const reason = (error as Error).message;
      if (!isTold) logger.warn({ reason }, 'the database cannot be reached; waiting for it');
      await new Promise((resolve) => setTimeout(resolve, DATABASE_RETRY_MS));
    }
  }
}

/** @throws Error when the port is taken, or the database cannot be used */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { environment: env, logger, roles } = options;
  const authorities = options.authorities ?? null;
  const onError = (error: Error) => logger.warn({ reason: error.message }, 'a database connection was lost');
  const db = createPool(options.databaseUrl, { authorities, onError });
  const emitDb = createPool(options.databaseUrl, { authorities, onError, max: EMIT_CONNECTIONS });
  await reachDatabase(db, logger);
  await followDatabaseClock(db);
  const schema = createSchemaWatch({ db, known: await migrationNames(options.migrations), logger });
  await schema.look();
  const vault = createVault(options.keyRing);
  const link = openTemporalLink(options.temporal, logger);
  const engine = createEngine(link, env.TIDINGS_TASK_QUEUE, () => void prepare());
  async function prepare(): Promise<void> {
    const client = link.client();
    if (client === null) return;
    const deadline = Date.now() + PREPARE_MS;
    engine.useSearchAttributes(await client.withDeadline(deadline, () => prepareNamespace(client, logger)));
    await client.withDeadline(deadline, () => ensureSchedules(client, env.TIDINGS_TASK_QUEUE, logger));
  }
  const laneSelector = createLaneSelector();
  let workers: RunningWorkers | null = null;
  const observability = createObservability({
    environment: env,
    db,
    schema,
    link,
    roles,
    isPolling: () => workers?.isPolling() ?? false,
    authorities: authorities?.all,
    logger,
  });
  const { metrics, tracing, readiness, scrape } = observability;
  const burstSize = env.TIDINGS_BURST_SIZE;
  const dispatcher = createDispatcher({ db, engine, laneSelector, logger, metrics, tracing, burstSize });
  const noticeIntervalMs = env.TIDINGS_NOTICE_INTERVAL_S * 1000;
  const shutdownMs = env.TIDINGS_SHUTDOWN_SECONDS * 1000;
  const graceMs = env.TIDINGS_RECONCILE_AFTER_S * 1000;
  const reconciler = createReconciler({
    db,
    engine,
    logger,
    graceMs,
    noticeIntervalMs,
    taskQueue: env.TIDINGS_TASK_QUEUE,
  });
  const listening = createListeningPorts({
    ...(options.isReceiver && { isReceiver: options.isReceiver }),
    warn: (message) => logger.warn(message),
  });
  const guard = createAddressGuard({ allowCidrs: options.allowCidrs, listening });
  for (const service of ownServiceAddresses(options)) guard.protect(service);
  const sender = createSender({
    guard,
    caFiles: options.caFiles,
    egressProxy: env.TIDINGS_EGRESS_PROXY,
    warn: (message) => logger.warn(message),
  });
  let url: string | null = null;
  const links = createContactLinks(options.keyRing);
  const telling = createNotifications({
    environment: env,
    db,
    links,
    authorities: authorities?.all,
    publicUrl: () => env.TIDINGS_PUBLIC_URL ?? url ?? `http://${env.TIDINGS_HOST}:${env.TIDINGS_PORT}`,
    metrics,
    logger,
  });
  const eventRelay = createOperationalEventRelay({ db, rules: telling.rules, dispatcher, logger });
  const rateLimitReleaser = createPeriodicTask({
    everyMs: PACE_MS,
    work: async () => {
      await releaseDue(db, PACE_AHEAD_MS);
      while ((await releaseMoved(db, MOVED_BATCH)) === MOVED_BATCH);
    },
    logger,
    failed: 'a round in which held deliveries are released failed',
  });
  const statistics = createPeriodicTask({
    everyMs: STATISTICS_MS,
    work: () => analyzeGrown(db),
    logger,
    failed: 'tables that have grown could not be analysed',
  });
  const clock = createPeriodicTask({
    everyMs: CLOCK_MS,
    work: () => followDatabaseClock(db),
    logger,
    failed: "the database's clock could not be read",
  });
  let stopped = false;
  let giveUpWaiting: () => void = () => {};
  const toldToStop = new Promise<null>((resolve) => {
    giveUpWaiting = () => resolve(null);
  });

  async function startWorking(): Promise<void> {
    // Whoever is told to stop while Temporal is away, or the schema does not fit, must not wait for it.
    const ready = Promise.all([link.connected, schema.fits]).then(([connection]) => connection);
    const connection = await Promise.race([ready, toldToStop]);
    if (connection === null || stopped) return;
    await prepare();
    const activities = createActivities({
      db,
      vault,
      sender,
      logger,
      metrics,
      tracing,
      laneSelector,
      cap: createConcurrencyCap(env.TIDINGS_ENDPOINT_CONCURRENCY),
      rateLimitSpacing: createRateLimitSpacing(),
      recorder: createRecorder(db, {
        disableAfterMs: env.TIDINGS_DISABLE_AFTER_S * 1000,
        onBroken: (delivery, error) =>
          logger.error({ err: error, delivery }, 'an attempt cannot be recorded as it was'),
      }),
      unrecorded: createUnrecordedAttempts(),
      inFlight: new Map(),
      random: Math.random,
      version: VERSION,
      telling: telling.rules,
      payloadRetentionDays: env.TIDINGS_PAYLOAD_RETENTION_DAYS,
      attemptBegan: dispatcher.attemptBegan,
      attemptEnded: dispatcher.attemptEnded,
    });
    if (stopped) return;
    workers = await runWorkers({
      connection,
      namespace: options.temporal.namespace,
      taskQueue: env.TIDINGS_TASK_QUEUE,
      workflowBundle: options.workflowBundle ?? WORKFLOW_BUNDLE,
      activities,
      graceMs: shutdownPlan(shutdownMs).finishMs,
      logger,
    });
    if (stopped) return;
    dispatcher.start();
    reconciler.start();
    eventRelay.start();
    rateLimitReleaser.start();
  }

  const schemas = createSchemaPool({
    threads: env.TIDINGS_SCHEMA_THREADS,
    msPerS: env.TIDINGS_SCHEMA_MS_PER_S,
    logger,
  });
  const app = roles.api
    ? await buildApp({
        db,
        vault,
        emitDb,
        acceptor: createAcceptor(emitDb, {
          maxRequests: env.TIDINGS_EMIT_QUEUE_REQUESTS,
          maxBytes: env.TIDINGS_EMIT_QUEUE_BYTES,
          maxWaitMs: env.TIDINGS_EMIT_QUEUE_SECONDS * 1000,
        }),
        emitCache: createEmitCache(emitDb),
        schemas,
        engine,
        guard,
        dispatcher: roles.worker ? dispatcher : null,
        adminKey: options.adminKey,
        tenantKeyRatePerS: env.TIDINGS_TENANT_KEY_RATE,
        wrongKeysPerS: env.TIDINGS_WRONG_KEY_RATE,
        pressesPerMinute: env.TIDINGS_PRESSES_PER_MINUTE,
        operationRatePerS: env.TIDINGS_OPERATION_RATE,
        operationsPerTenant: env.TIDINGS_OPERATIONS_PER_TENANT,
        testsPerEndpoint: env.TIDINGS_TESTS_PER_ENDPOINT,
        testsPerTenant: env.TIDINGS_TESTS_PER_TENANT,
        allowHttp: options.allowHttp,
        contacts: {
          links,
          verify: env.TIDINGS_VERIFY_CONTACTS,
          max: env.TIDINGS_CONTACTS_PER_TENANT,
          bounds: messageBounds(env),
        },
        maxBodyBytes: env.TIDINGS_BODY_BYTES,
        maxEventBytes: env.TIDINGS_MAX_EVENT_BYTES,
        maxOwnTypes: env.TIDINGS_MAX_OWN_EVENT_TYPES,
        maxSchemaBytes: env.TIDINGS_MAX_SCHEMA_BYTES,
        schema,
        readiness,
        scrape,
        metrics,
        tracing,
        logger,
      })
    : null;
  statistics.start();
  schema.start();
  // Needs no Temporal: what is in the outbox goes out without it.
  if (roles.worker) telling.messageSender.start();
  clock.start();
  let monitoring: Monitoring | null = null;
  try {
    monitoring = await observability.serve();
    if (app !== null) url = await listen(app);
  } catch (error) {
    await closeAll();
    throw error;
  }
  // What a URL says is judged by the last look: the first one is taken when everything of ours listens.
  void listening.look();
  const working = roles.worker ? startWorking() : Promise.resolve();
  working.catch((error) => logger.fatal({ err: error }, 'the worker could not be started'));

  async function listen(app: FastifyInstance): Promise<string> {
    const address = await app.listen({ port: env.TIDINGS_PORT, host: env.TIDINGS_HOST });
    // `localhost` listens on two addresses.
    for (const { address: host, port } of app.addresses() as AddressInfo[]) guard.protect({ host, port });
    return address;
  }

  async function closeAll(withinMs = shutdownPlan(shutdownMs).closeMs): Promise<void> {
    await stopTogether(
      {
        monitoring: () => monitoring?.close(),
        Temporal: link.close,
        sender: sender.close,
        tracing: tracing.stop,
        schemas: schemas.close,
        database: () => Promise.all([db.end(), emitDb.end()]),
      },
      withinMs,
      logger,
    );
  }

  /** What is being started is stopped too, once it is there. */
  async function stopWorkers(): Promise<void> {
    await workers?.stop();
    await working.catch(() => {});
    await workers?.stop();
  }

  /** Those who wait for an answer get it while there is time; then their connections are cut. */
  async function stopApi(finishMs: number): Promise<void> {
    if (app === null) return;
    const timer = setTimeout(() => app.server.closeAllConnections(), finishMs * CUT_SHARE);
    await app.close();
    clearTimeout(timer);
  }

  return {
    url,
    monitoringUrl: monitoring?.url ?? null,
    app,
    working,
    reconcile: reconciler.round,
    async stop(withinMs = shutdownMs) {
      stopped = true;
      giveUpWaiting();
      const { finishMs, closeMs } = shutdownPlan(withinMs);
      const { messageSender } = telling;
      await stopTogether(
        {
          // What the API has accepted to the last goes back for others to take.
          'API and dispatcher': () =>
            Promise.all([stopApi(finishMs), dispatcher.stop()]).then(() => dispatcher.stop()),
          reconciler: reconciler.stop,
          eventRelay: eventRelay.stop,
          messageSender: () => messageSender.stop(Math.min(finishMs * CUT_SHARE, MAIL_GRACE_MS)),
          rateLimitReleaser: rateLimitReleaser.stop,
          statistics: statistics.stop,
          'schema watch': schema.stop,
          clock: clock.stop,
          workers: stopWorkers,
        },
        finishMs,
        logger,
      );
      await closeAll(closeMs);
    },
  };
}
