/** Endpoints: settings in plain columns, secrets sealed as one value. */
import { isDeepStrictEqual } from 'node:util';
import {
  type DisabledReason,
  type Endpoint,
  type EndpointSecrets,
  maskUrl,
  type OpenEndpoint,
  parseSecrets,
  withinBounds,
} from '../domain/endpoint.ts';
import { Problem } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import { type RetrySchedule, scheduleOf } from '../domain/schedule.ts';
import { isStoredAuth } from '../signing/index.ts';
import { alignWaiting, countWaiting, WAITING_PAGE } from './backlog.ts';
import { lockEndpoints } from './endpoint-locks.ts';
import { insertOperationalEvent } from './operational-events.ts';
import { type Db, type Queryable, transaction } from './pool.ts';
import { beginReplan, replanPage } from './replan.ts';
import type { Vault } from './vault.ts';

export type NewEndpoint = Pick<
  Endpoint,
  | 'eventTypes'
  | 'description'
  | 'enabled'
  | 'disabledNote'
  | 'timeoutMs'
  | 'retrySchedule'
  | 'ordered'
  | 'ratePerSecond'
> & { secrets: EndpointSecrets };

export type EndpointRow = Omit<Endpoint, 'secrets'> & { sealed: Buffer };

export const ENDPOINT_COLUMNS = `
  id, tenant_id as "tenantId", masked_url as "maskedUrl", host, event_types as "eventTypes", description,
  enabled, disabled_reason as "disabledReason", case when not enabled then disabled_note end as "disabledNote", timeout_ms as "timeoutMs", retry_schedule as "retrySchedule",
  ordered, rate_per_second as "ratePerSecond", stalled_at as "stalledAt", failing_since as "failingSince",
  consecutive_failures as "consecutiveFailures", warned_percent as "warnedPercent", disabled_at as "disabledAt",
  troubled_since as "troubledSince",
  created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt", sealed`;

/** Never throws: an endpoint whose secrets cannot be opened has `null` secrets, so that it does not fail a list of endpoints. */
export function openEndpoint(row: EndpointRow, vault: Vault): Endpoint {
  const { sealed, ...endpoint } = row;
  return { ...withinBounds(endpoint), secrets: openSecrets(sealed, row.id, vault) };
}

function openSecrets(sealed: Buffer, id: string, vault: Vault): EndpointSecrets | null {
  try {
    return parseSecrets(vault.open(sealed, id), isStoredAuth);
  } catch {
    return null;
  }
}

/**
 * @param limit how many endpoints the tenant may have, this one included
 * @returns the endpoint, or `null` when the tenant has as many as it may have
 * @throws Problem not_found when the tenant was deleted meanwhile
 */
export async function insertEndpoint(
  db: Queryable,
  vault: Vault,
  tenantId: string,
  endpoint: NewEndpoint,
  limit: number,
): Promise<OpenEndpoint | null> {
  return transaction(db, async (client) => {
    const id = newId('endpoint');
    // Counts under the tenant's lock, so that two concurrent requests cannot both be the last one allowed.
    const { rowCount } = await client.query(
      'select 1 from tenants where id = $1 and deleted_at is null for no key update',
      [tenantId],
    );
    if (rowCount === 0) throw new Problem('not_found', `There is no tenant ${tenantId}.`);
    const { rows } = await client.query<EndpointRow>(
      `insert into endpoints (id, tenant_id, sealed, masked_url, host, event_types, description, enabled,
         disabled_reason, disabled_note, timeout_ms, retry_schedule, ordered, rate_per_second, created_at, updated_at)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now(), now()
       where (select count(*) from endpoints where tenant_id = $2 and deleted_at is null) < $15
       returning ${ENDPOINT_COLUMNS}`,
      [id, tenantId, ...columnValues(id, endpoint, vault), limit],
    );
    return rows[0] === undefined ? null : { ...openEndpoint(rows[0], vault), secrets: endpoint.secrets };
  });
}

type Settings = Omit<NewEndpoint, 'secrets'> & Partial<Pick<Endpoint, 'disabledReason'>>;

function columnValues(
  id: string,
  { secrets, ...endpoint }: Settings & { secrets: EndpointSecrets | null },
  vault: Vault,
): unknown[] {
  return [
    // Secrets that cannot be opened stay as they are, until their key is back.
    secrets && vault.seal(JSON.stringify(secrets), id),
    secrets && maskUrl(secrets.url),
    secrets && new URL(secrets.url).host,
    endpoint.eventTypes,
    endpoint.description,
    endpoint.enabled,
    endpoint.enabled ? null : (endpoint.disabledReason ?? 'manual'),
    endpoint.enabled ? null : endpoint.disabledNote,
    endpoint.timeoutMs,
    endpoint.retrySchedule,
    endpoint.ordered,
    endpoint.ratePerSecond,
  ];
}

/** An endpoint of the tenant that is not deleted, or `null`. */
export async function findEndpoint(
  db: Queryable,
  vault: Vault,
  tenantId: string,
  id: string,
): Promise<Endpoint | null> {
  const { rows } = await db.query<EndpointRow>(
    `select ${ENDPOINT_COLUMNS} from endpoints where id = $1 and tenant_id = $2 and deleted_at is null`,
    [id, tenantId],
  );
  return rows[0] === undefined ? null : openEndpoint(rows[0], vault);
}

/** Finds an endpoint of any tenant, deleted or not, for the log of its deliveries. */
export async function findEndpointById(db: Queryable, vault: Vault, id: string): Promise<Endpoint | null> {
  const { rows } = await db.query<EndpointRow>(`select ${ENDPOINT_COLUMNS} from endpoints where id = $1`, [
    id,
  ]);
  return rows[0] === undefined ? null : openEndpoint(rows[0], vault);
}

/** The tenant's endpoints, newest first, `limit` of them, older than the id `before`. */
export async function listEndpoints(
  db: Db,
  vault: Vault,
  tenantId: string,
  page: { before: string | null; limit: number },
): Promise<Endpoint[]> {
  const { rows } = await db.query<EndpointRow>(
    `select ${ENDPOINT_COLUMNS} from endpoints
     where tenant_id = $1 and deleted_at is null and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [tenantId, page.before, page.limit],
  );
  return rows.map((row) => openEndpoint(row, vault));
}

/**
 * Changes an endpoint under its lock, and a page of its backlog with it: switching the endpoint off ends its backlog
 * (`endpoint_disabled`). `followEndpoint` changes the rest of the backlog.
 * @param which.profileSchedule the schedule of an endpoint that has none of its own
 * @param change gets the endpoint as it is and returns it as it shall be; if it throws, nothing changes
 * @returns the changed endpoint, or `null` when it is not there
 */
export async function updateEndpoint(
  db: Queryable,
  vault: Vault,
  which: { tenantId: string; id: string; profileSchedule: RetrySchedule },
  change: (endpoint: Endpoint) => Endpoint,
): Promise<Endpoint | null> {
  const { tenantId, id, profileSchedule } = which;
  return transaction(db, async (client) => {
    await lockEndpoints(client, [id]);
    const before = await findEndpoint(client, vault, tenantId, id);
    if (before === null) return null;
    const after = change(before);
    const { rows } = await client.query<EndpointRow>(
      `update endpoints set sealed = coalesce($2, sealed), masked_url = coalesce($3, masked_url), host = coalesce($4, host), event_types = $5, description = $6, enabled = $7,
         disabled_reason = $8, disabled_note = $9, timeout_ms = $10, retry_schedule = $11, ordered = $12, rate_per_second = $13,
         failing_since = case when $7 and not enabled then null else failing_since end,
         consecutive_failures = case when $7 and not enabled then 0 else consecutive_failures end,
         disabled_at = case when $7 then null else coalesce(disabled_at, now()) end,
         troubled_since = case when not $7 and enabled then coalesce(failing_since, now()) else troubled_since end,
         -- the next place keeps the distance of the new rate from the last one
         rate_next_at = rate_next_at + make_interval(secs => 1 / $13::double precision - 1 / rate_per_second),
         updated_at = now()
       where id = $1 returning ${ENDPOINT_COLUMNS}`,
      [id, ...columnValues(id, after, vault)],
    );
    await alignWaiting(client, id);
    if (!isDeepStrictEqual(before.retrySchedule, after.retrySchedule)) {
      await beginReplan(client, id, scheduleOf(after.retrySchedule, profileSchedule));
      await replanPage(client, id);
    }
    return rows[0] === undefined ? null : openEndpoint(rows[0], vault);
  });
}

/** Brings the rest of an endpoint's backlog in line with it, page by page: there may be a million deliveries. */
export async function followEndpoint(db: Db, id: string, page: number = WAITING_PAGE): Promise<void> {
  while ((await alignWaiting(db, id, page)) === page);
  while (await replanPage(db, id, page));
}

/** @returns whether there was one to delete */
export async function deleteEndpoint(db: Queryable, tenantId: string, id: string): Promise<boolean> {
  return transaction(db, async (client) => {
    const { rowCount } = await client.query(
      `update endpoints set deleted_at = now(), enabled = false
       where id = $1 and tenant_id = $2 and deleted_at is null`,
      [id, tenantId],
    );
    if (rowCount === 0) return false;
    await alignWaiting(client, id);
    return true;
  });
}

/**
 * Switches an endpoint off because of its answers, ends its backlog, and has people notified of both. `troubled_since` keeps the time
 * since when it has got nothing, for the person who enables it again.
 */
export async function disableEndpoint(
  db: Queryable,
  id: string,
  reason: Exclude<DisabledReason, 'manual'>,
): Promise<void> {
  const { rows } = await db.query<{ tenantId: string; since: Date; failures: number }>(
    `update endpoints set enabled = false, disabled_reason = $2, disabled_note = null, updated_at = now(), disabled_at = now(),
       troubled_since = coalesce(failing_since, now()), warned_percent = 100
     where id = $1 and enabled
     returning tenant_id as "tenantId", troubled_since as since, consecutive_failures as failures`,
    [id, reason],
  );
  const [disabled] = rows;
  if (disabled === undefined) return;
  // Counts the whole backlog, although only a page is ended here: the reconciler ends the rest.
  const ended = (await alignWaiting(db, id)) + (await countWaiting(db, id));
  await insertOperationalEvent(db, {
    type: 'endpoint.disabled',
    tenantId: disabled.tenantId,
    endpointId: id,
    data: {
      reason,
      failing_since: disabled.since.toISOString(),
      consecutive_failures: disabled.failures,
      deliveries_ended: ended,
    },
  });
}
