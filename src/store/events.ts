/** Reads accepted events; accept.ts writes them, event-list.ts lists them. */
import type { DeliveryStatus } from '../domain/delivery.ts';
import type { Db, Queryable } from './pool.ts';

export type DeliveryStub = { id: string; endpointId: string; status: DeliveryStatus };
export type AcceptedEvent = { id: string; type: string; timestampMs: number; deliveries: DeliveryStub[] };

/** Events with their deliveries as they are now, in the order of `ids`. */
export async function readAccepted(db: Queryable, tenantId: string, ids: string[]): Promise<AcceptedEvent[]> {
  if (ids.length === 0) return [];
  const { rows: events } = await db.query<{ id: string; type: string; occurredAt: Date }>(
    'select id, type, occurred_at as "occurredAt" from events where tenant_id = $1 and id = any($2)',
    [tenantId, ids],
  );
  const { rows: stubs } = await db.query<DeliveryStub & { eventId: string }>(
    `select id, event_id as "eventId", endpoint_id as "endpointId", status from deliveries
     where tenant_id = $1 and event_id = any($2) order by id`,
    [tenantId, ids],
  );
  const accepted = new Map<string, AcceptedEvent>(
    events.map(({ id, type, occurredAt }) => [
      id,
      { id, type, timestampMs: occurredAt.getTime(), deliveries: [] },
    ]),
  );
  for (const { eventId, id, endpointId, status } of stubs)
    accepted.get(eventId)?.deliveries.push({ id, endpointId, status });
  return ids.flatMap((id) => accepted.get(id) ?? []);
}

/** An event without its body. */
export type EventSummary = {
  id: string;
  sortId: string;
  type: string;
  occurredAt: Date;
  createdAt: Date;
  erasedAt: Date | null;
};

export type StoredEvent = EventSummary & {
  /** the body as rendered; `data` is its bytes from `dataStart` to `dataEnd`, exclusive */
  body: Buffer;
  dataStart: number;
  dataEnd: number;
};

export const SUMMARY_COLUMNS = `id, sort_id as "sortId", type, occurred_at as "occurredAt", created_at as "createdAt",
  erased_at as "erasedAt"`;
const EVENT_COLUMNS = `${SUMMARY_COLUMNS}, body, data_start as "dataStart", data_end as "dataEnd"`;

export async function findEvent(db: Db, tenantId: string, id: string): Promise<StoredEvent | null> {
  const { rows } = await db.query<StoredEvent>(
    `select ${EVENT_COLUMNS} from events where tenant_id = $1 and id = $2`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

/** An event without its body, which may be long. */
export async function findEventSummary(
  db: Db,
  tenantId: string,
  id: string,
): Promise<(EventSummary & { isTest: boolean }) | null> {
  const { rows } = await db.query<EventSummary & { isTest: boolean }>(
    `select ${SUMMARY_COLUMNS}, is_test as "isTest" from events where tenant_id = $1 and id = $2`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

/** Those of the ids that are events of the tenant. */
export async function existingEvents(db: Queryable, tenantId: string, ids: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    'select id from events where tenant_id = $1 and id = any($2)',
    [tenantId, ids],
  );
  return new Set(rows.map(({ id }) => id));
}

export async function eventDeliveries(db: Db, tenantId: string, eventId: string): Promise<DeliveryStub[]> {
  const [event] = await readAccepted(db, tenantId, [eventId]);
  return event?.deliveries ?? [];
}

const MAX_COUNTED = 10_000;

/** Counts the tenant's events that still have their payload, among its first `maxWalked`. @returns `atLeast`: there may be more */
export async function countPayloads(
  db: Queryable,
  tenantId: string,
  maxWalked: number = MAX_COUNTED,
): Promise<{ count: number; atLeast: boolean }> {
  const { rows } = await db.query<{ count: number; walked: number }>(
    `select count(*) filter (where erased_at is null) as count, count(*) as walked
     from (select erased_at from events where tenant_id = $1 order by sort_id limit $2) walked`,
    [tenantId, maxWalked],
  );
  const { count = 0, walked = 0 } = rows[0] ?? {};
  return { count, atLeast: walked === maxWalked };
}
