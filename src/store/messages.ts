/**
 * Messages: the outbox of notifications and links. `beginMessage` decides whether a due message is sent now, later or never;
 * notifications.ts and contacts.ts decide to whom. Each message is taken, sent and settled by itself. When the process that sends one dies,
 * another sends the same message again.
 */
// Long because it holds every step in the life of a message, a statement for each.
import { randomBytes } from 'node:crypto';
import type { ContactState } from '../domain/contact.ts';
import { type EndpointMessage, NOTICE_SAMPLE } from '../domain/notification.ts';
import { readContent } from './message-content.ts';
import { countMessage, type MessageBounds } from './message-counts.ts';
import { insertOperationalEvent } from './operational-events.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

/** The lease of a message that is being sent: longer than any channel takes. */
const SENDING_LEASE_S = 130;
const LOCK_MS = 1_000;
/** The wait of a message while an earlier one to the same recipient is being sent. */
const UNDER_WAY_S = 5;
const LINK_DAYS = 3;
const NONCE_BYTES = 16;

export type DueMessage = { id: string; channel: string; endpointId: string };

/** A message that the caller must send now. */
export type BegunMessage = {
  id: string;
  channel: string;
  tenant: { id: string; name: string };
  contact: { id: string; address: string } | null;
  deferrals: number;
  /** seconds since it was first deferred by its recipient's server; `null`: it was not */
  deferredS: number | null;
} & (
  | { link: { nonce: Buffer; expiresAt: Date } }
  | {
      link: null;
      content: Pick<EndpointMessage, 'endpoint' | 'deliveries' | 'total' | 'changes' | 'changesTotal'>;
    }
);

/** The message of these channels that has been due for longest. */
export async function nextDueMessage(db: Db, channels: string[]): Promise<DueMessage | null> {
  const { rows } = await db.query<DueMessage>(
    `select id, channel, endpoint_id as "endpointId" from messages
     where settled_at is null and due_at <= now() and channel = any($1) order by due_at limit 1`,
    [channels],
  );
  return rows[0] ?? null;
}

type Row = {
  channel: string;
  tenantId: string;
  tenantName: string | null;
  contactId: string;
  address: string | null;
  state: ContactState | null;
  isListed: boolean | null;
  isCounted: boolean;
  hasBegun: boolean;
  deferrals: number;
  deferredS: number | null;
};

/**
 * Begins to send a message: from now on nothing is added to it, and no other process sends it until its lease ends.
 * @returns `null`: another process has it, it must wait, or its recipient or its content is gone
 */
export async function beginMessage(
  db: Db,
  { id, endpointId }: DueMessage,
  rules: { bounds: MessageBounds; intervalMs: number; disableAfterMs: number },
): Promise<BegunMessage | null> {
  return transaction(db, async (client) => {
    await lockEndpoint(client, endpointId);
    const row = await lockDue(client, id);
    if (row === null) return null;
    const isLink = endpointId === '';
    if (row.tenantName === null || !mayBeNotified(row, isLink)) return settled(client, id, 'dropped');
    const pauseS = isLink ? 0 : await pauseOf(client, id, rules.intervalMs);
    if (pauseS > 0) return postponed(client, id, pauseS);
    const { tenantId, address } = row;
    if (!row.isCounted && address !== null) {
      const waitS = await countMessage(
        client,
        { kind: isLink ? 'link' : 'notice', tenantId, address },
        rules.bounds,
      );
      if (waitS > 0) return postponed(client, id, waitS);
    }
    await client.query(
      `update messages set began_at = now(), due_at = now() + make_interval(secs => $2), counted_at = coalesce(counted_at, now())
       where id = $1`,
      [id, SENDING_LEASE_S],
    );
    const begun = {
      id,
      channel: row.channel,
      tenant: { id: row.tenantId, name: row.tenantName },
      contact: row.address === null ? null : { id: row.contactId, address: row.address },
      deferrals: row.deferrals,
      deferredS: row.deferredS,
    };
    if (isLink) return { ...begun, link: await renewLink(client, row.contactId, row.hasBegun) };
    const content = await closeAndRead(client, id, endpointId, rules.disableAfterMs);
    if (content.total + content.changesTotal === 0) return settled(client, id, 'dropped');
    return { ...begun, link: null, content };
  });
}

/** Takes the lock under which content is added to messages. @throws an error of PostgreSQL when another holds it for over a second */
async function lockEndpoint(client: Queryable, endpointId: string): Promise<void> {
  if (endpointId === '') return;
  await client.query(`set local lock_timeout = ${LOCK_MS}`);
  await client.query('select 1 from endpoints where id = $1 for no key update', [endpointId]);
}

async function lockDue(client: Queryable, id: string): Promise<Row | null> {
  const { rows } = await client.query<Row>(
    `select m.channel, m.tenant_id as "tenantId", t.name as "tenantName", m.contact_id as "contactId", c.address, c.state,
       exists (select from unnest(t.contacts) a where lower(a) = lower(c.address)) as "isListed",
       m.counted_at is not null as "isCounted", m.began_at is not null as "hasBegun", m.deferrals,
       extract(epoch from now() - m.deferred_since)::double precision as "deferredS"
     from messages m left join tenants t on t.id = m.tenant_id and t.deleted_at is null left join contacts c on c.id = m.contact_id
     where m.id = $1 and m.settled_at is null and m.due_at <= now() for update of m skip locked`,
    [id],
  );
  return rows[0] ?? null;
}

/** Whether the recipient may still be notified: since the message was made it may have left the list or unsubscribed. */
function mayBeNotified({ contactId, state, isListed }: Row, isLink: boolean): boolean {
  if (contactId === '') return true;
  if (!isListed) return false;
  return isLink ? state === 'pending' || state === 'undeliverable' : state === 'verified';
}

/** Seconds that the message must wait for another one to the same recipient that is being sent, or was sent since this one was made. */
async function pauseOf(client: Queryable, id: string, intervalMs: number): Promise<number> {
  const { rows } = await client.query<{ pauseS: number | null }>(
    `select extract(epoch from max(case when o.settled_at is null then now() + make_interval(secs => $2)
         else o.settled_at + make_interval(secs => $3::double precision / 1000) end) - now())::double precision as "pauseS"
     from messages m join messages o on o.endpoint_id = m.endpoint_id and o.channel = m.channel and o.contact_id = m.contact_id
       and o.id <> m.id
     where m.id = $1
       and (o.settled_at is null and o.began_at is not null or o.outcome = 'sent' and o.settled_at > m.created_at)`,
    [id, UNDER_WAY_S, intervalMs],
  );
  return rows[0]?.pauseS ?? 0;
}

/** @param again whether the link was sent before, so that it may have arrived and must stay valid */
async function renewLink(
  client: Queryable,
  contactId: string,
  again: boolean,
): Promise<{ nonce: Buffer; expiresAt: Date }> {
  const { rows } = await client.query<{ nonce: Buffer; expiresAt: Date }>(
    `update contacts set link_nonce = case when $3 then coalesce(link_nonce, $2) else $2 end,
       link_expires_at = now() + make_interval(days => $4)
     where id = $1 returning link_nonce as nonce, link_expires_at as "expiresAt"`,
    [contactId, randomBytes(NONCE_BYTES), again, LINK_DAYS],
  );
  return rows[0] as { nonce: Buffer; expiresAt: Date };
}

async function closeAndRead(client: Queryable, id: string, endpointId: string, disableAfterMs: number) {
  const { rows } = await client.query<{ id: string }>(
    `select n.id from message_notices m join notices n on n.id = m.notice_id where m.message_id = $1`,
    [id],
  );
  const noticeIds = rows.map((row) => row.id);
  await closeNotices(client, noticeIds);
  return readContent(client, endpointId, noticeIds, { limit: NOTICE_SAMPLE, disableAfterMs });
}

async function closeNotices(client: Queryable, ids: string[]): Promise<void> {
  await client.query('update notices set closed_at = now() where id = any($1) and closed_at is null', [ids]);
}

async function settled(client: Queryable, id: string, outcome: 'dropped'): Promise<null> {
  await settle(client, id, outcome);
  return null;
}

export type Settlement = 'sent' | 'refused' | 'unsure' | 'dropped';

/** Settles a message with its outcome. @returns `false`: it was settled before */
export async function settleMessage(db: Queryable, id: string, outcome: Settlement): Promise<boolean> {
  return transaction(db, (client) => settle(client, id, outcome));
}

async function settle(client: Queryable, id: string, outcome: Settlement): Promise<boolean> {
  // Under the lock with which messages are made: each of them either finds this one settled, or is older than its settlement. By the
  // transactions' own times, one that is made meanwhile could seem younger, and would be sent at once.
  await client.query(
    'select 1 from endpoints where id = (select endpoint_id from messages where id = $1) for no key update',
    [id],
  );
  // The notices are locked in one order, so that of two messages that settle at the same time the second sees that it is the last.
  const { rows: notices } = await client.query<{ id: string }>(
    `select n.id from notices n where n.id in (select notice_id from message_notices where message_id = $1)
     order by n.id for update`,
    [id],
  );
  const { rowCount } = await client.query(
    'update messages set settled_at = clock_timestamp(), outcome = $2 where id = $1 and settled_at is null',
    [id, outcome],
  );
  if (rowCount === 0) return false;
  const noticeIds = notices.map((notice) => notice.id);
  await closeNotices(client, noticeIds);
  // A notice whose last message is settled has been told to everybody who could be told.
  await client.query(
    `with told as (
       update notices n set sent_at = now() where n.id = any($1) and not exists (
         select from message_notices mn join messages m on m.id = mn.message_id
         where mn.notice_id = n.id and m.settled_at is null and m.id <> $2)
       returning n.id, n.endpoint_id
     ), paced as (
       -- the version before this one paces its messages by this column
       update endpoints e set told_at = now() from told where e.id = told.endpoint_id
     )
     update deliveries set told_at = now() where notice_id = any(array(select id from told)) and told_at is null`,
    [noticeIds, id],
  );
  return true;
}

async function postponed(client: Queryable, id: string, seconds: number): Promise<null> {
  await postpone(client, id, seconds);
  return null;
}

/** Postpones a message; it stays as it is. */
export async function postpone(db: Queryable, id: string, seconds: number): Promise<void> {
  await db.query(
    'update messages set due_at = now() + make_interval(secs => $2) where id = $1 and settled_at is null',
    [id, seconds],
  );
}

/**
 * Puts back a message that was certainly not accepted, to be sent in `seconds`. If another one to the same recipient was made
 * meanwhile, its content moves into that one.
 * @param deferred whether the recipient's server deferred it
 */
export async function returnMessage(
  db: Db,
  { id, endpointId }: DueMessage,
  seconds: number,
  deferred: boolean,
): Promise<void> {
  await transaction(db, async (client) => {
    await lockEndpoint(client, endpointId);
    if (deferred) await countDeferral(client, id);
    const { rows } = await client.query<{ id: string }>(
      `update messages o set due_at = now() + make_interval(secs => $2), deferrals = m.deferrals, deferred_since = m.deferred_since,
         counted_at = m.counted_at
       from messages m where m.id = $1 and o.endpoint_id = m.endpoint_id and o.channel = m.channel
         and o.contact_id = m.contact_id and o.id <> m.id and o.settled_at is null and o.began_at is null returning o.id`,
      [id, seconds],
    );
    const [other] = rows;
    if (other === undefined) {
      await client.query(
        `update messages set began_at = null, due_at = now() + make_interval(secs => $2)
         where id = $1 and settled_at is null`,
        [id, seconds],
      );
      return;
    }
    await client.query(
      `insert into message_notices (message_id, notice_id) select $2, notice_id from message_notices where message_id = $1
       on conflict do nothing`,
      [id, other.id],
    );
    await settle(client, id, 'dropped');
  });
}

/** Puts back a message that may have been accepted: the same one is sent again in `seconds`. */
export async function repeatMessage(db: Db, id: string, seconds: number): Promise<void> {
  await transaction(db, async (client) => {
    await countDeferral(client, id);
    await postpone(client, id, seconds);
  });
}

/** Marks the recipient as undeliverable, so that it gets nothing more. An operational event reports that. */
export async function refuseMessage(
  db: Db,
  message: Pick<BegunMessage, 'id' | 'tenant' | 'contact'>,
  code: string,
): Promise<void> {
  await transaction(db, async (client) => {
    if (!(await settle(client, message.id, 'refused')) || message.contact === null) return;
    const { rowCount } = await client.query(
      `update contacts set state = 'undeliverable', refusal = $2, link_nonce = null, changed_at = now()
       where id = $1 and state in ('pending', 'verified')`,
      [message.contact.id, code],
    );
    if (rowCount === 0) return;
    // The contact's id, not its address: an address can be erased, an event that was relayed cannot.
    const data = { contact_id: message.contact.id, code };
    const tenantId = message.tenant.id;
    await insertOperationalEvent(client, { type: 'contact.undeliverable', tenantId, endpointId: null, data });
  });
}

/** Days for which settled messages are kept. */
const KEEP_DAYS = 30;
const PRUNE_LIMIT = 5_000;

/** Deletes old settled messages and old counts. */
export async function pruneMessages(db: Db): Promise<void> {
  await db.query(
    `with old as (
       delete from messages where id = any(array(
         select id from messages where settled_at < now() - make_interval(days => $1) limit $2)) returning id
     )
     delete from message_notices where message_id in (select id from old)`,
    [KEEP_DAYS, PRUNE_LIMIT],
  );
  await db.query(`delete from message_counts where span_start < now() - interval '3 days'`);
}

async function countDeferral(client: Queryable, id: string): Promise<void> {
  await client.query(
    'update messages set deferrals = deferrals + 1, deferred_since = coalesce(deferred_since, now()) where id = $1',
    [id],
  );
}
