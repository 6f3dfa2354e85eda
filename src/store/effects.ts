/** What follows for an endpoint from the attempts at it: its health, its stall, its order, and what is said of it. */
import { newId } from '../domain/ids.ts';
import { wakeDispatchers } from './dispatch.ts';
import { noteFailures, noteSuccess } from './endpoint-health.ts';
import { disableEndpoint, releaseHeld } from './endpoints.ts';
import { lockEndpoints } from './locks.ts';
import type { Queryable } from './pool.ts';

export type Effects = {
  endpointId: string;
  exhausted: boolean;
  disable: boolean;
  /** hold the endpoint's other deliveries until a new one succeeds */
  stall: boolean;
  /** a success lets go what a stall held */
  unstall: boolean;
  /** an end at an ordered endpoint lets the next one go */
  releaseNext: boolean;
  /** a retry planned meanwhile is held too, if the endpoint has stalled since the event was accepted */
  holdIfStalled: boolean;
  /** a success counts only where there was trouble before; every failure counts */
  health: 'failing' | 'healthy' | null;
};

type Recorded = { deliveryId: string; effects: Effects };

/** In the record's transaction, under the endpoints' locks. */
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
  for (const endpointId of endpointsWith((e) => e.disable)) await disableEndpoint(client, endpointId, 'gone');
}

/** lessonly: after an exhausted delivery the endpoint's others wait until a new event gets through. */
async function stallEndpoint(client: Queryable, endpointId: string): Promise<void> {
  await client.query('update endpoints set stalled_at = now() where id = $1', [endpointId]);
  await client.query(
    `update deliveries set status = 'held', held_reason = 'stalled', leased_until = null,
       workflow_id = null, run_id = null, next_attempt_at = null
     where endpoint_id = $1 and status in ('pending', 'retrying') and not is_test`,
    [endpointId],
  );
}

/** @returns those that are held now: planned for a retry, but older than their endpoint's stall */
export async function holdStalled(client: Queryable, deliveryIds: string[]): Promise<string[]> {
  if (deliveryIds.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    `update deliveries d set status = 'held', held_reason = 'stalled', next_attempt_at = null,
       workflow_id = null, run_id = null
     from endpoints e
     where d.id = any($1) and e.id = d.endpoint_id and d.status = 'retrying' and d.created_at < e.stalled_at
     returning d.id`,
    [deliveryIds],
  );
  return rows.map((row) => row.id);
}

export async function releaseStalled(client: Queryable, endpointId: string): Promise<void> {
  await client.query('update endpoints set stalled_at = null where id = $1', [endpointId]);
  await releaseHeld(client, endpointId, 'stalled');
}

/** At an ordered endpoint: lets the oldest held delivery go, unless one is still on its way. Takes the endpoint's lock. */
export async function releaseNext(client: Queryable, endpointId: string): Promise<void> {
  await lockEndpoints(client, [endpointId]);
  const { rowCount } = await client.query(
    `update deliveries set status = 'pending', held_reason = null
     where id = (
       select h.id from deliveries h where h.endpoint_id = $1 and h.status = 'held' and h.held_reason = 'ordered'
         and not exists (select 1 from deliveries d where d.endpoint_id = $1 and not d.is_test
           and (d.status in ('pending', 'delivering', 'retrying') or (d.status = 'held' and d.held_reason <> 'ordered')))
       order by h.turn nulls first, h.id limit 1)`,
    [endpointId],
  );
  if (rowCount !== 0) await wakeDispatchers(client);
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
