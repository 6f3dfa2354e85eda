/** Erases payloads of one event or of a whole tenant; the log of the deliveries stays. pruning.ts erases old ones. */
import { cancelDeliveries } from './deliveries.ts';
import { UNENDED } from './delivery-states.ts';
import { type Queryable, transaction } from './pool.ts';

type ErasedPage = {
  erased: number;
  /** the sort id of the last event of the page; `null`: there was none */
  last: string | null;
};

/**
 * Erases a page of a tenant's events of any age, and cancels their unended deliveries first. The tenant was deleted before and
 * `awaitEmits` was called, so no event is added any more.
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
 * Waits until every transaction that adds something to the tenant has ended. Each of them holds the tenant's row against this lock, by
 * its foreign key; later ones find the tenant deleted.
 */
export async function awaitEmits(client: Queryable, tenantId: string): Promise<void> {
  await client.query('select 1 from tenants where id = $1 for update', [tenantId]);
}

/** Erases the tenant's own data after the last page. Ids, times, types and outcomes stay. */
export async function eraseTenantItself(client: Queryable, tenantId: string): Promise<void> {
  await client.query(
    `update tenants set name = 'Erased', contacts = '{}', external_id = null, deleted_at = coalesce(deleted_at, now())
     where id = $1`,
    [tenantId],
  );
  await client.query(
    `update endpoints set sealed = '', masked_url = 'https://erased.invalid/', host = 'erased.invalid', description = null, disabled_note = null,
       enabled = false, deleted_at = coalesce(deleted_at, now())
     where tenant_id = $1`,
    [tenantId],
  );
  await client.query('delete from sessions where tenant_id = $1', [tenantId]);
  await client.query('delete from portal_sessions where tenant_id = $1', [tenantId]);
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
  await eraseOperationalEvents(client, tenantId);
}

/** Erases the data of the tenant's operational events, and the deliveries that carried them to the operator's endpoint. */
async function eraseOperationalEvents(client: Queryable, tenantId: string): Promise<void> {
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

/** Erases one event's payload, and cancels its unended deliveries. @returns when it was erased; `null`: no such event */
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
    `select id from deliveries where tenant_id = $1 and event_id = any($2) and ${UNENDED}`,
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

/** Columns to clear. A response may repeat the payload, in any header, too. A request names the tenant's URLs. */
const OF_ATTEMPTS = {
  payload: 'response_headers = null, response_body = null, wire = null, error_message = null',
  tenant: `response_headers = null, response_body = null, wire = null, error_message = null, request_url = null,
    request_url_sealed = null, request_headers = null, transport = null`,
};

/**
 * Erases payloads from events, deliveries and attempts. The order matters for an attempt in flight. If its record locks the delivery's
 * row before this does, the row that it adds to `attempts` is erased here. If it locks it later, it finds `erased` set and writes
 * nothing that is erased.
 * @returns how many events had a payload until now
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
