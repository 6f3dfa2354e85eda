/** Counts the deliveries of a selection before an operation walks it, and those among which it selects. */
import type { DeliveryStatus } from '../domain/delivery.ts';
import { parameters } from './parameters.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';
import {
  countsOlder,
  idAt,
  MAX_WALKED,
  partsOf,
  type Selected,
  type WalkedRows,
  walkDeliveries,
  walkMissing,
} from './redelivery-selection.ts';

/** A delivery that a selection holds, or an event that has none yet. */
export type Found = {
  eventId: string;
  eventType: string;
  /** when the event was accepted, or the delivery made */
  createdAt: Date;
  deliveryId: string | null;
  status: DeliveryStatus | null;
};

export type Count = {
  count: number;
  /** whether counting stopped at its bound, so that there may be more */
  atLeast: boolean;
};

/** Counts the deliveries of a selection, those still to be made included. Exact where one page of each kind holds them all. */
export async function countSelected(db: Db, selected: Selected, maxWalked = MAX_WALKED): Promise<Count> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    return (await countParts(client, selected, maxWalked)).matched;
  });
}

/** Deliveries that are counted to say of how many a selection is a part. */
const MAX_CONSIDERED = 5_000;

/**
 * Counts the deliveries of a selection, and those among which it selects: all of its endpoint, or of its tenant, that were accepted in its
 * time, whatever became of them, and what it finds beside these.
 * @param named how many of those it selects are named in `first`, the oldest ones
 */
export async function countAmong(
  db: Db,
  selected: Selected,
  named = 0,
): Promise<{ matched: Count; among: Count; first: Found[] }> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { matched, outside, first } = await countParts(client, selected, MAX_WALKED, named > 0);
    const accepted = await countAccepted(client, selected);
    return { matched, among: sumOf([accepted, outside]), first: oldest(first, named) };
  });
}

type Counts = {
  matched: Count;
  /** those among them that have no delivery which was accepted in the selection's time */
  outside: Count;
  /** as they were walked; empty unless they are to be named */
  first: Found[];
};

const sumOf = (counts: Count[]): Count => ({
  count: counts.reduce((sum, { count }) => sum + count, 0),
  atLeast: counts.some(({ atLeast }) => atLeast),
});

const oldest = (found: Found[], count: number): Found[] =>
  found.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()).slice(0, count);

/** @param isNamed whether `first` is wanted; otherwise nothing but keys is read */
async function countParts(
  client: Queryable,
  selected: Selected,
  maxWalked: number,
  isNamed = false,
): Promise<Counts> {
  const parts: Counts[] = [];
  for (const part of partsOf(selected)) parts.push(await countPages(client, part, maxWalked, isNamed));
  return {
    matched: sumOf(parts.map(({ matched }) => matched)),
    outside: sumOf(parts.map(({ outside }) => outside)),
    first: parts.flatMap(({ first }) => first),
  };
}

const OF_DELIVERY = `d.event_id as "eventId", d.event_type as "eventType", d.created_at as "createdAt", d.id as "deliveryId", d.status`;
const OF_EVENT = `e.id as "eventId", e.type as "eventType", e.created_at as "createdAt", null as "deliveryId", null as status`;

async function countPages(
  db: Queryable,
  selected: Selected,
  maxWalked: number,
  isNamed: boolean,
): Promise<Counts> {
  const pageOf = (columns: string) => ({ columns: isNamed ? columns : '', limit: maxWalked, maxWalked });
  const page = pageOf(OF_DELIVERY);
  const { since, missing } = selected.selection;
  const first = idAt('delivery', since) ?? '';
  const isOlder = countsOlder(selected.selection) && first !== '';
  const counted = ({ rows, next }: WalkedRows<object>): Count => ({
    count: rows.length,
    atLeast: next !== null,
  });
  const nothing: Count = { count: 0, atLeast: false };
  const begin = await walkDeliveries<Found>(db, selected, '', page);
  const isPast = isOlder && begin.next === first;
  const older = isOlder ? { ...counted(begin), atLeast: !isPast } : nothing;
  const later = isPast ? await walkDeliveries<Found>(db, selected, first, page) : null;
  const accepted = isOlder ? (later === null ? nothing : counted(later)) : counted(begin);
  const unmade = missing ? await walkMissing<Found>(db, selected, '', pageOf(OF_EVENT)) : null;
  const absent = unmade === null ? nothing : counted(unmade);
  return {
    matched: sumOf([older, accepted, absent]),
    outside: sumOf([older, absent]),
    first: isNamed ? [...begin.rows, ...(later?.rows ?? []), ...(unmade?.rows ?? [])] : [],
  };
}

/** Counts what was accepted in the selection's time, or of its events. */
async function countAccepted(db: Queryable, selected: Selected): Promise<Count> {
  const { tenantId, endpointId, selection } = selected;
  if (selection.eventIds !== undefined) {
    // An event has a delivery for each endpoint at most, and a selection names a hundred events.
    const { rows } = await db.query<{ count: number }>(
      `select count(*)::int as count from deliveries where event_id = any($1) and tenant_id = $2
         and ($3::text is null or endpoint_id = $3) and not is_test`,
      [selection.eventIds, tenantId, endpointId],
    );
    return { count: rows[0]?.count ?? 0, atLeast: false };
  }
  const { values, add } = parameters();
  const column = endpointId === null ? 'tenant_id' : 'endpoint_id';
  const key = add(endpointId ?? tenantId);
  const bound = (sign: string, id: string) => `(${column}, id) ${sign} (${key}, ${add(id)})`;
  const conditions = [
    bound('>=', idAt('delivery', selection.since) ?? ''),
    bound('<', idAt('delivery', selection.until) ?? afterPrefix('')),
  ];
  const { rows } = await db.query<{ count: number; walked: number }>(
    `select count(*) filter (where not is_test and tenant_id = ${add(tenantId)}) as count, count(*) as walked
     from (select is_test, tenant_id from deliveries where ${conditions.join(' and ')} order by ${column}, id limit ${MAX_CONSIDERED}) walked`,
    values,
  );
  const { count = 0, walked = 0 } = rows[0] ?? {};
  return { count, atLeast: walked === MAX_CONSIDERED };
}
