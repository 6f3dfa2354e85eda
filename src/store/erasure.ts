/** Removing payloads: of one event, or of a whole tenant. The log of the deliveries stays. Those that are too old: pruning.ts. */
import { cancelDeliveries } from './deliveries.ts';
import { type Queryable, transaction } from './pool.ts';

const UNENDED = `('pending', 'delivering', 'retrying', 'held')`;

type ErasedPage = {
  erased: number;
  /** the sort id of the last event looked at; `null`: there was none */
  last: string | null;
};

/**
 * A page of a whole tenant's erasure, whatever its age; what still waits is cancelled first. The tenant is deleted before, and
 * `awaitEmits` has been called: no event comes any more.
 */
export async function eraseTenantPage(
  client: Queryable,
  tenantId: string,
  after: string,
  limit: number,
): Promise<ErasedPage> {
  const { rows } = await client.query<{ id: string; sortId: string }>(
    `select id, sort_id as "sortId" from events where tenant_id = $1 and sort_id > $2 order by sort_id limit $3`,
    [tenantId, after, limit],
  );
  const ids = rows.map((row) => row.id);
  await cancelForErasure(client, tenantId, ids);
  const erased = await erasePayloads(client, tenantId, ids, 'tenant');
  return { erased, last: rows.at(-1)?.sortId ?? null };
}

/**
 * Waits until every transaction that puts something under the tenant is over: each of them holds the tenant's row against
 * this lock, by its foreign key, and those that begin later find the tenant deleted.
 */
export async function awaitEmits(client: Queryable, tenantId: string): Promise<void> {
  await client.query('select 1 from tenants where id = $1 for update', [tenantId]);
}

/** The last page: what the tenant itself consists of. Ids, times, types and outcomes stay. */
export async function eraseTenantItself(client: Queryable, tenantId: string): Promise<void> {
  await client.query(
    `update tenants set name = 'Erased', contacts = '{}', external_id = null, deleted_at = coalesce(deleted_at, now())
     where id = $1`,
    [tenantId],
  );
  await client.query(
    `update endpoints set sealed = '', masked_url = 'https://erased.invalid/', host = 'erased.invalid', description = null,
       enabled = false, deleted_at = coalesce(deleted_at, now())
     where tenant_id = $1`,
    [tenantId],
  );
  await client.query('delete from contacts where tenant_id = $1', [tenantId]);
  await client.query('delete from event_types where tenant_id = $1', [tenantId]);
  await client.query('delete from idempotency_keys where tenant_id = $1', [tenantId]);
  await client.query(
    'update api_keys set name = null, revoked_at = coalesce(revoked_at, now()) where tenant_id = $1',
    [tenantId],
  );
  await client.query(
    'update audit_log set actor_name = null where tenant_id = $1 and actor_name is not null',
    [tenantId],
  );
  await eraseWhatWasSaid(client, tenantId);
}

/** Operational events of the tenant: what they say of it, and the deliveries in which the operator was told. */
async function eraseWhatWasSaid(client: Queryable, tenantId: string): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `update operational_events set data = '{}', told_at = coalesce(told_at, now()) where tenant_id = $1 returning id`,
    [tenantId],
  );
  const ids = rows.map((row) => row.id);
  const { rows: operators } = await client.query<{ id: string }>('select id from tenants where is_operator');
  for (const { id } of operators) {
    await cancelForErasure(client, id, ids);
    await erasePayloads(client, id, ids);
  }
}

/** One event's payload; what still waits to be sent is cancelled. @returns when it was erased; `null`: no such event */
export async function eraseEvent(db: Queryable, tenantId: string, eventId: string): Promise<Date | null> {
  return transaction(db, async (client) => {
    await cancelForErasure(client, tenantId, [eventId]);
    await erasePayloads(client, tenantId, [eventId]);
    const { rows } = await client.query<{ erasedAt: Date }>(
      'select erased_at as "erasedAt" from events where tenant_id = $1 and id = $2',
      [tenantId, eventId],
    );
    return rows[0]?.erasedAt ?? null;
  });
}

async function cancelForErasure(client: Queryable, tenantId: string, eventIds: string[]): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `select id from deliveries where tenant_id = $1 and event_id = any($2) and status in ${UNENDED}`,
    [tenantId, eventIds],
  );
  if (rows.length === 0) return;
  const cancelled = await cancelDeliveries(
    client,
    rows.map((row) => row.id),
  );
  await client.query(
    `update deliveries set last_error = 'payload_erased', told_at = now() where id = any($1)`,
    [cancelled],
  );
}

/** What a receiver answered may repeat what it was sent, in any header too; what was sent names the tenant's URLs. */
const OF_ATTEMPTS = {
  payload: 'response_headers = null, response_body = null, wire = null, error_message = null',
  tenant: `response_headers = null, response_body = null, wire = null, error_message = null, request_url = null,
    request_url_sealed = null, request_headers = null`,
};

/**
 * In this order: whoever records an attempt under way has either the delivery's row before us, and what it wrote is found in
 * `attempts`, or after us, and then it finds there what it may not write.
 * @returns how many had a payload until now
 */
export async function erasePayloads(
  client: Queryable,
  tenantId: string,
  eventIds: string[],
  what: keyof typeof OF_ATTEMPTS = 'payload',
): Promise<number> {
  if (eventIds.length === 0) return 0;
  const { rowCount } = await client.query(
    `update events set body = '', data_start = 0, data_end = 0, erased_at = now()
     where tenant_id = $1 and id = any($2) and erased_at is null`,
    [tenantId, eventIds],
  );
  await client.query(
    `update deliveries set body = null, erased = case erased when 'tenant' then erased else $3 end
     where id = any(array(select id from deliveries where tenant_id = $1 and event_id = any($2) order by id for no key update))`,
    [tenantId, eventIds, what],
  );
  await client.query(
    `update attempts a set ${OF_ATTEMPTS[what]} from deliveries d
     where d.tenant_id = $1 and d.event_id = any($2) and a.delivery_id = d.id`,
    [tenantId, eventIds],
  );
  return rowCount ?? 0;
}
