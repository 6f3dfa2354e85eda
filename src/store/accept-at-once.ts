/**
 * Accepts ordinary events in one statement: events whose ids are new, of tenants without an endpoint that has an order or a rate limit.
 * Everything else needs the transaction of accept.ts, which locks and looks up more.
 */
import {
  type Accepted,
  type AcceptRequest,
  answerOf,
  deliveryValues,
  EVENT_KEY,
  EVENT_PARAMETERS,
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
import { findTargets, type Target } from './event-targets.ts';
import { APART, SHARED_LOCK_TIMEOUT_MS } from './group-commit.ts';
import { type Db, type Queryable, readThen } from './pool.ts';

/** Whether nothing stored may have to do with the request: no idempotency key, no id of the caller's, and no test. */
export const isOrdinary = ({ idempotency, events, testEndpointId }: AcceptRequest): boolean =>
  idempotency === null && testEndpointId === undefined && events.every(({ id }) => id === undefined);

/**
 * @returns an answer to each request; `APART` to one whose events could not be stored, because its tenant was deleted meanwhile. `null`: these
 *   requests need a transaction, and nothing was stored
 * @throws Problem payload_too_large when a request would make more than its `maxDeliveries`
 * @throws what `isPassing` recognises when a lock is in the way
 */
export async function acceptAtOnce(
  db: Db,
  requests: AcceptRequest[],
): Promise<(Accepted | typeof APART)[] | null> {
  if (!requests.every(isOrdinary)) return null;
  return readThen(
    db,
    (client) => findTargets(client, requests),
    (client, targets) => acceptFor(client, requests, targets),
  );
}

async function acceptFor(
  client: Queryable,
  requests: AcceptRequest[],
  targets: Target[],
): Promise<(Accepted | typeof APART)[] | null> {
  // Seen before anything is rendered: the transaction renders anew.
  if (targets.some(({ ordered, rateLimited }) => ordered || rateLimited)) return null;
  const rowsOf = new Map(
    requests.map((request) => [request, request.events.map((event) => rowOf(event, request))]),
  );
  const rows = [...rowsOf.values()].flat();
  const deliveries = newDeliveries(rows, targets);
  const bytes =
    rows.reduce((sum, { rendered }) => sum + rendered.bytes.length, 0) +
    deliveries.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
  if (bytes > STATEMENT_BYTES) return null;
  const stored = await insert(client, rows, deliveries);
  const madeOf = new Map<AcceptRequest, NewDelivery[]>(requests.map((request) => [request, []]));
  for (const delivery of deliveries) madeOf.get(delivery.event.request)?.push(delivery);
  return requests.map((request) => {
    const own = rowsOf.get(request) ?? [];
    return own.every((row) => stored.has(keyOf(row))) ? answerOf(own, madeOf.get(request) ?? []) : APART;
  });
}

// A statement outside a transaction is one by itself. The timeout holds for the locks that its foreign keys take.
const INSERT = `with bounded as materialized (
    select set_config('lock_timeout', '${SHARED_LOCK_TIMEOUT_MS}', true)
  ), stored as (
    ${insertEventsFrom(1, 'exists (select 1 from bounded)')}
    returning tenant_id, id
  ), made as (
    ${insertDeliveriesFrom(1 + EVENT_PARAMETERS, 'exists (select 1 from stored s where s.tenant_id = r.tenant_id and s.id = r.event_id)')}
  )
  select ${EVENT_KEY} as key from stored`;

/** @returns the keys of the events that were stored, with their deliveries */
async function insert(client: Queryable, rows: EventRow[], deliveries: NewDelivery[]): Promise<Set<string>> {
  const { rows: stored } = await client.query<{ key: string }>({
    name: 'accept-at-once',
    text: INSERT,
    values: [...eventValues(rows), ...deliveryValues(deliveries)],
  });
  return new Set(stored.map(({ key }) => key));
}
