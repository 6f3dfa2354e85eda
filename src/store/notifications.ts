/**
 * Notifications (the database calls them notices): what people must be told of an endpoint, gathered until it is sent. This file decides
 * who is told: each notification goes into a message for every recipient. messages.ts decides when a message is sent.
 */
import { newId } from '../domain/ids.ts';
import { adoptContacts } from './contacts.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

export type NotificationRules = {
  /** the channels of this process, and whom each notifies */
  channels: readonly {
    name: string;
    audience: 'contacts' | 'operator';
    /** whether a contact's address is one of the channel's; absent: any is */
    takes?(address: string): boolean;
  }[];
  /** the time in which a recipient gets at most one message about an endpoint */
  intervalMs: number;
};

export type AddedToNotification =
  /** all the deliveries are in notices that will be sent or were sent */
  | { kind: 'done' }
  /** deliveries of another endpoint are left */
  | { kind: 'again' }
  /** a manual attempt is in flight, or a process of the version before this one is sending */
  | { kind: 'wait'; ms: number };

const BUSY_MS = 5_000;
/** The wait before a message is sent, so that simultaneous changes share one: a 410 exhausts a delivery and disables its endpoint. */
const GATHER_S = 1.5;
/** Marks a notice as sent through messages. To the version before this one it looks like a notice that is being sent. */
const OURS = `sending_until = 'infinity'`;
const NOT_OURS = `sent_at is null and sending_until is distinct from 'infinity'`;

/** Adds exhausted deliveries to the notice of their endpoint, with all others there that nobody has been notified of. */
export async function addToNotification(
  db: Db,
  deliveryIds: string[],
  rules: NotificationRules,
): Promise<AddedToNotification> {
  return transaction(db, async (client) => {
    const { rows } = await client.query<{ endpointId: string; failed: boolean }>(
      `select d.endpoint_id as "endpointId", bool_or(d.status = 'failed') as failed
       from deliveries d left join notices n on n.id = d.notice_id
       where d.id = any($1) and d.ended_status = 'failed' and d.told_at is null and d.status in ('failed', 'delivering')
         and (n.id is null or n.sent_at is null and n.sending_until is distinct from 'infinity')
       group by d.endpoint_id order by failed desc limit 2`,
      [deliveryIds],
    );
    const [first, another] = rows;
    if (first === undefined) return { kind: 'done' };
    // A manual attempt is in flight, so the delivery's end is not known yet.
    if (!first.failed) return { kind: 'wait', ms: BUSY_MS };
    const noticeId = await openNotice(client, first.endpointId, rules);
    if (noticeId === null) return { kind: 'wait', ms: BUSY_MS };
    await client.query(
      `update deliveries d set notice_id = $1
       where d.endpoint_id = $2 and d.status = 'failed' and d.told_at is null and d.notice_id is null`,
      [noticeId, first.endpointId],
    );
    return another === undefined ? { kind: 'done' } : { kind: 'again' };
  });
}

/** Adds an operational event to the notice of its endpoint; a repetition changes nothing. @returns `false`: try again later */
export async function addEventToNotification(
  client: Queryable,
  event: { id: string; endpointId: string },
  rules: NotificationRules,
): Promise<boolean> {
  const noticeId = await openNotice(client, event.endpointId, rules);
  if (noticeId === null) return false;
  await client.query(
    'insert into notice_events (event_id, notice_id) values ($1, $2) on conflict do nothing',
    [event.id, noticeId],
  );
  return true;
}

/**
 * Finds or makes the open notice of the endpoint, under the endpoint's lock: it stays open until the transaction ends.
 * @returns `null` while a process of the version before this one is sending a notice of this endpoint
 */
async function openNotice(
  client: Queryable,
  endpointId: string,
  rules: NotificationRules,
): Promise<string | null> {
  const { rows: endpoints } = await client.query<{ tenantId: string; contacts: string[] }>(
    `select e.tenant_id as "tenantId", array_remove(t.contacts, null) as contacts from endpoints e join tenants t on t.id = e.tenant_id
     where e.id = $1 for no key update of e`,
    [endpointId],
  );
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error(`Endpoint ${endpointId} is gone`);
  const { rows } = await client.query<{ id: string; ours: boolean; busy: boolean }>(
    `select id, ${OURS} is true as ours, sending_until > now() as busy from notices
     where endpoint_id = $1 and sent_at is null and closed_at is null order by id`,
    [endpointId],
  );
  const open = rows.find(({ ours }) => ours);
  const left = rows.filter(({ ours }) => !ours);
  if (left.some(({ busy }) => busy)) return null;
  if (open !== undefined && left.length === 0) return open.id;
  const noticeId = open?.id ?? left[0]?.id ?? newId('notification');
  if (left.length > 0)
    await adopt(
      client,
      noticeId,
      left.map(({ id }) => id),
    );
  else
    await client.query(
      `insert into notices (id, tenant_id, endpoint_id, sending_until) values ($1, $2, $3, 'infinity')`,
      [noticeId, endpoint.tenantId, endpointId],
    );
  await adoptContacts(client, endpoint.tenantId, endpoint.contacts);
  // Notices of the version before this one were due when they were made.
  await addressNotice(
    client,
    { id: noticeId, tenantId: endpoint.tenantId, endpointId },
    rules,
    left.length > 0,
  );
  return noticeId;
}

/** Merges unsent notices of the version before this one into one of this version. */
async function adopt(client: Queryable, noticeId: string, left: string[]): Promise<void> {
  await client.query(`update deliveries set notice_id = $1 where notice_id = any($2) and told_at is null`, [
    noticeId,
    left,
  ]);
  await client.query(
    `update notices set sending_until = 'infinity', sent_at = case when id = $1 then null else now() end
     where id = any($2)`,
    [noticeId, left],
  );
}

/** Adds the notice to the waiting message of each recipient, and makes a message where none waits. */
async function addressNotice(
  client: Queryable,
  notice: { id: string; tenantId: string; endpointId: string },
  { channels, intervalMs }: NotificationRules,
  atOnce: boolean,
): Promise<void> {
  const named = (audience: string) =>
    channels.filter((channel) => channel.audience === audience).map(({ name }) => name);
  const { rows } = await client.query<{ channel: string; contactId: string; address: string | null }>(
    `select channel, '' as "contactId", null as address from unnest($2::text[]) channel
     union all
     select channel, c.id, c.address from unnest($3::text[]) channel, contacts c join tenants t on t.id = c.tenant_id
     where c.tenant_id = $1 and c.state = 'verified' and lower(c.address) in (select lower(a) from unnest(t.contacts) a)`,
    [notice.tenantId, named('operator'), named('contacts')],
  );
  const takes = new Map(channels.map((channel) => [channel.name, channel.takes]));
  const recipients = rows.filter(
    ({ channel, address }) => address === null || (takes.get(channel)?.(address) ?? true),
  );
  await client.query(
    `with recipient as (
       select * from unnest($4::text[], $5::text[], $6::text[]) as r (id, channel, contact_id)
     ), message as (
       insert into messages (id, tenant_id, endpoint_id, channel, contact_id, due_at)
       select r.id, $2, $3, r.channel, r.contact_id,
         case when $8 then now() else greatest(now() + make_interval(secs => $9), (
           select max(settled_at) + make_interval(secs => $7::double precision / 1000) from messages m
           where m.endpoint_id = $3 and m.channel = r.channel and m.contact_id = r.contact_id and m.outcome = 'sent')) end
       from recipient r
       on conflict (endpoint_id, channel, contact_id) where settled_at is null and began_at is null
         do update set endpoint_id = messages.endpoint_id
       returning id
     )
     insert into message_notices (message_id, notice_id) select id, $1 from message on conflict do nothing`,
    [
      notice.id,
      notice.tenantId,
      notice.endpointId,
      recipients.map(() => newId('message')),
      recipients.map(({ channel }) => channel),
      recipients.map(({ contactId }) => contactId),
      intervalMs,
      atOnce,
      GATHER_S,
    ],
  );
}

/** Takes over unsent notices of the version before this one. @returns of how many endpoints */
export async function adoptLeftNotices(db: Db, rules: NotificationRules, limit: number): Promise<number> {
  const { rows } = await db.query<{ endpointId: string }>(
    `select distinct endpoint_id as "endpointId" from notices
     where ${NOT_OURS} and (sending_until is null or sending_until < now()) limit $1`,
    [limit],
  );
  for (const { endpointId } of rows) {
    await transaction(db, (client) => openNotice(client, endpointId, rules));
  }
  return rows.length;
}
