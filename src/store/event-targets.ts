/** Finds the endpoints that events go to, and locks the ordered ones among them. */
import { lockEndpoints, lockFreeEndpoints } from './endpoint-locks.ts';
import type { Queryable } from './pool.ts';
import { subscribersOf } from './subscribers.ts';

/** The parts of an emit that decide to which endpoints its events go. */
type EmittedTo = {
  tenant: { id: string };
  events: readonly { type: string }[];
  /** a test goes to this endpoint alone */
  testEndpointId?: string;
};

export type Target = {
  id: string;
  tenantId: string;
  eventTypes: string[] | null;
  timeoutMs: number | null;
  enabled: boolean;
  ordered: boolean;
  rateLimited: boolean;
};

/** The endpoints of the requests' tenants that are enabled, or get a test. */
export async function findTargets(client: Queryable, requests: EmittedTo[]): Promise<Target[]> {
  const { rows } = await client.query<Target>({
    name: 'accept-targets',
    text: `select id, tenant_id as "tenantId", array_remove(event_types, null) as "eventTypes", timeout_ms as "timeoutMs", enabled, ordered,
       rate_per_second is not null as "rateLimited"
     from endpoints where tenant_id = any($1) and deleted_at is null and (enabled or id = any($2)) order by id`,
    values: [
      [...new Set(requests.map(({ tenant }) => tenant.id))],
      requests.flatMap(({ testEndpointId }) => testEndpointId ?? []),
    ],
  });
  return rows;
}

/** The endpoints that an event of this type goes to. */
export function targetsOf(
  { request, type }: { request: EmittedTo; type: string },
  targets: Target[],
): Target[] {
  const { tenant, testEndpointId } = request;
  if (testEndpointId !== undefined) return targets.filter(({ id }) => id === testEndpointId);
  const wanting = subscribersOf(targets, type);
  return targets.filter((target) => target.tenantId === tenant.id && target.enabled && wanting.has(target));
}

/**
 * Finds the endpoints that the events go to, and locks the ordered ones, before any other lock of the transaction. Releasing the next
 * delivery takes the same locks, so the two cannot interleave; and a transaction that waits here holds up no other.
 * @returns `apart`: requests with an endpoint that another transaction has locked
 */
export async function lockTargets<Request extends EmittedTo>(
  client: Queryable,
  requests: Request[],
  { mayWait }: { mayWait: boolean },
): Promise<{ targets: Target[]; apart: Set<Request> }> {
  const targets = await findTargets(client, requests);
  if (!targets.some(({ ordered }) => ordered)) return { targets, apart: new Set() };
  const orderedOf = (request: Request): Target[] => {
    // A test is not part of the order.
    if (request.testEndpointId !== undefined) return [];
    const types = [...new Set(request.events.map(({ type }) => type))];
    return types.flatMap((type) => targetsOf({ request, type }, targets)).filter(({ ordered }) => ordered);
  };
  const ids = [...new Set(requests.flatMap(orderedOf).map(({ id }) => id))];
  if (ids.length === 0) return { targets, apart: new Set() };
  if (mayWait) {
    await lockEndpoints(client, ids);
    // The transaction that held the locks may have changed the endpoints.
    return { targets: await findTargets(client, requests), apart: new Set() };
  }
  const locked = await lockFreeEndpoints(client, ids);
  const apart = requests.filter((request) => orderedOf(request).some(({ id }) => !locked.has(id)));
  return { targets, apart: new Set(apart) };
}
