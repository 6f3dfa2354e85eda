/** Accepts events: the transaction behind every 202, for one request or for several at once (acceptor.ts). */
// Long because it is one transaction, and each function is one of its statements.
import type { HeldReason } from '../domain/delivery.ts';
import { Problem } from '../domain/errors.ts';
import type { EmittedEvent, RenderedBody } from '../domain/event.ts';
import { idTimeMs, newId } from '../domain/ids.ts';
import type { Profile } from '../domain/profile.ts';
import { UNENDED } from './delivery-states.ts';
import { lockTargets, type Target, targetsOf } from './event-targets.ts';
import { type AcceptedEvent, readAccepted } from './events.ts';
import { APART } from './group-commit.ts';
import { claimKeys } from './idempotency-keys.ts';
import type { DispatchableDelivery } from './leases.ts';
import type { Queryable } from './pool.ts';
import { endpointsHeldForRateLimit } from './rate-limits.ts';
import type { Tenant } from './tenants.ts';

export type AcceptRequest = {
  tenant: Tenant;
  profile: Profile;
  events: EmittedEvent[];
  idempotency: { key: string; requestHash: Buffer } | null;
  /** a lease for the dispatcher of this process, which takes up the rows at once; `null`: this process has none */
  lease: { owner: string; ms: number } | null;
  maxDeliveries: number;
  /** the trace of the request, which the attempts join; absent: none */
  traceparent?: string | null;
  /** a test goes to this one endpoint, whatever it subscribes to and even if it is disabled */
  testEndpointId?: string;
};

export type Accepted = {
  /** in the order of the request, with their deliveries' statuses as they are now */
  events: AcceptedEvent[];
  /** the deliveries that a dispatcher must take up; none for a repeated request */
  toDispatch: DispatchableDelivery[];
  /** how many are new with this request */
  fresh: { events: number; deliveries: number };
};

type EventRow = EmittedEvent & { id: string; sortId: string; request: AcceptRequest; rendered: RenderedBody };

type NewDelivery = DispatchableDelivery & {
  heldReason: HeldReason | null;
  /** whether its endpoint keeps order, so that it gets a turn */
  ordered: boolean;
  body: Buffer | null;
  event: EventRow;
};

/** Does the same as `acceptAll`, and waits for locks. */
export async function acceptPatiently(client: Queryable, requests: AcceptRequest[]): Promise<Accepted[]> {
  return (await acceptAll(client, requests, { mayWait: true })) as Accepted[];
}

/**
 * Stores events and one delivery for each subscribed endpoint: all of them or, when one request is refused, none.
 * @param requests no two of them with the same idempotency key or the same event of a tenant
 * @param options.mayWait whether to wait for ordered endpoints that another transaction has locked; if not, requests for these are
 *   answered with `APART`
 * @throws Problem idempotency_conflict when a key or an id was used before with another body; not_found when the tenant was deleted
 * @throws Problem idempotency_conflict when a key or an id was used before with another body; not_found when the tenant was deleted
 *   meanwhile; payload_too_large when a request would make more than its `maxDeliveries`
 */
export async function acceptAll(
  client: Queryable,
  requests: AcceptRequest[],
  options: { mayWait: boolean },
): Promise<(Accepted | typeof APART)[]> {
  const { targets, apart } = await lockTargets(client, requests, options);
  const taken = requests.filter((request) => !apart.has(request));
  const rows = new Map(
    taken.map((request) => [request, request.events.map((event) => rowOf(event, request))]),
  );
  const earlier = await claimKeys(
    client,
    taken.flatMap((request) =>
      request.idempotency === null
        ? []
        : [
            {
              ...request.idempotency,
              tenantId: request.tenant.id,
              eventIds: idsOf(rows.get(request)),
              request,
            },
          ],
    ),
  );
  const asked = taken
    .filter((request) => !earlier.has(request))
    .flatMap((request) => rows.get(request) ?? []);
  const fresh = await insertEvents(client, asked);
  const deliveries = await insertDeliveries(client, fresh, targets);
  const results: (Accepted | typeof APART)[] = [];
  for (const request of requests) {
    const ids = earlier.get(request) ?? idsOf(rows.get(request));
    results.push(apart.has(request) ? APART : await resultOf(client, request, ids, fresh, deliveries));
  }
  return results;
}

const idsOf = (rows: EventRow[] = []) => rows.map((row) => row.id);

function rowOf(event: EmittedEvent, request: AcceptRequest): EventRow {
  const sortId = newId('event');
  const { profile, tenant } = request;
  const rendered = profile.render({ ...event, tenantWireId: tenant.externalId ?? tenant.id });
  return { ...event, id: event.id ?? sortId, sortId, request, rendered };
}

/** Bytes of bodies in one statement: writing more into a connection at once would hold up the process. */
const STATEMENT_BYTES = 512 * 1024;

/** @returns the events that are new; the others were stored before with the same body */
async function insertEvents(client: Queryable, rows: EventRow[]): Promise<Set<EventRow>> {
  // Sorted, so that two transactions with the same ids cannot deadlock.
  const ordered = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const inserted = new Set<string>();
  for (const some of inStatements(ordered, (row) => row.rendered.bytes.length)) {
    for (const key of await insertSome(client, some)) inserted.add(key);
  }
  const known = rows.filter((row) => !inserted.has(keyOf(row)));
  if (known.length > 0) await refuseOtherBodies(client, known);
  return new Set(rows.filter((row) => inserted.has(keyOf(row))));
}

const keyOf = (row: EventRow) => `${row.request.tenant.id} ${row.id}`;

function inStatements<Row>(rows: Row[], bytesOf: (row: Row) => number): Row[][] {
  const statements: Row[][] = [];
  let left = 0;
  for (const row of rows) {
    const length = bytesOf(row);
    if (statements.length === 0 || length > left) {
      statements.push([]);
      left = STATEMENT_BYTES;
    }
    statements.at(-1)?.push(row);
    left -= length;
  }
  return statements;
}

/** @returns the keys of the events that are new */
async function insertSome(client: Queryable, rows: EventRow[]): Promise<string[]> {
  const column = <Value>(pick: (row: EventRow) => Value) => rows.map(pick);
  const result = await client.query<{ key: string }>({
    name: 'accept-events',
    text: `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash,
       is_test, created_at, traceparent)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[], $7::int[], $8::int[],
       $9::bytea[], $10::bool[], $11::timestamptz[], $12::text[]) as r (tenant_id)
     -- a subquery for each row keeps their order. An event stored after its tenant's deletion would outlive the tenant's erasure
     where (select t.deleted_at is null from tenants t where t.id = r.tenant_id)
     on conflict do nothing returning tenant_id || ' ' || id as key`,
    values: [
      column((row) => row.request.tenant.id),
      column((row) => row.id),
      column((row) => row.sortId),
      column((row) => row.type),
      column((row) => new Date(row.timestampMs)),
      column((row) => row.rendered.bytes),
      column((row) => row.rendered.dataSpan[0]),
      column((row) => row.rendered.dataSpan[1]),
      column((row) => row.requestHash),
      column((row) => row.request.testEndpointId !== undefined),
      column((row) => new Date(idTimeMs(row.sortId))),
      column((row) => row.request.traceparent ?? null),
    ],
  });
  return result.rows.map(({ key }) => key);
}

async function refuseOtherBodies(client: Queryable, known: EventRow[]): Promise<void> {
  const { rows } = await client.query<{ tenantId: string; id: string; requestHash: Buffer }>(
    `select tenant_id as "tenantId", id, request_hash as "requestHash" from events
     where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`,
    [known.map((row) => row.request.tenant.id), known.map((row) => row.id)],
  );
  for (const row of known) {
    const stored = rows.find(({ tenantId, id }) => tenantId === row.request.tenant.id && id === row.id);
    if (stored === undefined) throw new Problem('not_found', `There is no tenant ${row.request.tenant.id}.`);
    if (stored.requestHash.equals(row.requestHash)) continue;
    throw new Problem(
      'idempotency_conflict',
      `An event with the id ${row.id} exists with another body. An event is immutable: use a new id.`,
    );
  }
}

async function insertDeliveries(
  client: Queryable,
  events: Set<EventRow>,
  targets: Target[],
): Promise<NewDelivery[]> {
  const wanted = [...events].map((event) => ({ event, targets: targetsOf(event, targets) }));
  refuseTooMany(wanted);
  const deliveries = wanted.flatMap(({ event, targets }) => {
    const made = targets.map((target) => newDelivery(event, target));
    for (const delivery of made) delivery.siblings = made.length;
    return made;
  });
  if (deliveries.length === 0) return [];
  await holdBehindEarlier(client, deliveries);
  await holdBehindQueue(client, deliveries);
  for (const some of inStatements(deliveries, ({ body }) => body?.length ?? 0)) {
    await insertSomeDeliveries(client, some);
  }
  return deliveries;
}

async function insertSomeDeliveries(client: Queryable, deliveries: NewDelivery[]): Promise<void> {
  const column = <Value>(pick: (row: NewDelivery) => Value) => deliveries.map(pick);
  await client.query({
    name: 'accept-deliveries',
    text: `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, status, held_reason,
       leased_by, leased_until, created_at, turn)
     select r.id, r.tenant_id, r.event_id, r.endpoint_id, r.event_type, r.is_test, r.body,
       case when r.held_reason is null then 'pending' else 'held' end, r.held_reason,
       case when r.held_reason is null then r.owner end,
       case when r.held_reason is null then now() + make_interval(secs => r.lease_ms / 1000) end, r.created_at,
       case when r.ordered then nextval('delivery_turns') end
     from (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::bytea[], $8::text[],
       $9::text[], $10::double precision[], $11::timestamptz[], $12::bool[]) with ordinality
       as r (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, held_reason, owner, lease_ms, created_at,
         ordered, position) order by position) r`,
    values: [
      column((row) => row.id),
      column((row) => row.tenantId),
      column((row) => row.eventId),
      column((row) => row.endpointId),
      column((row) => row.eventType),
      column((row) => row.isTest),
      column((row) => row.body),
      column((row) => row.heldReason),
      column((row) => row.event.request.lease?.owner ?? null),
      column((row) => row.event.request.lease?.ms ?? null),
      column((row) => new Date(idTimeMs(row.id))),
      column((row) => row.ordered),
    ],
  });
}

function newDelivery(event: EventRow, target: Target): NewDelivery {
  const { tenant, profile, traceparent = null } = event.request;
  const id = newId('delivery');
  return {
    id,
    tenantId: tenant.id,
    eventId: event.id,
    eventIdIsOurs: event.id === event.sortId,
    endpointId: target.id,
    eventType: event.type,
    profile: profile.name,
    timeoutMs: target.timeoutMs,
    rateLimited: target.rateLimited,
    isTest: event.request.testEndpointId !== undefined,
    offeredBefore: false,
    traceparent,
    siblings: 0,
    bytes: event.rendered.bytes.length,
    heldReason: null,
    ordered: target.ordered,
    body: profile.renderForDelivery?.(event.rendered.bytes, id) ?? null,
    event,
  };
}

/** Drops the event and its bytes from a row: rows may wait in memory for long and in great numbers. */
function dispatchable({ heldReason, ordered, body, event, ...row }: NewDelivery): DispatchableDelivery {
  return row;
}

/** Most bytes of a request's own bodies, one for each delivery: an event of the largest size fits for every endpoint. */
const MAX_OWN_BODIES_BYTES = 64 * 1024 * 1024;

/** Called before any body of a delivery is rendered. @throws Problem payload_too_large */
function refuseTooMany(wanted: { event: EventRow; targets: Target[] }[]): void {
  const counts = new Map<AcceptRequest, { deliveries: number; ownBytes: number }>();
  for (const { event, targets } of wanted) {
    const { request, rendered } = event;
    const count = counts.get(request) ?? { deliveries: 0, ownBytes: 0 };
    count.deliveries += targets.length;
    if (request.profile.renderForDelivery) count.ownBytes += targets.length * rendered.bytes.length;
    counts.set(request, count);
  }
  for (const [{ maxDeliveries }, { deliveries, ownBytes }] of counts) {
    if (deliveries > maxDeliveries) {
      throw new Problem(
        'payload_too_large',
        `The batch would make ${deliveries} deliveries; at most ${maxDeliveries} are allowed. Split the batch.`,
      );
    }
    if (ownBytes > MAX_OWN_BODIES_BYTES) {
      throw new Problem(
        'payload_too_large',
        `The batch would make bodies of ${Math.ceil(ownBytes / 1024 / 1024)} MiB in all, since each delivery of this profile has its own; ` +
          `at most ${MAX_OWN_BODIES_BYTES / 1024 / 1024} MiB are allowed. Split it.`,
      );
    }
  }
}

/** At an ordered endpoint, which is locked here, only the first unended delivery may go; the others are held behind it. */
async function holdBehindEarlier(client: Queryable, deliveries: NewDelivery[]): Promise<void> {
  const concerned = deliveries.filter((row) => row.ordered && !row.isTest);
  if (concerned.length === 0) return;
  const endpointIds = [...new Set(concerned.map((row) => row.endpointId))];
  const { rows } = await client.query<{ id: string }>(
    `select e.id from unnest($1::text[]) as e (id) where exists (
       select 1 from deliveries d where d.endpoint_id = e.id and not d.is_test
         and ${UNENDED})`,
    [endpointIds],
  );
  const occupied = new Set(rows.map((row) => row.id));
  for (const delivery of concerned) {
    if (occupied.has(delivery.endpointId)) delivery.heldReason = 'ordered';
    occupied.add(delivery.endpointId);
  }
}

/** At a rate-limited endpoint where deliveries are held, new ones are held behind them. */
async function holdBehindQueue(client: Queryable, deliveries: NewDelivery[]): Promise<void> {
  const concerned = deliveries.filter((row) => row.rateLimited && !row.isTest);
  if (concerned.length === 0) return;
  const queued = new Set(
    await endpointsHeldForRateLimit(client, [...new Set(concerned.map((row) => row.endpointId))]),
  );
  for (const delivery of concerned)
    if (queued.has(delivery.endpointId)) delivery.heldReason ??= 'rate_limited';
}

/** Builds the answer to a request: new events are known here, events from before are read. */
async function resultOf(
  client: Queryable,
  request: AcceptRequest,
  ids: string[],
  fresh: Set<EventRow>,
  deliveries: NewDelivery[],
): Promise<Accepted> {
  const made = deliveries.filter(({ event }) => event.request === request);
  const rows = [...fresh].filter((row) => row.request === request);
  const byId = new Map<string, AcceptedEvent>(
    rows.map(({ id, type, timestampMs }) => [id, { id, type, timestampMs, deliveries: [] }]),
  );
  for (const { id, eventId, endpointId, heldReason } of made) {
    byId.get(eventId)?.deliveries.push({ id, endpointId, status: heldReason === null ? 'pending' : 'held' });
  }
  const known = ids.filter((id) => !byId.has(id));
  for (const event of await readAccepted(client, request.tenant.id, known)) byId.set(event.id, event);
  return {
    events: ids.map((id) => {
      const event = byId.get(id);
      if (event !== undefined) return event;
      throw new Problem(
        'idempotency_conflict',
        'The events that were made with this Idempotency-Key exist no longer. Use a new key for a new request.',
      );
    }),
    toDispatch: made.filter((row) => row.heldReason === null).map(dispatchable),
    fresh: { events: rows.length, deliveries: made.length },
  };
}
