/**
 * Tells of operational events: sends them to the operator's endpoint, as deliveries like any other, and the people whom an
 * endpoint concerns by every channel. The table is the outbox: what could not be told is told later.
 */
import { createHash } from 'node:crypto';
import type { Channel, EndpointNotice } from '../domain/notice.ts';
import type { Logger } from '../logger.ts';
import { profileNamed } from '../profiles/index.ts';
import { acceptEvents } from '../store/accept.ts';
import { markEventsTold, takeUntoldEvents, type UntoldEvent } from '../store/operational-events.ts';
import type { Db } from '../store/pool.ts';
import { findOperatorTenant } from '../store/tenants.ts';
import type { Dispatcher } from './dispatcher.ts';

export type Herald = { start(): void; stop(): Promise<void> };

const POLL_MS = 1_000;
const BATCH = 100;
/** What could not be told is tried again after so long. */
const LEASE_S = 60;

export function createHerald(deps: {
  db: Db;
  channels: readonly Channel[];
  dispatcher: Pick<Dispatcher, 'owner' | 'leaseMs' | 'offer'>;
  logger: Logger;
}): Herald {
  const { db, channels, dispatcher, logger } = deps;
  let running = false;
  let rounds: Promise<void> = Promise.resolve();
  let wakeUp: () => void = () => {};

  async function round(): Promise<number> {
    const events = await takeUntoldEvents(db, BATCH, LEASE_S);
    if (events.length === 0) return 0;
    await relay(events);
    const told: string[] = [];
    for (const event of events) if (await tellPeople(event)) told.push(event.id);
    await markEventsTold(db, told);
    return events.length;
  }

  /** Under the operational event's own id: relayed twice, it is accepted once. */
  async function relay(events: UntoldEvent[]): Promise<void> {
    const tenant = await findOperatorTenant(db);
    if (tenant === null) return;
    const { toDispatch } = await acceptEvents(db, {
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
      lease: { owner: dispatcher.owner, ms: dispatcher.leaseMs },
      maxDeliveries: Number.POSITIVE_INFINITY,
    });
    dispatcher.offer(toDispatch);
  }

  async function tellPeople(event: UntoldEvent): Promise<boolean> {
    const notice = noticeOf(event);
    if (notice === null) return true;
    try {
      for (const channel of channels) await channel.tell(notice);
      return true;
    } catch (error) {
      logger.warn(
        { event: event.id, reason: (error as Error).message },
        'people could not be told of an endpoint; it is tried again',
      );
      return false;
    }
  }

  async function work(): Promise<void> {
    while (running) {
      const count = await round().catch((error: Error) => {
        logger.warn({ reason: error.message }, 'operational events could not be told');
        return 0;
      });
      if (count === BATCH) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    start() {
      running = true;
      rounds = work();
    },
    async stop() {
      running = false;
      wakeUp();
      await rounds;
    },
  };
}

/** What people hear of it; `null` for what only machines hear of, or people hear of otherwise. */
function noticeOf({ id, type, data, tenant, endpoint }: UntoldEvent): EndpointNotice | null {
  const said = JSON.parse(data);
  const common = {
    about: 'endpoint' as const,
    id,
    tenant,
    endpoint,
    failingSince: said.failing_since ? new Date(said.failing_since) : null,
    consecutiveFailures: said.consecutive_failures ?? 0,
  };
  switch (type) {
    case 'endpoint.failing':
      return { ...common, what: 'failing', percent: said.percent, disabledAt: new Date(said.disabled_at) };
    case 'endpoint.disabled':
      return { ...common, what: 'disabled', reason: said.reason, deliveriesEnded: said.deliveries_ended };
    case 'endpoint.recovered':
      return { ...common, what: 'recovered' };
    default:
      return null;
  }
}
