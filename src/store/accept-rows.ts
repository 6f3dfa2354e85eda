/** The rows that an emit makes, events and their deliveries, and the SQL that inserts them. */
import type { HeldReason } from '../domain/delivery.ts';
import { Problem } from '../domain/errors.ts';
import type { EmittedEvent, RenderedBody } from '../domain/event.ts';
import { idTimeMs, newId } from '../domain/ids.ts';
import type { Profile } from '../domain/profile.ts';
import { type Target, targetsOf } from './event-targets.ts';
import type { AcceptedEvent } from './events.ts';
import type { DispatchableDelivery } from './leases.ts';
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

export type EventRow = EmittedEvent & {
  id: string;
  sortId: string;
  request: AcceptRequest;
  rendered: RenderedBody;
};

export type NewDelivery = DispatchableDelivery & {
  heldReason: HeldReason | null;
  /** whether its endpoint keeps order, so that it gets a turn */
  ordered: boolean;
  body: Buffer | null;
  event: EventRow;
};

export function rowOf(event: EmittedEvent, request: AcceptRequest): EventRow {
  const sortId = newId('event');
  const { profile, tenant } = request;
  const rendered = profile.render({ ...event, tenantWireId: tenant.externalId ?? tenant.id });
  return { ...event, id: event.id ?? sortId, sortId, request, rendered };
}

/** Bytes of bodies in one statement: writing more into a connection at once would hold up the process. */
export const STATEMENT_BYTES = 512 * 1024;

/** The name of an event among those of all tenants. */
export const keyOf = (row: EventRow) => `${row.request.tenant.id} ${row.id}`;
/** SQL of the same. */
export const EVENT_KEY = "tenant_id || ' ' || id";

/**
 * SQL that inserts the events of `eventValues`, except those that exist. An event stored after its tenant's deletion would outlive the
 * tenant's erasure.
 * @param first the number of the first parameter
 * @param where a further condition; default: none
 */
export const insertEventsFrom = (
  first: number,
  where = 'true',
) => `insert into events (tenant_id, id, sort_id, type, occurred_at, body,
    data_start, data_end, request_hash, is_test, created_at, traceparent)
  select * from unnest(${parameters(first, EVENT_TYPES)}) as r (tenant_id)
  -- a subquery for each row keeps their order
  where (select t.deleted_at is null from tenants t where t.id = r.tenant_id) and ${where}
  on conflict do nothing`;

const EVENT_TYPES = [
  'text',
  'text',
  'text',
  'text',
  'timestamptz',
  'bytea',
  'int',
  'int',
  'bytea',
  'bool',
  'timestamptz',
  'text',
];
export const EVENT_PARAMETERS = EVENT_TYPES.length;

const parameters = (first: number, types: readonly string[]) =>
  types.map((type, at) => `$${first + at}::${type}[]`).join(', ');

export function eventValues(rows: EventRow[]): unknown[] {
  const column = <Value>(pick: (row: EventRow) => Value) => rows.map(pick);
  return [
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
  ];
}

/**
 * SQL that inserts the deliveries of `deliveryValues`.
 * @param first the number of the first parameter
 * @param where a condition on `r`, the row of a delivery; default: none
 */
export const insertDeliveriesFrom = (
  first: number,
  where = 'true',
) => `insert into deliveries (id, tenant_id, event_id,
    endpoint_id, event_type, is_test, body, status, held_reason, leased_by, leased_until, created_at, turn)
  select r.id, r.tenant_id, r.event_id, r.endpoint_id, r.event_type, r.is_test, r.body,
    case when r.held_reason is null then 'pending' else 'held' end, r.held_reason,
    case when r.held_reason is null then r.owner end,
    case when r.held_reason is null then now() + make_interval(secs => r.lease_ms / 1000) end, r.created_at,
    case when r.ordered then nextval('delivery_turns') end
  from (select * from unnest(${parameters(first, DELIVERY_TYPES)}) with ordinality
    as r (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, held_reason, owner, lease_ms, created_at,
      ordered, position) order by position) r
  where ${where}`;

const DELIVERY_TYPES = [
  'text',
  'text',
  'text',
  'text',
  'text',
  'bool',
  'bytea',
  'text',
  'text',
  'double precision',
  'timestamptz',
  'bool',
];

export function deliveryValues(deliveries: NewDelivery[]): unknown[] {
  const column = <Value>(pick: (row: NewDelivery) => Value) => deliveries.map(pick);
  return [
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
  ];
}

/**
 * The answer to a request.
 * @param events all of them, also those from before; default: the new ones
 * @param rows the new events
 * @param made their deliveries
 */
export const answerOf = (
  rows: EventRow[],
  made: NewDelivery[],
  events: AcceptedEvent[] = [...acceptedEvents(rows, made).values()],
): Accepted => ({
  events,
  toDispatch: made.filter(({ heldReason }) => heldReason === null).map(dispatchable),
  fresh: { events: rows.length, deliveries: made.length },
});

/** The new events by id, with their deliveries. */
export function acceptedEvents(rows: EventRow[], made: NewDelivery[]): Map<string, AcceptedEvent> {
  const byId = new Map<string, AcceptedEvent>(
    rows.map(({ id, type, timestampMs }) => [id, { id, type, timestampMs, deliveries: [] }]),
  );
  for (const { id, eventId, endpointId, heldReason } of made) {
    byId.get(eventId)?.deliveries.push({ id, endpointId, status: heldReason === null ? 'pending' : 'held' });
  }
  return byId;
}

/** @throws Problem payload_too_large when a request would make more than its `maxDeliveries` */
export function newDeliveries(events: EventRow[], targets: Target[]): NewDelivery[] {
  const wanted = events.map((event) => ({ event, targets: targetsOf(event, targets) }));
  refuseTooMany(wanted);
  return wanted.flatMap(({ event, targets }) => {
    const made = targets.map((target) => newDelivery(event, target));
    for (const delivery of made) delivery.siblings = made.length;
    return made;
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
