/** Contacts: the state of each address in a tenant's list, and the links that change it. */
import { timingSafeEqual } from 'node:crypto';
import { type ContactState, sameMailbox, stateWhenSet } from '../domain/contact.ts';
import { newId } from '../domain/ids.ts';
import { type Queryable, transaction } from './pool.ts';

export type Contact = {
  id: string;
  address: string;
  state: ContactState;
  changedAt: Date;
  /** the mail server's code when it refused the address for good */
  refusal: string | null;
};

/** The name of the channel that an address belongs to; `null`: none takes it. */
type ChannelOf = (address: string) => string | null;

const COLUMNS = `id, address, state, changed_at as "changedAt", refusal`;

/**
 * Updates the states of a tenant's contacts after its list has changed, in the transaction of the change, which holds the tenant's
 * row. An address that stays keeps its state. A new one that is not trusted gets a link. One that has unsubscribed stays
 * unsubscribed, in the list or not.
 * @param channelOf the channel that sends an address its link
 */
export async function noteContacts(
  client: Queryable,
  tenantId: string,
  lists: { before: readonly string[]; after: readonly string[] },
  trusted: boolean,
  channelOf: ChannelOf,
): Promise<void> {
  await adoptContacts(client, tenantId, lists.before);
  const { rows } = await client.query<{ id: string; mailbox: string; state: ContactState }>(
    'select id, lower(address) as mailbox, state from contacts where tenant_id = $1',
    [tenantId],
  );
  const known = new Map(rows.map((row) => [row.mailbox, row]));
  const fresh: Pick<Contact, 'id' | 'address'>[] = [];
  for (const address of lists.after) {
    const row = known.get(sameMailbox(address));
    known.delete(sameMailbox(address));
    const state = stateWhenSet(row?.state ?? null, trusted);
    const id = row?.id ?? newId('contact');
    await client.query(
      `insert into contacts (id, tenant_id, address, state) values ($1, $2, $3, $4)
       on conflict (id) do update set address = excluded.address, state = excluded.state,
         changed_at = case when contacts.state = excluded.state then contacts.changed_at else now() end`,
      [id, tenantId, address, state],
    );
    if (row === undefined && state === 'pending') fresh.push({ id, address });
  }
  const left = [...known.values()].filter(({ state }) => state !== 'unsubscribed').map(({ id }) => id);
  await client.query('delete from contacts where id = any($1)', [left]);
  for (const contact of fresh) await insertLinkMessage(client, tenantId, contact, channelOf);
}

/** Adds listed addresses without a state as verified: they were set by a version without states, which notified them. */
export async function adoptContacts(
  client: Queryable,
  tenantId: string,
  addresses: readonly string[],
): Promise<void> {
  if (addresses.length === 0) return;
  const { rows } = await client.query<{ address: string }>(
    `select distinct on (lower(given.address)) given.address from unnest($2::text[]) as given (address)
     where not exists (select from contacts c where c.tenant_id = $1 and lower(c.address) = lower(given.address))`,
    [tenantId, addresses],
  );
  for (const { address } of rows) {
    await client.query(
      `insert into contacts (id, tenant_id, address, state) values ($1, $2, $3, 'verified') on conflict do nothing`,
      [newId('contact'), tenantId, address],
    );
  }
}

/** The contacts of these tenants, by tenant and mailbox; unsubscribed ones that have left the list are included. */
export async function findContacts(db: Queryable, tenantIds: string[]): Promise<Map<string, Contact>> {
  const { rows } = await db.query<Contact & { tenantId: string }>(
    `select tenant_id as "tenantId", ${COLUMNS} from contacts where tenant_id = any($1)`,
    [tenantIds],
  );
  return new Map(rows.map(({ tenantId, ...contact }) => [contactKey(tenantId, contact.address), contact]));
}

export const contactKey = (tenantId: string, address: string) => `${tenantId} ${sameMailbox(address)}`;

/**
 * Makes the message that sends a contact its link again.
 * @returns 0: a link is on its way; otherwise the seconds until another may be asked for, as the last was made within `pauseS`
 */
export async function requestLink(
  client: Queryable,
  tenantId: string,
  contact: Pick<Contact, 'id' | 'address'>,
  pauseS: number,
  channelOf: ChannelOf,
): Promise<number> {
  const { rows } = await client.query<{ isWaiting: boolean; waitS: number }>(
    `select settled_at is null as "isWaiting",
       ceil(extract(epoch from created_at + make_interval(secs => $2) - now()))::int as "waitS"
     from messages where contact_id = $1 and endpoint_id = '' order by created_at desc limit 1`,
    [contact.id, pauseS],
  );
  const [last] = rows;
  if (last?.isWaiting) return 0;
  if (last !== undefined && last.waitS > 0) return last.waitS;
  await insertLinkMessage(client, tenantId, contact, channelOf);
  return 0;
}

/** Adds a link's message, unless one waits for the contact already or no channel takes its address. */
async function insertLinkMessage(
  client: Queryable,
  tenantId: string,
  { id, address }: Pick<Contact, 'id' | 'address'>,
  channelOf: ChannelOf,
): Promise<void> {
  const channel = channelOf(address);
  if (channel === null) return;
  await client.query(
    `insert into messages (id, tenant_id, channel, contact_id, due_at) values ($1, $2, $3, $4, now())
     on conflict do nothing`,
    [newId('message'), tenantId, channel, id],
  );
}

/** A contact as the pages of its links show it. */
export type LinkedContact = Contact & { tenantId: string; tenantName: string };

/** @returns `null`: it is no contact any more, or its tenant is deleted */
export async function findLinkedContact(db: Queryable, id: string): Promise<LinkedContact | null> {
  const { rows } = await db.query<LinkedContact>(
    `select c.id, c.address, c.state, c.changed_at as "changedAt", c.refusal, c.tenant_id as "tenantId", t.name as "tenantName"
     from contacts c join tenants t on t.id = c.tenant_id where c.id = $1 and t.deleted_at is null`,
    [id],
  );
  return rows[0] ?? null;
}

/** Whether the link with this nonce is the newest one and has not expired. */
export async function isLinkGood(db: Queryable, id: string, nonce: Buffer): Promise<boolean> {
  const { rows } = await db.query<{ nonce: Buffer }>(
    'select link_nonce as nonce from contacts where id = $1 and link_nonce is not null and link_expires_at > now() for update',
    [id],
  );
  const [link] = rows;
  return link !== undefined && link.nonce.length === nonce.length && timingSafeEqual(link.nonce, nonce);
}

/** Uses up the link. @returns whether it was valid */
export async function verifyContact(db: Queryable, id: string, nonce: Buffer): Promise<boolean> {
  return transaction(db, async (client) => {
    if (!(await isLinkGood(client, id, nonce))) return false;
    return setState(client, id, 'verified');
  });
}

/** @returns `false`: the contact had unsubscribed before */
export async function unsubscribeContact(db: Queryable, id: string): Promise<boolean> {
  return setState(db, id, 'unsubscribed');
}

/** Undoes an unsubscription, which only the address's owner can have made. Leaves every other state. */
export async function resubscribeContact(db: Queryable, id: string): Promise<boolean> {
  return setState(db, id, 'verified', 'unsubscribed');
}

/** @param from changes a contact only from this state; `null`: from any. @returns whether the state has changed */
async function setState(
  db: Queryable,
  id: string,
  state: ContactState,
  from: ContactState | null = null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update contacts set state = $2, refusal = null, link_nonce = null, changed_at = now()
     where id = $1 and state <> $2 and ($3::text is null or state = $3)`,
    [id, state, from],
  );
  return rowCount === 1;
}
