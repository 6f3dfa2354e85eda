/**
 * Relays operational events: sends them to the operator's endpoint as ordinary deliveries, and adds those that people must hear of to
 * notifications. Their table is the outbox: an event that could not be relayed is tried again, each by itself.
 */
import { createHash } from 'node:crypto';
import type { Emitter } from '../dispatch/emitter.ts';
import { Problem } from '../domain/errors.ts';
import { CHANGES } from '../domain/notification.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createPeriodicTask, type PeriodicTask } from '../periodic-task.ts';
import { profileNamed } from '../profiles/index.ts';
import { addEventToNotification, type NotificationRules } from '../store/notifications.ts';
import { markEventsTold, type OperationalEvent, takeUntoldEvents } from '../store/operational-events.ts';
import { type Db, transaction } from '../store/pool.ts';
import { findOperatorTenant, type Tenant } from '../store/tenants.ts';

const isForPeople = (event: OperationalEvent): event is OperationalEvent & { endpointId: string } =>
  event.endpointId !== null && (CHANGES as readonly string[]).includes(event.type);

/** Whether a refusal would be the same every time, unlike that of an overloaded process. */
const isRefused = (error: unknown) => error instanceof Problem && error.status < 500;

const POLL_MS = 1_000;
const BATCH = 100;
/** An event that could not be relayed is tried again after this time. */
const LEASE_S = 60;

// Long because its rounds and its end share one state.
export function createOperationalEventRelay(deps: {
  db: Db;
  rules: NotificationRules;
  emitter: Emitter;
  metrics: Pick<Metrics, 'taskFailures'>;
  logger: Logger;
}): PeriodicTask {
  const { db, emitter, logger } = deps;
  let stopping = false;

  async function round(): Promise<'again' | undefined> {
    const events = await takeUntoldEvents(db, BATCH, LEASE_S);
    if (events.length === 0) return undefined;
    const operator = await findOperatorTenant(db);
    const relayed = operator === null ? events : await relay(events, operator);
    await markEventsTold(
      db,
      relayed.filter((event) => !isForPeople(event)).map(({ id }) => id),
    );
    for (const event of relayed.filter(isForPeople)) {
      // Another process takes the remaining events when their lease has run out.
      if (stopping) break;
      await notifyPeople(event).catch((error: Error) => failed(event, error));
    }
    return events.length === BATCH ? 'again' : undefined;
  }

  async function notifyPeople({ id, endpointId }: OperationalEvent & { endpointId: string }): Promise<void> {
    await transaction(db, async (client) => {
      if (await addEventToNotification(client, { id, endpointId }, deps.rules))
        await markEventsTold(client, [id]);
    });
  }

  /** @returns the events that need no further try: one that fails does not stop the others */
  async function relay(events: OperationalEvent[], tenant: Tenant): Promise<OperationalEvent[]> {
    try {
      await acceptAsEvents(emitter, events, tenant);
      return events;
    } catch (error) {
      const [only, another] = events;
      if (only === undefined || stopping) return [];
      if (another !== undefined) {
        const done: OperationalEvent[] = [];
        for (const event of events) done.push(...(await relay([event], tenant)));
        return done;
      }
      failed(only, error as Error);
      // A refusal is permanent: people are notified without waiting for the operator's endpoint.
      return isRefused(error) ? [only] : [];
    }
  }

  function failed(event: OperationalEvent, error: Error): void {
    const forEver = isRefused(error);
    logger[forEver ? 'error' : 'warn'](
      { event: event.id, reason: error.message },
      forEver
        ? "an operational event was refused; the operator's endpoint does not get it"
        : 'an operational event could not be relayed; it is tried again',
    );
  }

  const task = createPeriodicTask({
    name: 'operational event relay',
    everyMs: POLL_MS,
    startsAtOnce: true,
    work: round,
    logger,
    failures: deps.metrics.taskFailures,
    failed: 'operational events could not be read or relayed',
  });
  return {
    ...task,
    async stop() {
      stopping = true;
      await task.stop();
    },
  };
}

/** Accepts them under their own ids, so that an event that is relayed twice is accepted once. */
async function acceptAsEvents(emitter: Emitter, events: OperationalEvent[], tenant: Tenant): Promise<void> {
  await emitter.emit({
    tenant,
    profile: profileNamed(tenant.profile),
    events: events.map((event) => {
      const data = JSON.stringify({ tenant_id: event.tenantId, ...JSON.parse(event.data) });
      return {
        type: event.type,
        timestampMs: event.createdAt.getTime(),
        data,
        id: event.id,
        requestHash: createHash('sha256').update(data).digest(),
      };
    }),
    idempotency: null,
    maxDeliveries: Number.POSITIVE_INFINITY,
  });
}
