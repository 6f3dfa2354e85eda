/** The bounds on messages: how many an address gets and a tenant causes in a span of time, counted before they are sent. */
import { createHash } from 'node:crypto';
import { mailboxOf } from '../domain/contact.ts';
import type { Queryable } from './pool.ts';

export type MessageBounds = {
  /** notices that one mailbox gets in an hour, of all tenants */
  perAddress: number;
  /** notices that go out for one tenant in an hour */
  perTenant: number;
  /** links that one mailbox gets in a day, of all tenants */
  linksPerAddress: number;
  /** links that go out for one tenant in a day */
  linksPerTenant: number;
};

type Counted = { kind: 'notice' | 'link'; tenantId: string; address: string };
type Counter = { name: string; max: number };

const SPAN_S = { notice: 3_600, link: 24 * 3_600 } as const;

function countersOf({ kind, tenantId, address }: Counted, bounds: MessageBounds): Counter[] {
  // Only the hash: it is kept although the address may be erased meanwhile.
  const mailbox = createHash('sha256').update(mailboxOf(address)).digest('base64url');
  const isLink = kind === 'link';
  return [
    { name: `${kind} to ${mailbox}`, max: isLink ? bounds.linksPerAddress : bounds.perAddress },
    { name: `${kind} of ${tenantId}`, max: isLink ? bounds.linksPerTenant : bounds.perTenant },
  ];
}

const SPAN_START = 'to_timestamp(floor(extract(epoch from now()) / $2::int) * $2::int)';

/**
 * Counts a message, unless a bound is reached.
 * @returns seconds until the next span begins, where it must wait for that; 0: it was counted
 */
export async function countMessage(
  client: Queryable,
  message: Counted,
  bounds: MessageBounds,
): Promise<number> {
  const counters = countersOf(message, bounds);
  const names = counters.map(({ name }) => name);
  const spanS = SPAN_S[message.kind];
  // Locks both, in one order for everybody.
  const { rows } = await client.query<{ counter: string; count: number; leftS: number }>(
    `insert into message_counts (counter, span_start, count)
     select counter, ${SPAN_START}, 0 from unnest($1::text[]) counter order by counter
     on conflict (counter, span_start) do update set count = message_counts.count
     returning counter, count, ceil(extract(epoch from span_start - now()) + $2)::int as "leftS"`,
    [names, spanS],
  );
  const waitS = waitOf(rows, counters);
  if (waitS > 0) return waitS;
  await client.query(
    `update message_counts set count = count + 1 where counter = any($1) and span_start = ${SPAN_START}`,
    [names, spanS],
  );
  return 0;
}

/** Seconds until another link to the address may go out for the tenant; 0: now. */
export async function linkWaitS(
  db: Queryable,
  contact: { tenantId: string; address: string },
  bounds: MessageBounds,
): Promise<number> {
  const counters = countersOf({ kind: 'link', ...contact }, bounds);
  const { rows } = await db.query<{ counter: string; count: number; leftS: number }>(
    `select counter, count, ceil(extract(epoch from span_start - now()) + $2)::int as "leftS"
     from message_counts where counter = any($1) and span_start = ${SPAN_START}`,
    [counters.map(({ name }) => name), SPAN_S.link],
  );
  return waitOf(rows, counters);
}

function waitOf(rows: { counter: string; count: number; leftS: number }[], counters: Counter[]): number {
  const full = rows.find(({ counter, count }) =>
    counters.some(({ name, max }) => name === counter && count >= max),
  );
  return full === undefined ? 0 : Math.max(1, full.leftS);
}
