/** Accepting events: the transaction that stands behind every 202. Reading them back. */
import type { DeliveryStatus } from '../domain/delivery.ts';
import { Problem } from '../domain/errors.ts';
import { type EmittedEvent, isSubscribed } from '../domain/event.ts';
import { idTimeMs, newId } from '../domain/ids.ts';
import type { Profile } from '../domain/profile.ts';
import type { DispatchableDelivery } from './dispatch.ts';
import { lockEndpoints } from './locks.ts';
import { type Db, type Queryable, transaction } from './pool.ts';
import type { Tenant } from './tenants.ts';

export type AcceptRequest = {
  tenant: Tenant;
  profile: Profile;
  events: EmittedEvent[];
  idempotency: { key: string; requestHash: Buffer } | null;
  /** the dispatcher of this process, which gets the rows at once; null where there is none */
  lease: { owner: string; ms: number } | null;
  maxDeliveries: number;
  /** the trace that the attempts belong to; absent: none */
  traceparent?: string | null;
  /** a test goes to this one endpoint, whatever it subscribes to and even if it is disabled */
  testEndpointId?: string;
};

export type DeliveryStub = { id: string; endpointId: string; status: DeliveryStatus };
export type AcceptedEvent = { id: string; type: string; timestampMs: number; deliveries: DeliveryStub[] };

export type Accepted = {
  /** in the order of the request; for a repeated request, as they are today */
  events: AcceptedEvent[];
  /** what a dispatcher must take up: nothing for a repeated request */
  toDispatch: DispatchableDelivery[];
  /** how many are new with this request */
  fresh: { events: number; deliveries: number };
};

type Target = {
  id: string;
  eventTypes: string[] | null;
  host: string;
  timeoutMs: number | null;
  ordered: boolean;
  paced: boolean;
};

/**
 * Stores events and one delivery for each subscribed endpoint, all or nothing.
 * @throws Problem idempotency_conflict when the key or an id came before with another body;
 *   payload_too_large when the batch would make more than `maxDeliveries`
 */
export async function acceptEvents(db: Db, request: AcceptRequest): Promise<Accepted> {
  const { tenant, events } = request;
  const rows = events.map((event) => {
    const sortId = newId('event');
    return { ...event, id: event.id ?? sortId, sortId };
  });
  return transaction(db, async (client) => {
    if (request.idempotency !== null) {
      const ids = rows.map((row) => row.id);
      const earlier = await claimIdempotencyKey(client, tenant.id, request.idempotency, ids);
      if (earlier !== null) {
        const known = await readAccepted(client, tenant.id, earlier);
        return { events: known, toDispatch: [], fresh: { events: 0, deliveries: 0 } };
      }
    }
    const inserted = await insertEvents(client, request, rows);
    const fresh = rows.filter((row) => inserted.has(row.id));
    const deliveries = await insertDeliveries(client, request, fresh);
    return {
      events: await assemble(client, tenant.id, rows, fresh, deliveries),
      toDispatch: deliveries.filter((row) => row.status === 'pending'),
      fresh: { events: fresh.length, deliveries: deliveries.length },
    };
  });
}

type EventRow = EmittedEvent & { id: string; sortId: string };

/** @returns the ids that came of the key before, or `null` when it is new and now ours */
async function claimIdempotencyKey(
  client: Queryable,
  tenantId: string,
  { key, requestHash }: { key: string; requestHash: Buffer },
  eventIds: string[],
): Promise<string[] | null> {
  // A second request with the same key waits here until the first has committed.
  const { rowCount } = await client.query(
    `insert into idempotency_keys (tenant_id, key, request_hash, event_ids) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [tenantId, key, requestHash, eventIds],
  );
  if (rowCount === 1) return null;
  const { rows } = await client.query<{ requestHash: Buffer; eventIds: string[] }>(
    `select request_hash as "requestHash", event_ids as "eventIds" from idempotency_keys
     where tenant_id = $1 and key = $2`,
    [tenantId, key],
  );
  const [earlier] = rows;
  if (earlier === undefined) throw new Error('An idempotency key vanished while it was read');
  if (!earlier.requestHash.equals(requestHash)) {
    throw new Problem(
      'idempotency_conflict',
      'This Idempotency-Key came before with another body. Use a new key for a new request.',
    );
  }
  return earlier.eventIds;
}

/** @returns the ids of the events that are new; the others are known, with the same body */
async function insertEvents(
  client: Queryable,
  request: AcceptRequest,
  rows: EventRow[],
): Promise<Set<string>> {
  const { tenant, profile } = request;
  const tenantWireId = tenant.externalId ?? tenant.id;
  // One order for all: two batches with the same ids cannot wait for each other.
  const ordered = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  const bodies = ordered.map(({ type, timestampMs, data }) =>
    profile.render({ type, timestampMs, tenantWireId, data }),
  );
  const result = await client.query<{ id: string }>(
    `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash,
       is_test, created_at, traceparent)
     select $1, r.id, r.sort_id, r.type, r.occurred_at, r.body, r.data_start, r.data_end, r.request_hash, $2, r.created_at,
       $12
     from unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bytea[], $8::int[], $9::int[], $10::bytea[],
       $11::timestamptz[])
       as r (id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, created_at)
     on conflict do nothing returning id`,
    [
      tenant.id,
      request.testEndpointId !== undefined,
      ordered.map((row) => row.id),
      ordered.map((row) => row.sortId),
      ordered.map((row) => row.type),
      ordered.map((row) => new Date(row.timestampMs)),
      bodies.map((body) => body.bytes),
      bodies.map((body) => body.dataSpan[0]),
      bodies.map((body) => body.dataSpan[1]),
      ordered.map((row) => row.requestHash),
      ordered.map((row) => new Date(idTimeMs(row.sortId))),
      request.traceparent ?? null,
    ],
  );
  const inserted = new Set(result.rows.map((row) => row.id));
  const known = rows.filter((row) => !inserted.has(row.id));
  if (known.length > 0) await refuseOtherBodies(client, tenant.id, known);
  return inserted;
}

async function refuseOtherBodies(client: Queryable, tenantId: string, known: EventRow[]): Promise<void> {
  const { rows } = await client.query<{ id: string; requestHash: Buffer }>(
    'select id, request_hash as "requestHash" from events where tenant_id = $1 and id = any($2)',
    [tenantId, known.map((row) => row.id)],
  );
  const hashes = new Map(rows.map((row) => [row.id, row.requestHash]));
  const clash = known.find((row) => !hashes.get(row.id)?.equals(row.requestHash));
  if (clash === undefined) return;
  throw new Problem(
    'idempotency_conflict',
    `An event with the id ${clash.id} exists with another body. An event is immutable: use a new id.`,
  );
}

type NewDelivery = DispatchableDelivery & { status: 'pending' | 'held'; body: Buffer | null };

async function insertDeliveries(
  client: Queryable,
  request: AcceptRequest,
  events: EventRow[],
): Promise<NewDelivery[]> {
  if (events.length === 0) return [];
  const { tenant, profile, lease, testEndpointId } = request;
  const targets = await findTargets(client, tenant.id, testEndpointId ?? null);
  const isTest = testEndpointId !== undefined;
  const deliveries = events.flatMap((event) =>
    targets
      .filter((target) => isTest || isSubscribed(target.eventTypes, event.type))
      .map((target) => newDelivery(event, target)),
  );
  const siblings = new Map<string, number>();
  for (const { eventId } of deliveries) siblings.set(eventId, (siblings.get(eventId) ?? 0) + 1);
  for (const row of deliveries) row.siblings = siblings.get(row.eventId) ?? 1;
  if (deliveries.length > request.maxDeliveries) {
    throw new Problem(
      'payload_too_large',
      `The batch would make ${deliveries.length} deliveries; at most ${request.maxDeliveries} are allowed. Split it.`,
    );
  }
  if (deliveries.length === 0) return [];
  if (!isTest) {
    const ordered = targets.filter((target) => target.ordered).map((target) => target.id);
    if (ordered.length > 0) await holdBehindEarlier(client, ordered, deliveries);
  }
  await client.query(
    `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, status, held_reason,
       leased_by, leased_until, created_at)
     select r.id, $1, r.event_id, r.endpoint_id, r.event_type, $2, r.body, r.status,
       case r.status when 'held' then 'ordered' end,
       case r.status when 'pending' then $3 end,
       case r.status when 'pending' then now() + make_interval(secs => $4::double precision / 1000) end, r.created_at
     from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::timestamptz[])
       as r (id, event_id, endpoint_id, event_type, body, status, created_at)`,
    [
      tenant.id,
      isTest,
      lease?.owner ?? null,
      lease?.ms ?? null,
      deliveries.map((row) => row.id),
      deliveries.map((row) => row.eventId),
      deliveries.map((row) => row.endpointId),
      deliveries.map((row) => row.eventType),
      deliveries.map((row) => row.body),
      deliveries.map((row) => row.status),
      deliveries.map((row) => new Date(idTimeMs(row.id))),
    ],
  );
  return deliveries;

  function newDelivery(event: EventRow, target: Target): NewDelivery {
    const id = newId('delivery');
    const tenantWireId = tenant.externalId ?? tenant.id;
    const body = profile.renderForDelivery?.(profile.render({ ...event, tenantWireId }).bytes, id) ?? null;
    return {
      id,
      tenantId: tenant.id,
      eventId: event.id,
      eventIdIsOurs: event.id === event.sortId,
      endpointId: target.id,
      eventType: event.type,
      host: target.host,
      profile: profile.name,
      timeoutMs: target.timeoutMs,
      paced: target.paced,
      offeredBefore: false,
      traceparent: request.traceparent ?? null,
      siblings: 0,
      status: 'pending',
      body,
    };
  }
}

async function findTargets(client: Queryable, tenantId: string, only: string | null): Promise<Target[]> {
  const { rows } = await client.query<Target>(
    `select id, event_types as "eventTypes", host, timeout_ms as "timeoutMs", ordered,
       rate_per_second is not null as paced
     from endpoints
     where tenant_id = $1 and deleted_at is null and (case when $2::text is null then enabled else id = $2 end)
     order by id`,
    [tenantId, only],
  );
  return rows;
}

/** At an ordered endpoint only the first unfinished delivery may go; the others are held behind it. */
async function holdBehindEarlier(
  client: Queryable,
  endpointIds: string[],
  deliveries: NewDelivery[],
): Promise<void> {
  // Under the endpoints' locks, which releasing the next one takes too: nothing slips in between.
  await lockEndpoints(client, endpointIds);
  const { rows } = await client.query<{ id: string }>(
    `select e.id from unnest($1::text[]) as e (id) where exists (
       select 1 from deliveries d where d.endpoint_id = e.id and not d.is_test
         and d.status in ('pending', 'delivering', 'retrying', 'held'))`,
    [endpointIds],
  );
  const occupied = new Set(rows.map((row) => row.id));
  for (const delivery of deliveries) {
    if (!endpointIds.includes(delivery.endpointId)) continue;
    if (occupied.has(delivery.endpointId)) delivery.status = 'held';
    occupied.add(delivery.endpointId);
  }
}

async function assemble(
  client: Queryable,
  tenantId: string,
  rows: EventRow[],
  fresh: EventRow[],
  deliveries: NewDelivery[],
): Promise<AcceptedEvent[]> {
  const known = rows.filter((row) => !fresh.includes(row)).map((row) => row.id);
  const byId = new Map((await readAccepted(client, tenantId, known)).map((event) => [event.id, event]));
  for (const { id, type, timestampMs } of fresh) byId.set(id, { id, type, timestampMs, deliveries: [] });
  for (const { id, eventId, endpointId, status } of deliveries) {
    byId.get(eventId)?.deliveries.push({ id, endpointId, status });
  }
  return rows.map((row) => byId.get(row.id) as AcceptedEvent);
}

/** Events with their deliveries as they are now, in the order of `ids`. */
async function readAccepted(db: Queryable, tenantId: string, ids: string[]): Promise<AcceptedEvent[]> {
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
};

const EVENT_COLUMNS = `id, sort_id as "sortId", type, occurred_at as "occurredAt", created_at as "createdAt",
  body, data_start as "dataStart", data_end as "dataEnd"`;

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
