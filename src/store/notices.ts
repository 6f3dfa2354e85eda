/** Notices: which exhausted deliveries people have been told of, and by which message. */

import { newId } from '../domain/ids.ts';
import { type DeliveriesNotice, type ExhaustedDelivery, NOTICE_SAMPLE } from '../domain/notice.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

/** Whoever sends a notice has this long before somebody else may try. */
const SENDING_LEASE_S = 60;
const BUSY_MS = 5_000;

export type NoticeStep =
  /** everybody concerned has been told */
  | { kind: 'told' }
  /** the caller has the lease on this notice, and tells */
  | { kind: 'tell'; notice: DeliveriesNotice }
  /** an earlier notice was not long ago, or somebody else is telling: ask again then */
  | { kind: 'wait'; ms: number };

/**
 * The next step towards telling people that these deliveries are exhausted. The first exhaustion of an endpoint makes a
 * notice at once; those of the following `intervalMs` share the next one.
 */
export async function nextNoticeStep(db: Db, deliveryIds: string[], intervalMs: number): Promise<NoticeStep> {
  return transaction(db, async (client) => {
    const { rows } = await client.query<{ endpointId: string; noticeId: string | null }>(
      `select endpoint_id as "endpointId", notice_id as "noticeId" from deliveries
       where id = any($1) and ended_status = 'failed' and told_at is null and status in ('failed', 'delivering')
       order by id limit 1`,
      [deliveryIds],
    );
    const [untold] = rows;
    if (untold === undefined) return { kind: 'told' };
    const { rows: paced } = await client.query<{ waitMs: number | null }>(
      `select extract(epoch from told_at + make_interval(secs => $2) - now())::double precision * 1000 as "waitMs"
       from endpoints where id = $1 for no key update`,
      [untold.endpointId, intervalMs / 1000],
    );
    // Read again under the endpoint's lock: somebody may have put it into a notice meanwhile.
    const { rows: again } = await client.query<{ noticeId: string | null }>(
      `select notice_id as "noticeId" from deliveries
       where id = any($1) and endpoint_id = $2 and status = 'failed' and told_at is null
       order by notice_id nulls last limit 1`,
      [deliveryIds, untold.endpointId],
    );
    const [still] = again;
    // Told by somebody else just now, or sent once more by hand: its end is not known yet.
    if (still === undefined) return { kind: 'wait', ms: BUSY_MS };
    let noticeId = still.noticeId ?? (await joinUnsent(client, untold.endpointId));
    if (noticeId === null) {
      // One that is being sent now may fail: whether the interval counts is known when it has not.
      if (await isSending(client, untold.endpointId)) return { kind: 'wait', ms: BUSY_MS };
      const waitMs = paced[0]?.waitMs ?? 0;
      if (waitMs > 0) return { kind: 'wait', ms: waitMs };
      noticeId = newId('notification');
      await client.query(
        `with made as (
           insert into notices (id, tenant_id, endpoint_id) select $1, tenant_id, id from endpoints where id = $2
         ), paced as (
           update endpoints set told_at = now() where id = $2
         )
         update deliveries set notice_id = $1
         where endpoint_id = $2 and status = 'failed' and told_at is null and notice_id is null`,
        [noticeId, untold.endpointId],
      );
    }
    const { rowCount } = await client.query(
      `update notices set sending_until = now() + make_interval(secs => $2)
       where id = $1 and sent_at is null and (sending_until is null or sending_until < now())`,
      [noticeId, SENDING_LEASE_S],
    );
    if (rowCount === 0) return { kind: 'wait', ms: BUSY_MS };
    return { kind: 'tell', notice: await readNotice(client, noticeId) };
  });
}

/** While a notice could not be sent, what fails meanwhile goes with it. */
async function joinUnsent(client: Queryable, endpointId: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `select id from notices
     where endpoint_id = $1 and sent_at is null and (sending_until is null or sending_until < now())
     order by id limit 1`,
    [endpointId],
  );
  const [unsent] = rows;
  if (unsent === undefined) return null;
  await client.query(
    `update deliveries set notice_id = $1
     where endpoint_id = $2 and status = 'failed' and told_at is null and notice_id is null`,
    [unsent.id, endpointId],
  );
  return unsent.id;
}

async function isSending(client: Queryable, endpointId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'select 1 from notices where endpoint_id = $1 and sent_at is null limit 1',
    [endpointId],
  );
  return rowCount !== 0;
}

async function readNotice(db: Queryable, id: string): Promise<DeliveriesNotice> {
  const { rows } = await db.query<Omit<DeliveriesNotice, 'about' | 'deliveries' | 'total'>>(
    `select n.id, json_build_object('id', t.id, 'name', t.name, 'contacts', t.contacts)::jsonb as tenant,
       json_build_object('id', e.id, 'maskedUrl', e.masked_url, 'stalled', e.stalled_at is not null,
         'disabled', not e.enabled)::jsonb as endpoint
     from notices n join tenants t on t.id = n.tenant_id join endpoints e on e.id = n.endpoint_id where n.id = $1`,
    [id],
  );
  const { rows: deliveries } = await db.query<ExhaustedDelivery>(
    `select id as "deliveryId", event_id as "eventId", event_type as "eventType", attempt_count as "attemptCount",
       last_error as "lastError", last_response_status as "lastResponseStatus", ended_at as "failedAt"
     from deliveries where notice_id = $1 and ended_status = 'failed' order by id limit $2`,
    [id, NOTICE_SAMPLE],
  );
  const { rows: counted } = await db.query<{ total: number }>(
    `select count(*) as total from deliveries where notice_id = $1 and ended_status = 'failed'`,
    [id],
  );
  const [notice] = rows;
  if (notice === undefined) throw new Error(`Notice ${id} vanished while it was read`);
  return { about: 'deliveries', ...notice, deliveries, total: counted[0]?.total ?? 0 };
}

/** The notice went out: its deliveries' people have been told. */
export async function markNoticeSent(db: Db, id: string): Promise<void> {
  await db.query(
    `with sent as (update notices set sent_at = now(), sending_until = null where id = $1)
     update deliveries set told_at = now() where notice_id = $1 and told_at is null`,
    [id],
  );
}

/** Sending failed: whoever tries next need not wait for the lease. */
export async function returnNotice(db: Db, id: string): Promise<void> {
  await db.query('update notices set sending_until = null where id = $1 and sent_at is null', [id]);
}
