/** Operational events: the outbox of what Tidings reports about itself and the tenants' endpoints. */
import { newId } from '../domain/ids.ts';
import type { OperationalEventType } from '../domain/operational-event.ts';
import { parameters } from './parameters.ts';
import type { Db, Queryable } from './pool.ts';

export type OperationalEvent = {
  id: string;
  type: string;
  tenantId: string | null;
  endpointId: string | null;
  /** JSON text */
  data: string;
  createdAt: Date;
};

/** Adds an event about an endpoint or, without one, about a tenant, in the transaction of the change that it reports. */
export async function insertOperationalEvent(
  db: Queryable,
  event: {
    type: OperationalEventType;
    tenantId: string;
    endpointId: string | null;
    data: Record<string, unknown>;
  },
): Promise<void> {
  const id = newId('operationalEvent');
  await db.query(
    `insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
     values ($1, $2, $3, $4, $1, $5, now())`,
    [
      id,
      event.type,
      event.tenantId,
      event.endpointId,
      JSON.stringify({ ...(event.endpointId !== null && { endpoint_id: event.endpointId }), ...event.data }),
    ],
  );
}

export type OperationalEventFilter = {
  /** `null`: of all tenants */
  tenantId: string | null;
  /** `null`: of all endpoints, and what concerns none */
  endpointId: string | null;
};

/** The query for a page of events, newest first, `limit` of them, older than the id `before`. */
export function operationalEventsQuery(
  { tenantId, endpointId }: OperationalEventFilter,
  { before, limit }: { before: string | null; limit: number },
): { text: string; values: unknown[] } {
  const { values, add: parameter } = parameters();
  const conditions: string[] = [];
  if (endpointId !== null) {
    const endpoint = parameter(endpointId);
    // An endpoint belongs to one tenant: if that is another tenant, there is nothing to read.
    conditions.push(
      tenantId === null
        ? `endpoint_id = ${endpoint}`
        : `endpoint_id = (select id from endpoints where id = ${endpoint} and tenant_id = ${parameter(tenantId)})`,
    );
  } else if (tenantId !== null) conditions.push(`tenant_id = ${parameter(tenantId)}`);
  if (before !== null) conditions.push(`id < ${parameter(before)}`);
  const text = `select id, type, tenant_id as "tenantId", endpoint_id as "endpointId", data, created_at as "createdAt"
     from operational_events ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`}
     order by id desc limit ${parameter(limit)}`;
  return { text, values };
}

/** A page of the events that the filter leaves. */
export async function listOperationalEvents(
  db: Db,
  filter: OperationalEventFilter,
  page: { before: string | null; limit: number },
): Promise<OperationalEvent[]> {
  const { text, values } = operationalEventsQuery(filter, page);
  return (await db.query<OperationalEvent>(text, values)).rows;
}

/**
 * Takes events that have not been relayed, oldest first. After `leaseS` they are due again, so that no event is lost when a process
 * dies with them.
 */
export async function takeUntoldEvents(db: Db, limit: number, leaseS: number): Promise<OperationalEvent[]> {
  const { rows } = await db.query<OperationalEvent>(
    `with due as (
       select id from operational_events where told_at is null and tell_after <= now()
       order by tell_after, id limit $1 for update skip locked
     ), taken as (
       update operational_events o set tell_after = now() + make_interval(secs => $2) from due where o.id = due.id
       returning o.*
     )
     select id, type, tenant_id as "tenantId", endpoint_id as "endpointId", data, created_at as "createdAt"
     from taken order by id`,
    [limit, leaseS],
  );
  return rows;
}

export async function markEventsTold(db: Queryable, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.query('update operational_events set told_at = now() where id = any($1)', [ids]);
}
