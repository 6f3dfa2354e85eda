/** Removing payloads: of one event, or of a whole tenant. The log of the deliveries stays. Those that are too old: pruning.ts. */
import { cancelDeliveries } from './deliveries.ts';
import { type Queryable, transaction } from './pool.ts';

const UNENDED = `('pending', 'delivering', 'retrying', 'held')`;

type ErasedPage = {
  erased: number;
  /** the sort id of the last event looked at; `null`: there was none */
  last: string | null;
};

/** A page of a whole tenant's erasure, whatever its age; what still waits is cancelled first. */
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
  const erased = await erasePayloads(client, tenantId, ids);
  await client.query(
    `update attempts a set request_headers = null, request_url_sealed = null, response_headers = null, wire = null
     from deliveries d where d.tenant_id = $1 and d.event_id = any($2) and a.delivery_id = d.id`,
    [tenantId, ids],
  );
  return { erased, last: rows.at(-1)?.sortId ?? null };
}

/** The last page: what the tenant itself consists of. Its id, its endpoints' ids and the audit log stay. */
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

/** A receiver's answer may repeat what it was sent, so it goes too. @returns how many had a payload until now */
export async function erasePayloads(
  client: Queryable,
  tenantId: string,
  eventIds: string[],
): Promise<number> {
  if (eventIds.length === 0) return 0;
  const { rowCount } = await client.query(
    `update events set body = '', data_start = 0, data_end = 0, erased_at = now()
     where tenant_id = $1 and id = any($2) and erased_at is null`,
    [tenantId, eventIds],
  );
  await client.query(
    'update deliveries set body = null where tenant_id = $1 and event_id = any($2) and body is not null',
    [tenantId, eventIds],
  );
  await client.query(
    `update attempts a set response_body = null,
       -- it quotes what could not be read
       error_message = case when error_code = 'invalid_response' then null else error_message end
     from deliveries d
     where d.tenant_id = $1 and d.event_id = any($2) and a.delivery_id = d.id and a.response_body is not null`,
    [tenantId, eventIds],
  );
  return rowCount ?? 0;
}
