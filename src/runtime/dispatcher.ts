/**
 * Gets accepted deliveries to Temporal. A lone event has its workflow at once; those that come while both slots are taken
 * go together, like a database's group commit: no delay when it is quiet, batches that grow with the load.
 */
import { randomUUID } from 'node:crypto';
import type { EndpointPulse, LaneName } from '../../activities/endpoint-pulse.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { profileNamed } from '../profiles/index.ts';
import {
  DISPATCH_CHANNEL,
  type DispatchableDelivery,
  expireLeases,
  renewLeases,
  returnLeases,
  takeLeases,
} from '../store/dispatch.ts';
import { type Db, isDatabaseAway } from '../store/pool.ts';
import type { Span, Tracing } from '../tracing.ts';
import type { StartRequest, TemporalEngine } from './engine.ts';

export type Dispatcher = {
  /** names this process in the leases */
  owner: string;
  leaseMs: number;
  /** Takes up rows that were just accepted under this dispatcher's lease. */
  offer(rows: DispatchableDelivery[]): void;
  /** An attempt of the workflow has begun: its slot is free. */
  attemptBegan(workflowId: string): void;
  start(): void;
  stop(): Promise<void>;
};

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const POLL_MS = 1_000;
const SLOTS = 1;
/** Where the worker that begins the attempt is another process, nobody says so. */
const SLOT_LIMIT_MS = 1_000;
const MEMORY_LIMIT = 10_000;
const POLL_BATCH = 1_000;

/** Each lane has its own queue and its own slots, so that none waits for another. */
type Lane = {
  name: LaneName;
  queue: DispatchableDelivery[];
  busy: Map<string, NodeJS.Timeout>;
};

export function createDispatcher(deps: {
  db: Db;
  engine: TemporalEngine;
  pulse: EndpointPulse;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  /** deliveries that may share a workflow; 1 gives every event its own */
  burstSize: number;
}): Dispatcher {
  const { db, engine, pulse, logger, metrics, burstSize } = deps;
  const owner = `dispatcher-${randomUUID()}`;
  const lanes: Record<LaneName, Lane> = {
    quick: newLane('quick'),
    unproven: newLane('unproven'),
    suspect: newLane('suspect'),
  };
  const all = Object.values(lanes);
  let running = false;
  let polling: Promise<void> = Promise.resolve();
  let timers: NodeJS.Timeout[] = [];
  let wakeUp: () => void = () => {};
  /** what must be over before the process may let go of database and Temporal */
  const underWay = new Set<Promise<void>>();

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  const waiting = () => all.reduce((sum, lane) => sum + lane.queue.length, 0);

  function enqueue(rows: DispatchableDelivery[]): void {
    for (const row of rows) {
      const timeoutMs = row.timeoutMs ?? profileNamed(row.profile).timeoutMs;
      // Who has a rate may have to wait for a place: nobody else should.
      lanes[row.paced ? 'suspect' : pulse.laneOf(row.endpointId, timeoutMs)].queue.push(row);
    }
    for (const lane of all) fillSlots(lane);
  }

  function fillSlots(lane: Lane): void {
    while (running && lane.busy.size < SLOTS && lane.queue.length > 0) {
      const rows = takeGroup(lane, burstSize);
      const request = startRequest(rows, lane.name);
      lane.busy.set(
        request.workflowId,
        setTimeout(() => freeSlot(lane, request.workflowId), 30_000),
      );
      track(launch(lane, request, rows));
    }
  }

  async function launch(lane: Lane, request: StartRequest, rows: DispatchableDelivery[]): Promise<void> {
    const span = dispatchSpan(deps.tracing, rows, request.workflowId);
    try {
      await engine.start(request);
      span.end();
      metrics.dispatched.inc({ lane: lane.name });
      if (!lane.busy.has(request.workflowId)) return;
      clearTimeout(lane.busy.get(request.workflowId));
      lane.busy.set(
        request.workflowId,
        setTimeout(() => freeSlot(lane, request.workflowId), SLOT_LIMIT_MS),
      );
    } catch (error) {
      span.end({}, 'temporal_unavailable');
      logger.warn(
        { reason: (error as Error).message, workflow: request.workflowId },
        'a workflow could not be started',
      );
      // It may have been started all the same: whoever takes these up again uses another workflow id.
      await giveUp(rows, expireLeases);
      if (!engine.isAvailable()) {
        const untried = all.flatMap((each) => each.queue.splice(0));
        await returnUntried(untried);
      }
      freeSlot(lane, request.workflowId);
    }
  }

  /** A delivery that an earlier dispatcher had offered stays marked so: its event's workflow id may be spent. */
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
    // With the database away as well, the leases run out by themselves.
    await how(db, owner, ids).catch((error) =>
      logger.warn({ reason: error.message }, 'leases could not be given back'),
    );
  }

  function freeSlot(lane: Lane, workflowId: string): void {
    clearTimeout(lane.busy.get(workflowId));
    if (lane.busy.delete(workflowId)) fillSlots(lane);
  }

  async function poll(): Promise<void> {
    while (running) {
      let took = 0;
      const room = Math.min(POLL_BATCH, MEMORY_LIMIT - waiting());
      if (engine.isAvailable() && room > 0 && waiting() < POLL_BATCH) {
        try {
          const rows = await takeLeases(db, owner, room, LEASE_MS);
          took = rows.length;
          enqueue(rows);
        } catch (error) {
          if (isDatabaseAway(error)) metrics.storageErrors.inc({ part: 'dispatcher' });
          logger.warn({ reason: (error as Error).message }, 'the dispatcher could not read the database');
        }
      }
      if (took < room || room === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, POLL_MS);
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  async function renew(): Promise<void> {
    const ids = all.flatMap((lane) => lane.queue.map((row) => row.id));
    if (ids.length === 0) return;
    const kept = new Set(await renewLeases(db, owner, ids, LEASE_MS));
    for (const lane of all)
      lane.queue = lane.queue.filter((row) => kept.has(row.id) || !ids.includes(row.id));
  }

  /** Hears NOTIFY on a connection of its own; while there is none, polling is enough. */
  async function listen(): Promise<void> {
    while (running) {
      try {
        const client = await db.connect();
        await new Promise<void>((resolve) => {
          client.on('notification', () => wakeUp());
          client.once('error', () => resolve());
          client.once('end', () => resolve());
          stopListening = resolve;
          client.query(`listen ${DISPATCH_CHANNEL}`).catch(() => resolve());
          if (!running) resolve();
        });
        client.release(true);
      } catch {
        // The database is away: tried again below.
      }
      if (running) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  let stopListening: () => void = () => {};
  let listening: Promise<void> = Promise.resolve();

  return {
    owner,
    leaseMs: LEASE_MS,
    offer(rows) {
      if (rows.length === 0) return;
      if (!running || !engine.isAvailable() || waiting() + rows.length > MEMORY_LIMIT) {
        track(returnUntried(rows));
      } else {
        enqueue(rows);
      }
    },
    attemptBegan(workflowId) {
      for (const lane of all) freeSlot(lane, workflowId);
    },
    start() {
      running = true;
      polling = poll();
      listening = listen();
      timers = [
        setInterval(() => {
          renew().catch((error) => logger.warn({ reason: error.message }, 'leases could not be renewed'));
        }, RENEW_MS),
      ];
    },
    async stop() {
      running = false;
      for (const timer of timers) clearInterval(timer);
      wakeUp();
      stopListening();
      await Promise.all([polling, listening]);
      // A start that is under way may still succeed: whether it did decides what becomes of its rows.
      await Promise.all(underWay);
      for (const lane of all) for (const timer of lane.busy.values()) clearTimeout(timer);
      await returnUntried(all.flatMap((lane) => lane.queue.splice(0)));
    },
  };
}

/** In the trace of the event; a burst of several has a trace of its own, with links to theirs. */
function dispatchSpan(tracing: Tracing, rows: DispatchableDelivery[], workflowId: string): Span {
  const traces = [...new Set(rows.flatMap((row) => row.traceparent ?? []))];
  return tracing.start('dispatch', {
    kind: 'internal',
    parent: traces.length === 1 ? (traces[0] ?? null) : null,
    links: traces.length === 1 ? [] : traces,
    attributes: { temporalWorkflowID: workflowId, 'tidings.deliveries': rows.length },
  });
}

const newLane = (name: LaneName): Lane => ({ name, queue: [], busy: new Map() });

const eventKey = (row: DispatchableDelivery) => `${row.tenantId} ${row.eventId}`;

/**
 * Takes from the queue what goes into one workflow: a lone event's deliveries; in a burst those of several events. An
 * event that fits is not torn apart.
 */
function takeGroup(lane: Lane, burstSize: number): DispatchableDelivery[] {
  const [first] = lane.queue;
  if (first === undefined) return [];
  const isLone = burstSize === 1 || lane.queue.every((row) => eventKey(row) === eventKey(first));
  const fits = (row: DispatchableDelivery) => !isLone || eventKey(row) === eventKey(first);
  const taken: DispatchableDelivery[] = [];
  const left: DispatchableDelivery[] = [];
  const room = Math.max(burstSize, isLone ? first.siblings : 1);
  for (const row of lane.queue) (taken.length < room && fits(row) ? taken : left).push(row);
  lane.queue = left;
  return taken;
}

function startRequest(rows: DispatchableDelivery[], lane: LaneName): StartRequest {
  const [first] = rows;
  if (first === undefined) throw new Error('A workflow needs a delivery');
  const events = new Set(rows.map(eventKey));
  const types = [...new Set(rows.map((row) => row.eventType))];
  const hosts = [...new Set(rows.map((row) => row.host))];
  const named = (values: string[], noun: string) =>
    values.length === 1 ? values[0] : `${values.length} ${noun}`;
  const what =
    events.size === 1 ? first.eventType : `${rows.length} deliveries of ${named(types, 'event types')}`;
  const byEndpoint = [...new Set(rows.map((row) => row.endpointId))].map((endpointId) =>
    rows.filter((row) => row.endpointId === endpointId).map((row) => row.id),
  );
  return {
    workflowId: workflowIdFor(rows, events.size === 1),
    input: {
      groups: lane === 'suspect' ? byEndpoint : [rows.map((row) => row.id)],
      ...(lane === 'quick' && { quick: true }),
    },
    tenantIds: rows.map((row) => row.tenantId),
    endpointIds: rows.map((row) => row.endpointId),
    eventTypes: types,
    summary: `${what} → ${named(hosts, 'hosts')}`,
  };
}

/**
 * `event_<id>` for a whole event that no workflow can have yet, so that a start that is repeated stays one. Everything
 * else gets an id of its own; that two workflows may then hold a delivery is what the claim is for.
 */
function workflowIdFor(rows: DispatchableDelivery[], isOneEvent: boolean): string {
  const [first] = rows;
  if (first === undefined || !isOneEvent) return `events_${randomUUID()}`;
  const name = first.eventIdIsOurs ? `event_${first.eventId}` : `event_${first.tenantId}_${first.eventId}`;
  const isWhole = rows.length === first.siblings && rows.every((row) => !row.offeredBefore);
  return isWhole ? name : `${name}_${randomUUID().slice(0, 8)}`;
}
