/** Makes the worker of a process: Temporal workers, dispatcher, reconciler, notifications and releases of held deliveries. */
import { type ConcurrencyCap, createConcurrencyCap } from '../../activities/concurrency-cap.ts';
import { createCredentialCache } from '../../activities/credential-cache.ts';
import { createActivities } from '../../activities/index.ts';
import { createRateLimitSpacing } from '../../activities/rate-limit-spacing.ts';
import { createUnrecordedAttempts } from '../../activities/unrecorded-attempts.ts';
import { createDispatcher, type Dispatcher } from '../dispatch/dispatcher.ts';
import type { Emitter } from '../dispatch/emitter.ts';
import { createLaneSelector, type LaneSelector } from '../dispatch/lane-selector.ts';
import { createReconciler } from '../dispatch/reconciler.ts';
import { createSender } from '../http/send.ts';
import { createNotifications } from '../notifications/notifications.ts';
import { createOperationalEventRelay } from '../notifications/operational-event-relay.ts';
import { VERSION } from '../package-root.ts';
import { createPeriodicTask, type PeriodicTask } from '../periodic-task.ts';
import { createErasureCheck } from '../store/erasure-check.ts';
import { foldMetrics, pruneMetrics } from '../store/metric-folding.ts';
import { releaseDue } from '../store/rate-limits.ts';
import { createRecorder } from '../store/recorder.ts';
import { releaseMoved } from '../store/replan.ts';
import type { ServiceOptions, SharedParts } from './shared-parts.ts';
import { CUT_SHARE } from './shutdown.ts';
import { createWorkerLifecycle } from './worker-lifecycle.ts';

export type WorkerParts = {
  /** Starts what needs no Temporal at once, and the rest when Temporal can be reached. */
  start(): void;
  /** resolves when the workers poll */
  working(): Promise<void>;
  isPolling(): boolean;
  /** one round of the reconciler */
  reconcile(): Promise<number>;
  /** Stops of its parts by name, to run concurrently within `finishMs`; the dispatcher's is not among them. */
  stops(finishMs: number): Record<string, () => unknown>;
  /** Closes the sender's connections; call it after the stops. */
  close: () => unknown;
};

/** The dispatcher of a process with a worker. */
export type Dispatching = { dispatcher: Dispatcher; laneSelector: LaneSelector; cap: ConcurrencyCap };

const RELEASE_MS = 500;
const FOLD_METRICS_MS = 3_000;
const PRUNE_METRICS_MS = 600_000;
const MOVED_BATCH = 1_000;
/** Deliveries are released this long before they are due: longer than a round and the way through Temporal take, shorter than an attempt waits for its rate limit. */
const RELEASE_AHEAD_MS = 2_000;
/** Time for the mail server to take messages in flight. Another process sends the others again, with the same Message-ID. */
const MAIL_GRACE_MS = 20_000;

export function createDispatching(options: ServiceOptions, parts: SharedParts): Dispatching {
  const { db, engine, observability } = parts;
  const laneSelector = createLaneSelector();
  const cap = createConcurrencyCap(options.environment.TIDINGS_ENDPOINT_CONCURRENCY);
  const { metrics, tracing } = observability;
  const { TIDINGS_BURST_SIZE: burstSize, TIDINGS_START_REST_MS: startRestMs } = options.environment;
  const { logger } = options;
  return {
    dispatcher: createDispatcher({
      db,
      engine,
      laneSelector,
      cap,
      logger,
      metrics,
      tracing,
      burstSize,
      startRestMs,
    }),
    laneSelector,
    cap,
  };
}

/** @param publicUrl where people reach the API, without a trailing slash */
// Long because starting and stopping share what is made here.
export function createWorkerParts(
  options: ServiceOptions,
  parts: SharedParts,
  { dispatcher, laneSelector, cap }: Dispatching,
  emitter: Emitter,
  publicUrl: () => string,
): WorkerParts {
  const { environment: env, logger } = options;
  const { db, engine } = parts;
  const { metrics } = parts.observability;
  const sender = createSender({
    guard: parts.guard,
    caFiles: options.caFiles,
    egressProxy: env.TIDINGS_EGRESS_PROXY,
    warn: (message) => logger.warn(message),
  });
  const notifications = createNotifications({
    environment: env,
    db,
    links: parts.links,
    sender,
    authorities: options.authorities?.all,
    publicUrl,
    metrics,
    logger,
  });
  const reconciler = createReconciler({
    db,
    engine,
    metrics,
    logger,
    graceMs: env.TIDINGS_RECONCILE_AFTER_S * 1000,
    noticeIntervalMs: env.TIDINGS_NOTICE_INTERVAL_S * 1000,
    taskQueue: env.TIDINGS_TASK_QUEUE,
  });
  const eventRelay = createOperationalEventRelay({
    db,
    rules: notifications.rules,
    emitter,
    metrics,
    logger,
  });
  const releasing = createReleasing(options, parts);
  const counting = createCounting(options, parts);
  const activities = createActivities({
    ...activityDeps(options, parts),
    sender,
    laneSelector,
    cap,
    telling: notifications.rules,
    attemptBegan: dispatcher.attemptBegan,
    attemptEnded: dispatcher.attemptEnded,
  });
  const workers = createWorkerLifecycle(options, parts, activities, () => {
    for (const part of [dispatcher, reconciler, eventRelay, releasing, ...counting]) part.start();
  });

  return {
    start() {
      // Messages in the outbox go out without Temporal.
      notifications.messageSender.start();
      workers.start();
    },
    working: workers.working,
    isPolling: workers.isPolling,
    reconcile: reconciler.round,
    stops: (finishMs) => ({
      reconciler: reconciler.stop,
      'operational event relay': eventRelay.stop,
      'message sender': () => notifications.messageSender.stop(Math.min(finishMs * CUT_SHARE, MAIL_GRACE_MS)),
      'release of held deliveries': releasing.stop,
      'metrics over time': () => Promise.all(counting.map((task) => task.stop())),
      workers: workers.stop,
    }),
    close: sender.close,
  };
}

function createReleasing({ logger }: ServiceOptions, { db, observability }: SharedParts): PeriodicTask {
  return createPeriodicTask({
    name: 'release of held deliveries',
    everyMs: RELEASE_MS,
    work: async () => {
      await releaseDue(db, RELEASE_AHEAD_MS);
      while ((await releaseMoved(db, MOVED_BATCH)) === MOVED_BATCH);
    },
    logger,
    failures: observability.metrics.taskFailures,
    failed: 'held deliveries could not be released',
  });
}

function createCounting({ logger }: ServiceOptions, { db, observability }: SharedParts): PeriodicTask[] {
  const failures = observability.metrics.taskFailures;
  return [
    createPeriodicTask({
      name: 'counting of attempts',
      everyMs: FOLD_METRICS_MS,
      work: () => foldMetrics(db),
      logger,
      failures,
      failed: 'attempts could not be counted; they are counted in a later round',
    }),
    createPeriodicTask({
      name: 'deletion of old counts',
      everyMs: PRUNE_METRICS_MS,
      work: () => pruneMetrics(db),
      logger,
      failures,
      failed: 'old counts of attempts could not be deleted',
    }),
  ];
}

/** Dependencies of the activities, except the parts of the worker itself. */
function activityDeps({ environment: env, logger }: ServiceOptions, parts: SharedParts) {
  const { db, vault, observability } = parts;
  return {
    db,
    vault,
    logger,
    metrics: observability.metrics,
    tracing: observability.tracing,
    credentials: createCredentialCache(),
    rateLimitSpacing: createRateLimitSpacing(),
    recorder: createRecorder(db, {
      disableAfterMs: env.TIDINGS_DISABLE_AFTER_S * 1000,
      onBroken: (delivery, error) =>
        logger.error(
          { err: error, delivery },
          'an attempt could not be recorded in full, because a value is not valid',
        ),
    }),
    isErased: createErasureCheck(db),
    unrecorded: createUnrecordedAttempts(),
    inFlight: new Map(),
    random: Math.random,
    version: VERSION,
    payloadRetentionDays: env.TIDINGS_PAYLOAD_RETENTION_DAYS,
  };
}
