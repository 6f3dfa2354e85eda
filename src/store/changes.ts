/**
 * Changes of some tenants, read from the rows themselves, each kind through an index by time. Nobody who writes the rows does anything
 * for that. Ids carry the time at which they were made, which is before their commit: a reader reads the last seconds again and again.
 */
import type { Delivery, Trigger } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { firstIdAt, ID_PREFIXES } from '../domain/ids.ts';
import type { Operation } from '../domain/operation.ts';
import { DELIVERY_COLUMNS } from './deliveries.ts';
import { findOperation } from './operations.ts';
import type { Db } from './pool.ts';

/** Rows of a kind that are read of one tenant at most; and of attempts, of all tenants together. The newest are read. */
const MOST_OF_TENANT = 500;
const MOST_ATTEMPTS = 5_000;

type EndpointState = {
  id: string;
  tenantId: string;
  enabled: boolean;
  disabledReason: string | null;
  deleted: boolean;
};

/** `key` is the same when the same change is read again. */
export type Change = { key: string; tenantId: string } & (
  | { kind: 'created'; delivery: Delivery }
  | {
      kind: 'attempt';
      delivery: Delivery;
      number: number;
      trigger: Trigger;
      startedAt: Date;
      durationMs: number;
      responseStatus: number | null;
      errorCode: AttemptErrorCode | null;
    }
  /** somebody did something to a delivery or an endpoint: `reason` is the action of the audit log, or the operational event */
  | { kind: 'delivery'; delivery: Delivery; reason: string }
  | { kind: 'endpoint'; endpoint: EndpointState; reason: string }
  | { kind: 'operation'; operation: Operation }
);

type Changes = {
  changes: Change[];
  /** where as many rows of a tenant were read as may be: perhaps there are more. The keys of those that were read */
  full: { tenantId: string; keys: string[] }[];
  /** the oldest attempt that was read, in Unix ms, where there were more; `null`: all were read */
  attemptsFromMs: number | null;
  /** tenants that are deleted */
  gone: Set<string>;
};

const TENANTS = 'unnest($1::text[]) w (watched) cross join lateral';

async function createdDeliveries(db: Db, tenantIds: string[], sinceMs: number): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>({
    name: 'changes-deliveries',
    text: `select ${DELIVERY_COLUMNS} from ${TENANTS}
      (select * from deliveries where tenant_id = w.watched and id > $2 order by id desc limit ${MOST_OF_TENANT}) d`,
    values: [tenantIds, firstIdAt('delivery', sinceMs)],
  });
  return rows;
}

type RecordedAttempt = Omit<
  Extract<Change, { kind: 'attempt' }>,
  'key' | 'kind' | 'tenantId' | 'delivery'
> & {
  deliveryId: string | null;
  read: number;
  readFrom: Date | null;
};

async function recordedAttempts(db: Db, tenantIds: string[], sinceMs: number): Promise<RecordedAttempt[]> {
  const { rows } = await db.query<RecordedAttempt>({
    name: 'changes-attempts',
    text: `with recent as materialized (
        select delivery_id, number, trigger, started_at, duration_ms, response_status, error_code, recorded_at
        from attempts where recorded_at > $2 order by recorded_at desc limit ${MOST_ATTEMPTS})
      select r.delivery_id as "deliveryId", r.number, r.trigger, r.started_at as "startedAt", r.duration_ms as "durationMs",
        r.response_status as "responseStatus", r.error_code as "errorCode", s.read, s.read_from as "readFrom"
      from (select count(*)::int as read, min(recorded_at) as read_from from recent) s
      left join (recent r join deliveries d on d.id = r.delivery_id and d.tenant_id = any($1)) on true`,
    values: [tenantIds, new Date(sinceMs)],
  });
  return rows;
}

type Act = { id: string; tenantId: string; reason: string; objectId: string | null };

/** What was done to deliveries, endpoints and operations, by the audit log; and what happened to endpoints by itself. */
async function acts(db: Db, tenantIds: string[], sinceMs: number): Promise<Act[]> {
  const { rows } = await db.query<Act>({
    name: 'changes-acts',
    text: `select id, tenant_id as "tenantId", action as reason, object_id as "objectId" from ${TENANTS}
        (select * from audit_log where tenant_id = w.watched and id > $2 order by id desc limit ${MOST_OF_TENANT}) a
      union all
      select id, tenant_id, type, endpoint_id from ${TENANTS}
        (select * from operational_events where tenant_id = w.watched and id > $3 order by id desc limit ${MOST_OF_TENANT}) o`,
    values: [tenantIds, firstIdAt('auditEntry', sinceMs), firstIdAt('operationalEvent', sinceMs)],
  });
  return rows;
}

async function deliveriesById(db: Db, ids: string[]): Promise<Map<string, Delivery>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<Delivery>({
    name: 'changes-deliveries-by-id',
    text: `select ${DELIVERY_COLUMNS} from deliveries where id = any($1)`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

async function endpointsById(db: Db, ids: string[]): Promise<Map<string, EndpointState>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<EndpointState>(
    `select id, tenant_id as "tenantId", enabled, disabled_reason as "disabledReason", deleted_at is not null as deleted
     from endpoints where id = any($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function runningOperations(db: Db, tenantIds: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from operations where tenant_id = any($1) and status = 'running'`,
    [tenantIds],
  );
  return rows.map((row) => row.id);
}

async function goneTenants(db: Db, tenantIds: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    'select id from tenants where id = any($1) and deleted_at is not null',
    [tenantIds],
  );
  return new Set(rows.map((row) => row.id));
}

/**
 * Reads what has changed since a time.
 * @param since Unix ms by the database's clock, for what is found by ids, and for attempts
 * @param watched ids of operations whose progress is read although they may have ended
 */
export async function readChanges(
  db: Db,
  tenantIds: string[],
  since: { idsMs: number; attemptsMs: number },
  watched: readonly string[] = [],
): Promise<Changes> {
  const created = await createdDeliveries(db, tenantIds, since.idsMs);
  const attempts = await recordedAttempts(db, tenantIds, since.attemptsMs);
  const done = await acts(db, tenantIds, since.idsMs);
  /** the ids of deliveries, endpoints or operations to which something was done */
  const about = (noun: string) =>
    done.flatMap(({ reason, objectId }) =>
      reason.startsWith(`${noun}.`) && objectId !== null ? [objectId] : [],
    );
  const ofTenants = attempts.filter(({ deliveryId }) => deliveryId !== null);
  const tried = ofTenants.map(({ deliveryId }) => deliveryId ?? '');
  const deliveries = await deliveriesById(db, [...new Set([...tried, ...about('delivery')])]);
  const endpoints = await endpointsById(db, [...new Set(about('endpoint'))]);
  const operationIds = new Set([
    ...watched,
    ...about('operation'),
    ...(await runningOperations(db, tenantIds)),
  ]);
  const changes: Change[] = created.map((delivery) => ({
    kind: 'created',
    key: delivery.id,
    tenantId: delivery.tenantId,
    delivery,
  }));
  for (const { deliveryId, read: _read, readFrom: _readFrom, ...attempt } of ofTenants) {
    const delivery = deliveries.get(deliveryId ?? '');
    if (delivery === undefined) continue;
    const key = `${deliveryId} ${attempt.number}`;
    changes.push({ kind: 'attempt', key, tenantId: delivery.tenantId, delivery, ...attempt });
  }
  for (const { id: key, tenantId, reason, objectId } of done) {
    const isAbout = (noun: string) => reason.startsWith(`${noun}.`);
    const delivery = isAbout('delivery') ? deliveries.get(objectId ?? '') : undefined;
    const endpoint = isAbout('endpoint') ? endpoints.get(objectId ?? '') : undefined;
    if (delivery !== undefined) changes.push({ kind: 'delivery', key, tenantId, delivery, reason });
    if (endpoint !== undefined) changes.push({ kind: 'endpoint', key, tenantId, endpoint, reason });
  }
  for (const id of operationIds) {
    const operation = await findOperation(db, id);
    if (operation === null || !tenantIds.includes(operation.tenantId)) continue;
    const { status, matched, done: succeeded, failed, skipped } = operation;
    const key = `${id} ${status} ${matched} ${succeeded} ${failed} ${skipped}`;
    changes.push({ kind: 'operation', key, tenantId: operation.tenantId, operation });
  }
  const [{ read = 0, readFrom = null } = {}] = attempts;
  return {
    changes,
    full: [created, done.filter(isAudited), done.filter((act) => !isAudited(act))].flatMap(fullTenants),
    attemptsFromMs: read === MOST_ATTEMPTS ? (readFrom?.getTime() ?? null) : null,
    gone: await goneTenants(db, tenantIds),
  };
}

const isAudited = ({ id }: Act) => id.startsWith(`${ID_PREFIXES.auditEntry}_`);

/** @param rows what one query has read */
function fullTenants(rows: { id: string; tenantId: string }[]): Changes['full'] {
  const keys = new Map<string, string[]>();
  for (const { id, tenantId } of rows) {
    const ids = keys.get(tenantId) ?? [];
    ids.push(id);
    keys.set(tenantId, ids);
  }
  return [...keys].flatMap(([tenantId, ids]) =>
    ids.length >= MOST_OF_TENANT ? [{ tenantId, keys: ids }] : [],
  );
}
