/** Reads which endpoints got nothing of an event, and what is on record of them: their rows, and their changes around the event's time. */
import { firstIdAt } from '../domain/ids.ts';
import type {
  EndedDelivery,
  EndpointChange,
  EndpointHistory,
  MissingEndpoint,
} from '../domain/missed-event.ts';
import type { WalkedPage } from './delivery-list.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';

/** Changes that are read of each endpoint, from the event on and before it. */
const AFTER = 50;
const BEFORE = 15;
/** An event has one delivery for each endpoint that it went to, and a tenant has 100 endpoints at a time. */
const MAX_DELIVERIES = 2_000;

type StoredEndpoint = MissingEndpoint & { id: string; maskedUrl: string };
type StoredDelivery = EndedDelivery & { id: string; endpointId: string };

export type MissingRow = StoredEndpoint & {
  /** the one that has ended without success; `null`: there was none */
  delivery: StoredDelivery | null;
  history: EndpointHistory;
};

const ofState = (condition: string) => `(
  select * from endpoints where tenant_id = $1 and ${condition} and ($2::text is null or (tenant_id, id) < ($1, $2))
  order by tenant_id desc, id desc limit $3)`;
// Each state has an index of its own. The state of a deleted endpoint before that: only one that was disabled has a reason for it.
export const ENDPOINTS_QUERY = `
  select id, masked_url as "maskedUrl", created_at as "createdAt", deleted_at as "deletedAt",
    case when deleted_at is null then enabled else disabled_reason is null end as enabled,
    disabled_at as "disabledAt", array_remove(event_types, null) as "eventTypes"
  from (${ofState('deleted_at is null')} union all ${ofState('deleted_at is not null')}) both_states`;

export const DELIVERIES_QUERY = `
  select id, endpoint_id as "endpointId", status, last_error as "lastError", attempt_count as "attemptCount", ended_at as "endedAt"
  from deliveries where event_id = $1 and tenant_id = $2 limit ${MAX_DELIVERIES}`;

/**
 * The endpoints of a tenant, newest first and deleted ones included, that an event was not delivered to and is not on its way to.
 * @param page.limit endpoints that are looked at, so a page may be short
 */
export async function listMissing(
  db: Db,
  tenantId: string,
  event: { id: string; createdAt: Date },
  page: { before: string | null; limit: number },
): Promise<WalkedPage<MissingRow>> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const found = await client.query<StoredEndpoint>(ENDPOINTS_QUERY, [tenantId, page.before, page.limit]);
    const rows = found.rows.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, page.limit);
    const sent = await client.query<StoredDelivery>(DELIVERIES_QUERY, [event.id, tenantId]);
    const deliveries = new Map(sent.rows.map((row) => [row.endpointId, row]));
    const missing = rows.filter(({ id }) => {
      const status = deliveries.get(id)?.status;
      return status === undefined || status === 'failed' || status === 'cancelled';
    });
    const unsent = missing.filter(({ id }) => !deliveries.has(id)).map(({ id }) => id);
    const changes = await changesOf(client, unsent, event.createdAt);
    return {
      rows: missing.map((row) => ({
        ...row,
        delivery: deliveries.get(row.id) ?? null,
        history: historyIn(changes.filter(({ endpointId }) => endpointId === row.id)),
      })),
      walkedTo: rows.length === page.limit ? (rows.at(-1)?.id ?? null) : null,
    };
  });
}

/** An entry of the audit log, or with `details` `null` an operational event: the endpoint was switched off for its answers. */
type Entry = { endpointId: string; at: Date; isLater: boolean; details: string | null };

const AUDITED = `case action when 'endpoint.updated' then details else '{}' end as details from audit_log`;
const SWITCHED_OFF = `null::json as details from operational_events`;
const DISABLED = `type = 'endpoint.disabled' and`;
/** An endpoint's entries as a range of whole index keys: no other index can serve it in this order. */
const later = (column: string, first: string) =>
  `(${column}, id) >= (p.id, ${first}) and (${column}, id) <= (p.id, '${afterPrefix('')}') order by ${column}, id limit ${AFTER}`;
const earlier = (column: string, first: string) =>
  `(${column}, id) >= (p.id, '') and (${column}, id) < (p.id, ${first}) order by ${column} desc, id desc limit ${BEFORE}`;

export const CHANGES_QUERY = `
  select p.id as "endpointId", c.at, c.later as "isLater", c.details
  from unnest($1::text[]) p (id) cross join lateral (
    (select at, true as later, ${AUDITED} where ${later('object_id', '$2')})
    union all
    (select at, false, ${AUDITED} where ${earlier('object_id', '$2')})
    union all
    (select created_at, true, ${SWITCHED_OFF} where ${DISABLED} ${later('endpoint_id', '$3')})
    union all
    (select created_at, false, ${SWITCHED_OFF} where ${DISABLED} ${earlier('endpoint_id', '$3')})
  ) c`;

async function changesOf(client: Queryable, endpointIds: string[], since: Date): Promise<Entry[]> {
  if (endpointIds.length === 0) return [];
  const ms = since.getTime();
  const { rows } = await client.query<Entry>(CHANGES_QUERY, [
    endpointIds,
    firstIdAt('auditEntry', ms),
    firstIdAt('operationalEvent', ms),
  ]);
  return rows;
}

/** The entries as far as none is missing between them. Where a list was cut, the other list is cut at the same time. */
function historyIn(entries: Entry[]): EndpointHistory {
  const cuts = (isLater: boolean, limit: number): number[] =>
    [true, false].flatMap((isAudited) => {
      const list = entries.filter(
        (each) => each.isLater === isLater && (each.details !== null) === isAudited,
      );
      const times = list.map(({ at }) => at.getTime());
      return list.length < limit ? [] : [isLater ? Math.max(...times) : Math.min(...times)];
    });
  const first = Math.max(...cuts(false, BEFORE), Number.NEGATIVE_INFINITY);
  const last = Math.min(...cuts(true, AFTER), Number.POSITIVE_INFINITY);
  return {
    changes: entries
      .filter(({ at }) => at.getTime() >= first && at.getTime() <= last)
      .map(changeIn)
      .sort((a, b) => a.at.getTime() - b.at.getTime()),
    isWhole: last === Number.POSITIVE_INFINITY,
  };
}

/** What has not the expected form counts as not recorded. */
function changeIn({ at, details }: Entry): EndpointChange {
  if (details === null) return { at, switched: { to: false, was: true } };
  const { fields, enabled, was } = recordIn(JSON.parse(details));
  const names: unknown[] = Array.isArray(fields) ? fields : [];
  const before = recordIn(was);
  return {
    at,
    ...(names.includes('enabled') && { switched: { to: flagIn(enabled), was: flagIn(before.enabled) } }),
    ...(names.includes('event_types') && { retyped: { was: typesIn(before.event_types) } }),
  };
}

const recordIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const flagIn = (value: unknown) => (typeof value === 'boolean' ? value : undefined);

function typesIn(value: unknown): string[] | null | undefined {
  if (value === null) return null;
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
}
