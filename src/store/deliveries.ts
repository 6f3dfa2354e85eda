/** One delivery for people: its row, its attempts, its presses, and its cancellation. Lists are in delivery-list.ts. */
import type { Delivery, DeliveryStatus, Trigger } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { releaseNext } from './backlog.ts';
import { endedAs, UNENDED } from './delivery-states.ts';
import { type Db, type Queryable, snapshot, transaction } from './pool.ts';

/** SQL columns of a `Delivery`. */
export const DELIVERY_COLUMNS = `
  id, tenant_id as "tenantId", event_id as "eventId", endpoint_id as "endpointId", event_type as "eventType",
  is_test as "isTest", status, held_reason as "heldReason", attempt_count as "attemptCount",
  next_attempt_at as "nextAttemptAt", ended_at as "endedAt", last_error as "lastError",
  last_response_status as "lastResponseStatus", workflow_id as "workflowId", run_id as "runId",
  created_at as "createdAt", coalesce(claim_deadline > now(), false) as "isAttempted"`;

export async function findDelivery(db: Queryable, id: string): Promise<Delivery | null> {
  const { rows } = await db.query<Delivery>(`select ${DELIVERY_COLUMNS} from deliveries where id = $1`, [id]);
  return rows[0] ?? null;
}

/** One attempt as it was recorded. */
export type StoredAttempt = {
  number: number;
  trigger: Trigger;
  pressId: string | null;
  workflowId: string | null;
  runId: string | null;
  startedAt: Date;
  durationMs: number;
  requestUrl: string | null;
  requestUrlSealed: Buffer | null;
  /** JSON of name-value pairs */
  requestHeaders: string | null;
  responseStatus: number | null;
  responseHeaders: string | null;
  responseBody: Buffer | null;
  responseTruncated: boolean;
  /** JSON of a `Wire` */
  wire: string | null;
  /** JSON of a `Transport` */
  transport: string | null;
  errorCode: AttemptErrorCode | null;
  errorMessage: string | null;
};

/** Newest attempts that a log shows. Each may have 16 KiB of a response. */
export const LOG_ATTEMPTS = 100;

/** The newest attempts, in the order in which they were made. */
async function listAttempts(db: Queryable, deliveryId: string): Promise<StoredAttempt[]> {
  const { rows } = await db.query<StoredAttempt>(
    `select number, trigger, press_id as "pressId", workflow_id as "workflowId", run_id as "runId",
       started_at as "startedAt", duration_ms as "durationMs", request_url as "requestUrl",
       request_url_sealed as "requestUrlSealed", request_headers as "requestHeaders",
       response_status as "responseStatus", response_headers as "responseHeaders", response_body as "responseBody",
       response_truncated as "responseTruncated", wire, transport::text, error_code as "errorCode", error_message as "errorMessage"
     from attempts where delivery_id = $1 order by number desc limit ${LOG_ATTEMPTS}`,
    [deliveryId],
  );
  return rows.reverse();
}

/** The workflow runs that made the newest attempts, newest first. */
export async function listRuns(
  db: Queryable,
  deliveryId: string,
): Promise<{ workflowId: string | null; runId: string | null }[]> {
  const { rows } = await db.query<{ workflowId: string | null; runId: string | null }>(
    `select workflow_id as "workflowId", run_id as "runId" from attempts
     where delivery_id = $1 order by number desc limit ${LOG_ATTEMPTS}`,
    [deliveryId],
  );
  return rows;
}

/** The given deliveries that have ended or do not exist any more. */
export async function endedAmong(db: Queryable, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from unnest($1::text[]) as asked (id)
     where not exists (select 1 from deliveries d where d.id = asked.id and ${UNENDED})`,
    [ids],
  );
  return rows.map((row) => row.id);
}

/** The delivery and its newest attempts as of one moment. `null`: it does not exist. */
export async function findWithAttempts(
  db: Db,
  id: string,
): Promise<{ delivery: Delivery; attempts: StoredAttempt[] } | null> {
  return snapshot(db, async (client) => {
    const delivery = await findDelivery(client, id);
    return delivery && { delivery, attempts: await listAttempts(client, id) };
  });
}

/** The facts that decide, beside the endpoint, whether the delivery can be sent. */
export async function deliverySendability(
  db: Queryable,
  deliveryId: string,
): Promise<{ erased: boolean; profile: string }> {
  const { rows } = await db.query<{ erased: boolean; profile: string }>(
    `select e.erased_at is not null as erased, t.profile from deliveries d
     join events e on e.tenant_id = d.tenant_id and e.id = d.event_id
     join tenants t on t.id = e.tenant_id where d.id = $1`,
    [deliveryId],
  );
  return rows[0] ?? { erased: true, profile: '' };
}

/** The body that every attempt of the delivery sends, unless it is erased, and the event's trace. */
export async function deliveryContent(
  db: Db,
  deliveryId: string,
): Promise<{ body: Buffer; erased: boolean; traceparent: string | null } | null> {
  const { rows } = await db.query<{ body: Buffer; erased: boolean; traceparent: string | null }>(
    `select coalesce(d.body, e.body) as body, e.erased_at is not null as erased, e.traceparent from deliveries d
     join events e on e.tenant_id = d.tenant_id and e.id = d.event_id where d.id = $1`,
    [deliveryId],
  );
  return rows[0] ?? null;
}

/**
 * Cancels deliveries that have not ended. An attempt in flight is still recorded; only its success changes the status.
 * @returns the ids of the deliveries that it has cancelled
 */
export async function cancelDeliveries(db: Queryable, ids: string[]): Promise<string[]> {
  return transaction(db, async (client) => {
    // The endpoints' locks come first, as in records.
    await client.query(
      `select 1 from endpoints where id in (select endpoint_id from deliveries where id = any($1))
       order by id for no key update`,
      [ids],
    );
    const { rows } = await client.query<{ id: string; endpointId: string }>(
      `update deliveries set ${endedAs('cancelled')}
       where id = any($1) and ${UNENDED} and ended_status is null
       returning id, endpoint_id as "endpointId"`,
      [ids],
    );
    for (const endpointId of [...new Set(rows.map((row) => row.endpointId))].sort()) {
      await releaseNext(client, endpointId);
    }
    return rows.map((row) => row.id);
  });
}

/** Newest deliveries of an endpoint that its statistics read; tests among them are not counted. */
export const STATS_DELIVERIES = 10_000;

export type DeliveryCounts = {
  counts: { status: DeliveryStatus; lastError: AttemptErrorCode | null; count: number }[];
  /** creation time of the oldest delivery that was read, if there are older ones; `null`: all were read */
  since: Date | null;
};

/** Reads the newest deliveries of an endpoint, and counts those that are no tests by status and last error. */
export async function countDeliveries(
  db: Db,
  endpointId: string,
  newest: number = STATS_DELIVERIES,
): Promise<DeliveryCounts> {
  const { rows } = await db.query<DeliveryCounts['counts'][number] & { walked: number; oldest: Date }>(
    `select status, last_error as "lastError", count(*) filter (where not is_test) as count, count(*) as walked,
       min(created_at) as oldest
     from (select status, last_error, is_test, created_at from deliveries where endpoint_id = $1 order by id desc limit $2) newest
     group by status, last_error`,
    [endpointId, newest],
  );
  const walked = rows.reduce((sum, row) => sum + row.walked, 0);
  return {
    counts: rows
      .filter(({ count }) => count > 0)
      .map(({ status, lastError, count }) => ({ status, lastError, count })),
    since: walked < newest ? null : new Date(Math.min(...rows.map(({ oldest }) => oldest.getTime()))),
  };
}

const THIS_MINUTE = `presses_since between now() - interval '1 minute' and now()`;

/**
 * Counts a press, unless the delivery's rate limit for presses is reached.
 * @returns 0: the press may be carried out; otherwise the seconds until the delivery takes presses again
 */
export async function countPress(db: Queryable, id: string, perMinute: number): Promise<number> {
  const { rowCount } = await db.query(
    `update deliveries set
       presses = case when ${THIS_MINUTE} then presses + 1 else 1 end,
       presses_since = case when ${THIS_MINUTE} then presses_since else now() end
     where id = $1 and not (coalesce(${THIS_MINUTE}, false) and presses >= $2)`,
    [id, perMinute],
  );
  if (rowCount === 1) return 0;
  const { rows } = await db.query<{ waitS: number }>(
    `select greatest(1, ceil(extract(epoch from presses_since + interval '1 minute' - now())))::int as "waitS"
     from deliveries where id = $1`,
    [id],
  );
  return rows[0]?.waitS ?? 1;
}
