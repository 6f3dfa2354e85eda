/** Events as they were accepted, read back. How they are accepted is in accept.ts. */
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
  const accepted = events.map(({ id, type, occurredAt }) => ({
    id,
    type,
    timestampMs: occurredAt.getTime(),
    deliveries: stubs
      .filter((stub) => stub.eventId === id)
      .map(({ id: deliveryId, endpointId, status }) => ({ id: deliveryId, endpointId, status })),
  }));
  return accepted.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}

export type StoredEvent = {
  id: string;
  sortId: string;
  type: string;
  occurredAt: Date;
  createdAt: Date;
  /** the body as rendered, and where `data` stands in it */
  body: Buffer;
  dataStart: number;
  dataEnd: number;
  erasedAt: Date | null;
};

const EVENT_COLUMNS = `id, sort_id as "sortId", type, occurred_at as "occurredAt", created_at as "createdAt",
  body, data_start as "dataStart", data_end as "dataEnd", erased_at as "erasedAt"`;

export async function findEvent(db: Db, tenantId: string, id: string): Promise<StoredEvent | null> {
  const { rows } = await db.query<StoredEvent>(
    `select ${EVENT_COLUMNS} from events where tenant_id = $1 and id = $2`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

export async function eventDeliveries(db: Db, tenantId: string, eventId: string): Promise<DeliveryStub[]> {
  const [event] = await readAccepted(db, tenantId, [eventId]);
  return event?.deliveries ?? [];
}

/** How many events of the tenant still have their payload. */
export async function countPayloads(db: Queryable, tenantId: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    'select count(*) as n from events where tenant_id = $1 and erased_at is null',
    [tenantId],
  );
  return rows[0]?.n ?? 0;
}

/** Newest first; `before` is the `sortId` of the last one seen. */
export async function listEvents(
  db: Db,
  tenantId: string,
  page: { before: string | null; limit: number },
): Promise<StoredEvent[]> {
  const { rows } = await db.query<StoredEvent>(
    `select ${EVENT_COLUMNS} from events
     where tenant_id = $1 and ($2::text is null or sort_id < $2)
     order by sort_id desc limit $3`,
    [tenantId, page.before, page.limit],
  );
  return rows;
}
