/**
 * Applies the effects of attempts on their endpoint: counts its failures, disables it after a 410, stalls it, releases what a stall or
 * the order has held, and adds operational events. src/domain/outcome.ts decides them.
 */
import { newId } from '../domain/ids.ts';
import type { EndpointEffects } from '../domain/outcome.ts';
import { alignWaiting, releaseNext } from './backlog.ts';
import { noteFailures, noteSuccess } from './endpoint-health.ts';
import { disableEndpoint } from './endpoints.ts';
import type { Queryable } from './pool.ts';

export type Effects = EndpointEffects & { endpointId: string };

/** The effects of an attempt that changes nothing at its endpoint. */
export const noEffects = (endpointId: string): Effects => ({
  endpointId,
  exhausted: false,
  disable: false,
  stall: false,
  unstall: false,
  releaseNext: false,
  holdIfStalled: false,
  unsendable: null,
  health: null,
});

type Recorded = { deliveryId: string; effects: Effects };

/** Applies effects in the record's transaction, under the endpoints' locks. */
export async function applyEffects(
  client: Queryable,
  records: Recorded[],
  rules: { disableAfterMs: number },
): Promise<void> {
  const endpointsWith = (has: (effects: Effects) => boolean) => [
    ...new Set(records.filter((record) => has(record.effects)).map((record) => record.effects.endpointId)),
  ];
  const healthy = endpointsWith((e) => e.health === 'healthy');
  await noteSuccess(client, healthy);
  for (const endpointId of endpointsWith((e) => e.health === 'failing')) {
    if (healthy.includes(endpointId)) continue;
    const failures = records.filter(
      ({ effects: e }) => e.endpointId === endpointId && e.health === 'failing',
    );
    await noteFailures(client, endpointId, failures.length, rules.disableAfterMs);
  }
  for (const endpointId of endpointsWith((e) => e.stall)) await stallEndpoint(client, endpointId);
  for (const endpointId of endpointsWith((e) => e.unstall)) await releaseStalled(client, endpointId);
  for (const endpointId of endpointsWith((e) => e.releaseNext)) await releaseNext(client, endpointId);
  await insertExhaustions(client, records);
  await insertUnsendable(client, records);
  for (const endpointId of endpointsWith((e) => e.disable)) await disableEndpoint(client, endpointId, 'gone');
}

/** Stalls an endpoint (lessonly): after an exhausted delivery its others wait until a new event gets through. */
async function stallEndpoint(client: Queryable, endpointId: string): Promise<void> {
  // now() would be the time at which the transaction began to wait for its locks. Deliveries accepted until this moment are held, too.
  await client.query('update endpoints set stalled_at = clock_timestamp() where id = $1', [endpointId]);
  await alignWaiting(client, endpointId);
}

export async function releaseStalled(client: Queryable, endpointId: string): Promise<void> {
  await client.query('update endpoints set stalled_at = null where id = $1', [endpointId]);
  await alignWaiting(client, endpointId);
}

async function insertExhaustions(client: Queryable, records: Recorded[]): Promise<void> {
  const exhausted = records.filter((record) => record.effects.exhausted);
  if (exhausted.length === 0) return;
  await client.query(
    `insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
     select r.op_id, 'delivery.exhausted', d.tenant_id, d.endpoint_id, 'delivery.exhausted ' || d.id || ' ' || d.attempt_count,
       json_build_object('delivery_id', d.id, 'event_id', d.event_id, 'event_type', d.event_type,
         'endpoint_id', d.endpoint_id, 'attempt_count', d.attempt_count, 'last_error', d.last_error,
         'last_response_status', d.last_response_status),
       now()
     from unnest($1::text[], $2::text[]) as r (id, op_id) join deliveries d on d.id = r.id
     on conflict do nothing`,
    [exhausted.map((record) => record.deliveryId), exhausted.map(() => newId('operationalEvent'))],
  );
}

/** Adds at most one event an hour for each endpoint and reason: a lost key concerns every delivery at the endpoint. */
async function insertUnsendable(client: Queryable, records: Recorded[]): Promise<void> {
  const concerned = records.filter(({ effects }) => effects.unsendable !== null);
  if (concerned.length === 0) return;
  await client.query(
    `insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
     select r.op_id, 'delivery.unsendable', d.tenant_id, d.endpoint_id,
       concat_ws(' ', 'delivery.unsendable', d.endpoint_id, r.reason, to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24')),
       json_build_object('delivery_id', d.id, 'event_id', d.event_id, 'event_type', d.event_type,
         'endpoint_id', d.endpoint_id, 'reason', r.reason),
       now()
     from unnest($1::text[], $2::text[], $3::text[]) as r (id, reason, op_id) join deliveries d on d.id = r.id
     on conflict do nothing`,
    [
      concerned.map((record) => record.deliveryId),
      concerned.map(({ effects }) => effects.unsendable),
      concerned.map(() => newId('operationalEvent')),
    ],
  );
}
