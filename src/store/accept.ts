/**
 * Accepts events in a transaction, for one request or for several at once (acceptor.ts): whatever may concern locks or what is stored.
 * Ordinary events need none (accept-at-once.ts).
 */
import { Problem } from '../domain/errors.ts';
import {
  type Accepted,
  type AcceptRequest,
  acceptedEvents,
  answerOf,
  deliveryValues,
  EVENT_KEY,
  type EventRow,
  eventValues,
  insertDeliveriesFrom,
  insertEventsFrom,
  keyOf,
  type NewDelivery,
  newDeliveries,
  rowOf,
  STATEMENT_BYTES,
} from './accept-rows.ts';
import { UNENDED } from './delivery-states.ts';
import { lockTargets, type Target } from './event-targets.ts';
import { readAccepted } from './events.ts';
import { APART } from './group-commit.ts';
import { claimKeys } from './idempotency-keys.ts';
import type { Queryable } from './pool.ts';
import { endpointsHeldForRateLimit } from './rate-limits.ts';

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
  const result = await client.query<{ key: string }>({
    name: 'accept-events',
    text: `${insertEventsFrom(1)} returning ${EVENT_KEY} as key`,
    values: eventValues(rows),
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
  const deliveries = newDeliveries([...events], targets);
  if (deliveries.length === 0) return [];
  await holdBehindEarlier(client, deliveries);
  await holdBehindQueue(client, deliveries);
  for (const some of inStatements(deliveries, ({ body }) => body?.length ?? 0)) {
    await insertSomeDeliveries(client, some);
  }
  return deliveries;
}

async function insertSomeDeliveries(client: Queryable, deliveries: NewDelivery[]): Promise<void> {
  await client.query({
    name: 'accept-deliveries',
    text: insertDeliveriesFrom(1),
    values: deliveryValues(deliveries),
  });
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
  const byId = acceptedEvents(rows, made);
  const known = ids.filter((id) => !byId.has(id));
  for (const event of await readAccepted(client, request.tenant.id, known)) byId.set(event.id, event);
  const events = ids.map((id) => {
    const event = byId.get(id);
    if (event !== undefined) return event;
    throw new Problem(
      'idempotency_conflict',
      'The events that were made with this Idempotency-Key exist no longer. Use a new key for a new request.',
    );
  });
  return answerOf(rows, made, events);
}
