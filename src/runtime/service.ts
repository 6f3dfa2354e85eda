/** The composition root: makes every part, gives each what it needs, starts and stops them in order. */
import type { FastifyInstance } from 'fastify';
import { createConcurrencyCap } from '../../activities/concurrency-cap.ts';
import { createEndpointPulse } from '../../activities/endpoint-pulse.ts';
import { createActivities } from '../../activities/index.ts';
import { createUnrecordedAttempts } from '../../activities/record.ts';
import { buildApp } from '../api/app.ts';
import { createChannels } from '../channels/index.ts';
import type { Environment } from '../config.ts';
import { createAddressGuard } from '../http/address-guard.ts';
import { createSender } from '../http/send.ts';
import type { Logger } from '../logger.ts';
import { VERSION } from '../package-root.ts';
import { createPool } from '../store/pool.ts';
import { createVault, type KeyRing } from '../store/vault.ts';
import { createDispatcher } from './dispatcher.ts';
import { createEngine } from './engine.ts';
import { createInstruments } from './instruments.ts';
import type { Monitoring } from './monitoring.ts';
import { createReconciler } from './reconciler.ts';
import { prepareNamespace } from './search-attributes.ts';
import { openTemporalLink, type TemporalTarget } from './temporal-link.ts';
import { type RunningWorkers, runWorkers } from './worker.ts';
import { WORKFLOW_BUNDLE } from './workflow-bundle.ts';

export type ServiceOptions = {
  environment: Environment;
  databaseUrl: string;
  temporal: TemporalTarget;
  adminKey: string;
  keyRing: KeyRing;
  allowCidrs: readonly string[];
  allowHttp: boolean;
  /** PEM files of more certificate authorities that are trusted for destinations */
  caFiles: readonly string[];
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
  /** Takes nothing new, finishes what is in flight. */
  stop(): Promise<void>;
};

/** A Temporal that hangs must hold up neither the start nor the stop for ever. */
const PREPARE_MS = 20_000;

/** @throws Error when the port is taken, or the database cannot be reached at start */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { environment: env, logger, roles } = options;
  const db = createPool(options.databaseUrl, {
    onError: (error) => logger.warn({ reason: error.message }, 'a database connection was lost'),
  });
  await db.query('select 1 from tenants limit 1');
  const vault = createVault(options.keyRing);
  const link = openTemporalLink(options.temporal, logger);
  const engine = createEngine(link, env.TIDINGS_TASK_QUEUE, () => void prepare());
  async function prepare(): Promise<void> {
    const client = link.client();
    if (client === null) return;
    const deadline = Date.now() + PREPARE_MS;
    engine.useSearchAttributes(await client.withDeadline(deadline, () => prepareNamespace(client, logger)));
  }
  const pulse = createEndpointPulse();
  let workers: RunningWorkers | null = null;
  const instruments = createInstruments({
    environment: env,
    db,
    link,
    roles,
    isPolling: () => workers?.isPolling() ?? false,
    logger,
  });
  const { metrics, tracing, readiness, scrape } = instruments;
  const burstSize = env.TIDINGS_BURST_SIZE;
  const dispatcher = createDispatcher({ db, engine, pulse, logger, metrics, tracing, burstSize });
  const noticeIntervalMs = env.TIDINGS_NOTICE_INTERVAL_S * 1000;
  const graceMs = env.TIDINGS_RECONCILE_AFTER_S * 1000;
  const reconciler = createReconciler({ db, engine, logger, graceMs, noticeIntervalMs });
  const guard = createAddressGuard({ allowCidrs: options.allowCidrs });
  const sender = createSender({ guard, caFiles: options.caFiles });
  let url: string | null = null;
  const channels = createChannels({
    warn: (fields, message) => logger.warn(fields, message),
    smtpUrl: env.SMTP_URL,
    mailFrom: env.TIDINGS_MAIL_FROM,
    publicUrl: () => env.TIDINGS_PUBLIC_URL ?? url ?? `http://${env.TIDINGS_HOST}:${env.TIDINGS_PORT}`,
  });
  for (const { name: channel } of channels) {
    for (const result of ['sent', 'failed']) metrics.notices.inc({ channel, result }, 0);
  }
  let stopped = false;
  let giveUpWaiting: () => void = () => {};
  const toldToStop = new Promise<null>((resolve) => {
    giveUpWaiting = () => resolve(null);
  });

  async function startWorking(): Promise<void> {
    // Whoever is told to stop while Temporal is away must not wait for it.
    const connection = await Promise.race([link.connected, toldToStop]);
    if (connection === null || stopped) return;
    await prepare();
    const activities = createActivities({
      db,
      vault,
      sender,
      channels,
      logger,
      metrics,
      tracing,
      pulse,
      cap: createConcurrencyCap(env.TIDINGS_ENDPOINT_CONCURRENCY),
      unrecorded: createUnrecordedAttempts(),
      inHand: new Map(),
      random: Math.random,
      version: VERSION,
      noticeIntervalMs,
      attemptBegan: dispatcher.attemptBegan,
    });
    if (stopped) return;
    workers = await runWorkers({
      connection,
      namespace: options.temporal.namespace,
      taskQueue: env.TIDINGS_TASK_QUEUE,
      workflowBundle: options.workflowBundle ?? WORKFLOW_BUNDLE,
      activities,
      logger,
    });
    if (stopped) return;
    dispatcher.start();
    reconciler.start();
  }

  const app = roles.api
    ? await buildApp({
        db,
        vault,
        engine,
        guard,
        dispatcher: roles.worker ? dispatcher : null,
        adminKey: options.adminKey,
        allowHttp: options.allowHttp,
        maxEventBytes: env.TIDINGS_MAX_EVENT_BYTES,
        readiness,
        scrape,
        metrics,
        tracing,
        logger,
      })
    : null;
  let monitoring: Monitoring | null = null;
  try {
    monitoring = await instruments.serve();
    if (app !== null) url = await app.listen({ port: env.TIDINGS_PORT, host: env.TIDINGS_HOST });
  } catch (error) {
    await closeAll();
    throw error;
  }
  const working = roles.worker ? startWorking() : Promise.resolve();
  working.catch((error) => logger.fatal({ err: error }, 'the worker could not be started'));

  async function closeAll(): Promise<void> {
    await monitoring?.close();
    await link.close();
    await sender.close();
    await tracing.stop();
    await db.end();
  }

  return {
    url,
    monitoringUrl: monitoring?.url ?? null,
    app,
    working,
    reconcile: reconciler.round,
    async stop() {
      stopped = true;
      giveUpWaiting();
      await app?.close();
      // What is being started is stopped too, once it is there.
      await working.catch(() => {});
      await dispatcher.stop();
      await reconciler.stop();
      await workers?.stop();
      await closeAll();
    },
  };
}
