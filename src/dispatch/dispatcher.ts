/**
 * Starts workflows for accepted deliveries. A lone event gets its workflow at once. Deliveries that come while the throttle is shut share
 * one, like a database's group commit: no delay when it is quiet, batches that grow with the load.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../domain/errors.ts';
import { LANES, type Lane } from '../domain/lane.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Span, Tracing } from '../observability/tracing.ts';
import { createPeriodicTask } from '../periodic-task.ts';
import { profileOrDefault } from '../profiles/index.ts';
import {
  DISPATCH_CHANNEL,
  type DispatchableDelivery,
  endLeases,
  expireLeases,
  renewLeases,
  returnLeases,
  takeLeases,
} from '../store/leases.ts';
import { type Db, isDatabaseAway } from '../store/pool.ts';
import type { StartRequest, TemporalEngine } from '../temporal/engine.ts';
import { type Crowds, countEvents, DispatchQueue } from './dispatch-queue.ts';
import type { LaneSelector } from './lane-selector.ts';
import { LaneThrottle } from './lane-throttle.ts';
import { listenForNotify } from './notify-listener.ts';
import { startRequest } from './start-request.ts';

export type Dispatcher = {
  /** the name of this process in the leases */
  owner: string;
  leaseMs: number;
  /** Takes up rows that were just accepted under this dispatcher's lease. */
  offer(rows: DispatchableDelivery[]): void;
  /** Notes that an attempt of the workflow has begun, so that the lane's throttle may open. */
  attemptBegan(workflowId: string): void;
  /** Notes that it has ended. */
  attemptEnded(workflowId: string): void;
  start(): void;
  stop(): Promise<void>;
};

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const POLL_MS = 1_000;
const POLL_BATCH = 1_000;
/** The pause before the next poll while some endpoint is crowded, as a multiple of the last poll's duration. */
const CROWDED_PAUSE = 10;

// Long because taking, starting, renewing and giving back share one queue and one end.
export function createDispatcher(deps: {
  db: Db;
  engine: TemporalEngine;
  laneSelector: LaneSelector;
  /** the concurrency cap of this process's attempts */
  cap: Crowds & { onRoom(listener: () => void): void };
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  /** deliveries that may share a workflow; 1 gives every event its own */
  burstSize: number;
  /** the longest rest of the quick lane after the start of a workflow; 0: none */
  startRestMs: number;
}): Dispatcher {
  const { db, engine, laneSelector, logger, metrics, burstSize } = deps;
  const owner = `dispatcher-${randomUUID()}`;
  const queue = new DispatchQueue(deps.cap);
  const throttles = LANES.map((lane) => {
    const throttle: LaneThrottle = new LaneThrottle(lane, {
      full: burstSize,
      restMs: deps.startRestMs,
      onRelease: () => startNext(throttle),
    });
    return throttle;
  });
  let running = false;
  /** work that must end before the connections to the database and Temporal may be closed */
  const underWay = new Set<Promise<void>>();

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  function laneOf(row: DispatchableDelivery): Lane {
    const timeoutMs = row.timeoutMs ?? profileOrDefault(row.profile).timeoutMs;
    // A rate-limited delivery may have to wait for its place, and no other may wait with it. For a test's outcome a person waits.
    return row.rateLimited || row.isTest ? 'suspect' : laneSelector.laneOf(row.endpointId, timeoutMs);
  }

  function enqueue(rows: { row: DispatchableDelivery; lane: Lane }[]): void {
    for (const { row, lane } of rows) queue.push(lane, row);
    startAll();
  }

  function startAll(): void {
    for (const throttle of throttles) startNext(throttle);
  }

  function startNext(throttle: LaneThrottle): void {
    const { lane } = throttle;
    while (running && throttle.mayStart(queue.count(lane))) {
      const rows = queue.takeGroup(lane, burstSize);
      const events = countEvents(rows);
      const request = startRequest(rows, lane, events);
      throttle.starting(request.workflowId, events);
      track(launch(throttle, request, rows));
    }
  }

  async function launch(
    throttle: LaneThrottle,
    request: StartRequest,
    rows: DispatchableDelivery[],
  ): Promise<void> {
    const span = dispatchSpan(deps.tracing, rows, request.workflowId);
    try {
      await engine.start(request);
      span.end();
      metrics.dispatched.inc({ lane: throttle.lane });
      throttle.started(request.workflowId);
    } catch (error) {
      span.end({}, 'temporal_unavailable');
      logger.warn(
        { reason: (error as Error).message, workflow: request.workflowId },
        'a workflow could not be started',
      );
      // The workflow may have been started all the same. The leases therefore expire, and the next start uses another workflow id.
      // A start that Temporal has refused would be refused again: its leases are kept until they run out.
      if (error instanceof Problem) await giveUp(rows, expireLeases);
      if (!engine.isAvailable()) {
        await returnUntried(queue.takeAll());
      }
      throttle.release(request.workflowId);
    }
  }

  /** Returns leases without a try to start. A delivery that was offered before stays marked so: its event's workflow id may be used up. */
  async function returnUntried(rows: DispatchableDelivery[]): Promise<void> {
    await giveUp(
      rows.filter((row) => row.offeredBefore),
      expireLeases,
    );
    await giveUp(
      rows.filter((row) => !row.offeredBefore),
      returnLeases,
    );
  }

  async function giveUp(rows: DispatchableDelivery[], how: typeof expireLeases): Promise<void> {
    if (rows.length === 0) return;
    const ids = rows.map((row) => row.id);
    await how(db, owner, ids).catch(leasesKept);
  }

  /** When the database is away as well, leases run out by themselves. */
  function leasesKept(error: Error): void {
    logger.warn({ reason: error.message }, 'leases could not be given back');
  }

  async function poll(): Promise<'again' | undefined> {
    if (!engine.isAvailable() || !queue.hasRoom(POLL_BATCH)) return undefined;
    const crowded = queue.crowdedEndpoints();
    const began = performance.now();
    try {
      const rows = await takeLeases(db, owner, { limit: POLL_BATCH, leaseMs: LEASE_MS, except: crowded });
      enqueue(rows.map((row) => ({ row, lane: laneOf(row) })));
      return rows.length < POLL_BATCH ? undefined : 'again';
    } catch (error) {
      if (isDatabaseAway(error)) metrics.storageErrors.inc({ part: 'dispatcher' });
      throw error;
    } finally {
      // Leaving out crowded endpoints makes the poll expensive; the pause bounds its share of the database's work.
      const costMs = performance.now() - began;
      if (crowded.length > 0) await sleep(Math.min(POLL_MS, costMs * CROWDED_PAUSE));
    }
  }

  async function renew(): Promise<void> {
    const ids = queue.ids();
    if (ids.length === 0) return;
    const kept = new Set(await renewLeases(db, owner, ids, LEASE_MS));
    queue.remove(new Set(ids.filter((id) => !kept.has(id))));
  }

  const polling = createPeriodicTask({
    name: 'dispatcher',
    everyMs: POLL_MS,
    startsAtOnce: true,
    work: poll,
    logger,
    failures: metrics.taskFailures,
    failed: 'the dispatcher could not read the database',
  });
  const renewing = createPeriodicTask({
    name: 'renewal of leases',
    everyMs: RENEW_MS,
    work: renew,
    logger,
    failures: metrics.taskFailures,
    failed: 'leases could not be renewed',
  });

  deps.cap.onRoom(startAll);

  const listening = listenForNotify(db, DISPATCH_CHANNEL, { onNotify: polling.wake, retryMs: POLL_MS });

  return {
    owner,
    leaseMs: LEASE_MS,
    offer(rows) {
      if (rows.length === 0) return;
      if (!running || !engine.isAvailable()) {
        track(returnUntried(rows));
        return;
      }
      const taken: { row: DispatchableDelivery; lane: Lane }[] = [];
      const refused: DispatchableDelivery[] = [];
      for (const row of rows) {
        const lane = laneOf(row);
        if (queue.hasRoomFor(lane, row)) taken.push({ row, lane });
        // Deliveries of failing and crowded endpoints have to wait anyway: their leases run out, which costs nothing.
        else if (lane !== 'failing' && !queue.hasShareFilled(lane, row)) refused.push(row);
      }
      enqueue(taken);
      track(returnUntried(refused));
    },
    attemptBegan(workflowId) {
      for (const throttle of throttles) throttle.attemptBegan(workflowId);
    },
    attemptEnded(workflowId) {
      for (const throttle of throttles) throttle.attemptEnded(workflowId);
    },
    start() {
      running = true;
      polling.start();
      renewing.start();
      listening.start();
    },
    async stop() {
      running = false;
      await Promise.all([polling.stop(), renewing.stop(), listening.stop()]);
      // A start in flight may still succeed, which decides what becomes of its leases.
      await Promise.all(underWay);
      for (const throttle of throttles) throttle.forget();
      await returnUntried(queue.takeAll());
      await endLeases(db, owner).catch(leasesKept);
    },
  };
}

/** Begins a span in the trace of the event. A burst of several events gets a trace of its own, with links to theirs. */
function dispatchSpan(tracing: Tracing, rows: DispatchableDelivery[], workflowId: string): Span {
  const traces = [...new Set(rows.flatMap((row) => row.traceparent ?? []))];
  return tracing.start('dispatch', {
    kind: 'internal',
    parent: traces.length === 1 ? (traces[0] ?? null) : null,
    links: traces.length === 1 ? [] : traces,
    attributes: { temporalWorkflowID: workflowId, 'tidings.deliveries': rows.length },
  });
}
