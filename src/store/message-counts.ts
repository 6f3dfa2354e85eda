/** Rate limits of messages for each address and each tenant, counted before a message is sent. */
import { createHash } from 'node:crypto';
import { mailboxOf } from '../domain/contact.ts';
import type { Queryable } from './pool.ts';

export type MessageBounds = {
  /** notifications that one mailbox gets in an hour, from all tenants together */
  perAddress: number;
  /** notifications that one tenant causes in an hour */
  perTenant: number;
  /** links that one mailbox gets in a day, from all tenants together */
  linksPerAddress: number;
  /** links that one tenant causes in a day */
  linksPerTenant: number;
};

type Counted = { kind: 'notice' | 'link'; tenantId: string; address: string };
type Counter = { name: string; max: number };

const SPAN_S = { notice: 3_600, link: 24 * 3_600 } as const;

function countersOf({ kind, tenantId, address }: Counted, bounds: MessageBounds): Counter[] {
  // Only the address's hash is stored, because the count outlives an erasure of the address.
  const mailbox = createHash('sha256').update(mailboxOf(address)).digest('base64url');
  const isLink = kind === 'link';
  return [
    { name: `${kind} to ${mailbox}`, max: isLink ? bounds.linksPerAddress : bounds.perAddress },
    { name: `${kind} of ${tenantId}`, max: isLink ? bounds.linksPerTenant : bounds.perTenant },
  ];
}

const SPAN_START = 'to_timestamp(floor(extract(epoch from now()) / $2::int) * $2::int)';

/**
 * Counts a message, unless it would exceed a bound.
 * @returns 0: it was counted; otherwise the seconds until the next span begins
 */
export async function countMessage(
  client: Queryable,
  message: Counted,
  bounds: MessageBounds,
): Promise<number> {
  const counters = countersOf(message, bounds);
  const names = counters.map(({ name }) => name);
  const spanS = SPAN_S[message.kind];
  // Locks both counters, always in one order.
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

/** Seconds until another link may be sent to the address for the tenant; 0: now. */
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
