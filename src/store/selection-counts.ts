/** Counts the deliveries of a selection before an operation walks it, and those among which it selects. */
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';
import {
  countsOlder,
  idAt,
  MAX_WALKED,
  parameters,
  partsOf,
  type Selected,
  type WalkedRows,
  walkDeliveries,
  walkMissing,
} from './redelivery-selection.ts';

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
 */
export async function countAmong(db: Db, selected: Selected): Promise<{ matched: Count; among: Count }> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { matched, outside } = await countParts(client, selected, MAX_WALKED);
    const accepted = await countAccepted(client, selected);
    return { matched, among: sumOf([accepted, outside]) };
  });
}

type Counts = {
  matched: Count;
  /** those among them that have no delivery which was accepted in the selection's time */
  outside: Count;
};

const sumOf = (counts: Count[]): Count => ({
  count: counts.reduce((sum, { count }) => sum + count, 0),
  atLeast: counts.some(({ atLeast }) => atLeast),
});

async function countParts(client: Queryable, selected: Selected, maxWalked: number): Promise<Counts> {
  const parts: Counts[] = [];
  for (const part of partsOf(selected)) parts.push(await countPages(client, part, maxWalked));
  return {
    matched: sumOf(parts.map(({ matched }) => matched)),
    outside: sumOf(parts.map(({ outside }) => outside)),
  };
}

async function countPages(db: Queryable, selected: Selected, maxWalked: number): Promise<Counts> {
  const page = { columns: '', limit: maxWalked, maxWalked };
  const { since, missing } = selected.selection;
  const first = idAt('delivery', since) ?? '';
  const isOlder = countsOlder(selected.selection) && first !== '';
  const counted = ({ rows, next }: WalkedRows<object>): Count => ({
    count: rows.length,
    atLeast: next !== null,
  });
  const nothing: Count = { count: 0, atLeast: false };
  const begin = await walkDeliveries(db, selected, '', page);
  const isPast = isOlder && begin.next === first;
  const older = isOlder ? { ...counted(begin), atLeast: !isPast } : nothing;
  const accepted = isOlder
    ? isPast
      ? counted(await walkDeliveries(db, selected, first, page))
      : nothing
    : counted(begin);
  const absent = missing ? counted(await walkMissing(db, selected, '', page)) : nothing;
  return { matched: sumOf([older, accepted, absent]), outside: sumOf([older, absent]) };
}

async function countAccepted(db: Queryable, { tenantId, endpointId, selection }: Selected): Promise<Count> {
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
