/**
 * Finds the deliveries and events of a selection in pages. Each page walks a bounded number of rows of one index, however many of them the
 * selection leaves out, and says where the next page begins.
 */
import { type DeliveryStatus, isEnded, UNENDED_STATUSES } from '../domain/delivery.ts';
import { firstIdAt } from '../domain/ids.ts';
import type { Operation, Selection } from '../domain/operation.ts';
import { UNENDED } from './delivery-states.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';
import { wantsType } from './subscribers.ts';

export type Selected = Pick<Operation, 'tenantId' | 'endpointId'> & { selection: Selection };

type Query = { text: string; values: unknown[] };

/** Rows that a page reads: some 50 ms, each row's event included. */
const MAX_WALKED = 2_000;

/** The queries of a page: `end` finds the last row that the page reads, if there are more; `rows` the matching rows up to there. */
export type SelectionWalk = {
  end: Query;
  rows(columns: string, end: string | null, limit: number): Query;
};

const at = (kind: 'delivery' | 'event', time: string | null) =>
  time === null ? null : firstIdAt(kind, Date.parse(time));

/** Collects a statement's values; `add` returns the placeholder. */
function parameters() {
  const values: unknown[] = [];
  return { values, add: (value: unknown) => `$${values.push(value)}` };
}

/**
 * Walks the deliveries of a selection by id, so that those accepted first go first, from the first id after `after`. Older deliveries
 * that have failed within the selection's time come before those accepted within it.
 */
function deliveriesWalk(selected: Selected, after: string, maxWalked = MAX_WALKED): SelectionWalk {
  const { statuses, since, until, eventTypes, errorCode, matching } = selected.selection;
  const first = at('delivery', since) ?? '';
  const isOlder = countsOlder(selected.selection) && after < first;
  const last = isOlder ? first : at('delivery', until);
  const begin = isOlder || after >= first ? { sign: '>', id: after } : { sign: '>=', id: first };
  const { keys, only } = indexFor(selected, isOlder ? ['failed'] : statuses);
  const names = [...Object.keys(keys), 'd.id'].join(', ');
  // A range of whole index keys, in their order: no other index can serve it, whatever the statistics say.
  const walked = ({ add }: ReturnType<typeof parameters>, end: string | null) => {
    const given = Object.values(keys).map(add);
    const bound = (sign: string, id: string) => `(${names}) ${sign} (${[...given, add(id)].join(', ')})`;
    return [
      ...(only === null ? [] : [only]),
      bound(begin.sign, begin.id),
      last === null ? bound('<=', afterPrefix('')) : bound('<', last),
      ...(end === null ? [] : [bound('<=', end)]),
    ].join(' and ');
  };
  return walkOf('deliveries d', { key: 'd.id', order: names }, walked, maxWalked, ({ add }, from) => ({
    // Lateral lookups by key: they keep the planner from starting with all endpoints and walking once for each.
    from: `${from}
      cross join lateral (select * from endpoints where id = d.endpoint_id offset 0) p
      cross join lateral (select * from events where tenant_id = d.tenant_id and id = d.event_id offset 0) e`,
    where: `d.tenant_id = ${add(selected.tenantId)} and d.status = any(${add(statuses)}) and not d.is_test
      and ${matching?.unsendable ? 'd.ended_status is null' : 'p.enabled and p.deleted_at is null and e.erased_at is null'}
      ${matching?.responseStatus ? `and d.last_response_status = ${add(matching.responseStatus)}` : ''}
      ${isOlder ? `and d.status = 'failed' and d.ended_at >= ${add(since)} and (${add(until)}::timestamptz is null or d.ended_at < ${add(until)})` : ''}
      and ${wantsType('d.event_type', add(eventTypes))}
      and (${add(errorCode)}::text is null or d.last_error = ${add(errorCode)})`,
  }));
}

/** Whether deliveries that were accepted before the selection's time, and have failed within it, are selected. */
const countsOlder = ({ statuses, matching }: Selection) =>
  statuses.includes('failed') && matching === undefined;

/** The keys and the predicate of the index that a walk follows. */
function indexFor(
  { tenantId, endpointId }: Selected,
  statuses: DeliveryStatus[],
): { keys: Record<string, string>; only: string | null } {
  const [status] = statuses;
  const isOne = statuses.length === 1 && status !== undefined && status !== 'succeeded';
  if (endpointId === null) {
    const tenant = { 'd.tenant_id': tenantId };
    if (!isOne) return { keys: tenant, only: null };
    return { keys: { ...tenant, 'd.status': status }, only: `d.status <> 'succeeded'` };
  }
  const keys = { 'd.endpoint_id': endpointId };
  if (statuses.every((each) => each === 'failed' || each === 'cancelled'))
    return { keys, only: `d.status in ('failed', 'cancelled')` };
  if (isOne && status === 'retrying') return { keys, only: `d.status = 'retrying'` };
  return { keys, only: statuses.some(isEnded) ? null : `d.${UNENDED}` };
}

/** Walks the events of a selection's time that its endpoint subscribes to and has no delivery of, from the first after `after`. */
function missingWalk(selected: Selected, after: string, maxWalked = MAX_WALKED): SelectionWalk {
  const { tenantId, endpointId, selection } = selected;
  const first = at('event', selection.since) ?? '';
  const last = at('event', selection.until);
  const walked = ({ add }: ReturnType<typeof parameters>, end: string | null) => {
    const tenant = add(tenantId);
    const bound = (sign: string, id: string) => `(e.tenant_id, e.sort_id) ${sign} (${tenant}, ${add(id)})`;
    return [
      `e.tenant_id = ${tenant}`,
      after >= first ? bound('>', after) : bound('>=', first),
      ...(last === null ? [] : [bound('<', last)]),
      ...(end === null ? [] : [bound('<=', end)]),
    ].join(' and ');
  };
  return walkOf('events e', { key: 'e.sort_id', order: 'e.sort_id' }, walked, maxWalked, ({ add }, from) => ({
    from: `${from} join endpoints p on p.id = ${add(endpointId)}`,
    where: `not e.is_test and e.erased_at is null and p.enabled and p.deleted_at is null
      and ${wantsType('e.type', add(selection.eventTypes))} and ${wantsType('e.type', 'p.event_types')}
      and not exists (select 1 from deliveries d
        where d.tenant_id = e.tenant_id and d.event_id = e.id and d.endpoint_id = p.id and not d.is_test)`,
  }));
}

function walkOf(
  table: string,
  { key, order }: { key: string; order: string },
  walked: (given: ReturnType<typeof parameters>, end: string | null) => string,
  maxWalked: number,
  match: (given: ReturnType<typeof parameters>, from: string) => { from: string; where: string },
): SelectionWalk {
  const [name, alias] = table.split(' ');
  const forEnd = parameters();
  return {
    end: {
      text: `select ${key} as id from ${table} where ${walked(forEnd, null)} order by ${order} limit 1 offset ${maxWalked - 1}`,
      values: forEnd.values,
    },
    rows(columns, end, limit) {
      const given = parameters();
      const stretch = `(select * from ${name} ${alias} where ${walked(given, end)} order by ${order} limit ${maxWalked}) ${alias}`;
      const { from, where } = match(given, stretch);
      return {
        text: `select ${columns} from ${from} where ${where} order by ${order} limit ${given.add(limit)}`,
        values: given.values,
      };
    },
  };
}

export type WalkedRows<Row> = {
  rows: Row[];
  /** the key after which the next page begins; `null`: this was the last page */
  next: string | null;
};

/**
 * Reads a page of the deliveries of a selection.
 * @param page.columns columns of the delivery `d`, its event `e` and its endpoint `p`
 * @param page.limit matching rows at most
 */
export async function walkDeliveries<Row extends object>(
  db: Queryable,
  selected: Selected,
  after: string,
  page: { columns: string; limit: number; maxWalked?: number },
): Promise<WalkedRows<Row & { key: string }>> {
  const walked = await walkPage<Row>(db, deliveriesWalk(selected, after, page.maxWalked), 'd.id', page);
  const first = at('delivery', selected.selection.since) ?? '';
  const wasOlder = countsOlder(selected.selection) && after < first;
  return wasOlder && walked.next === null ? { ...walked, next: first } : walked;
}

/** Reads a page of the events that the selection's endpoint has no delivery of. @param page.columns of the event `e`, the endpoint `p` */
export async function walkMissing<Row extends object>(
  db: Queryable,
  selected: Selected,
  after: string,
  page: { columns: string; limit: number; maxWalked?: number },
): Promise<WalkedRows<Row & { key: string }>> {
  return walkPage<Row>(db, missingWalk(selected, after, page.maxWalked), 'e.sort_id', page);
}

async function walkPage<Row extends object>(
  db: Queryable,
  walk: SelectionWalk,
  key: string,
  { columns, limit }: { columns: string; limit: number },
): Promise<WalkedRows<Row & { key: string }>> {
  // The end is read first: rows that begin to match in between are then in this page, and none is missed.
  const end = (await db.query<{ id: string }>(walk.end)).rows[0]?.id ?? null;
  const { rows } = await db.query<Row & { key: string }>(
    walk.rows(`${columns === '' ? '' : `${columns}, `}${key} as key`, end, limit),
  );
  return { rows, next: rows.length === limit ? (rows.at(-1)?.key ?? end) : end };
}

export type Count = {
  count: number;
  /** whether counting stopped at its bound, so that there may be more */
  atLeast: boolean;
};

/**
 * The parts of a selection that are walked one after the other. Unended deliveries of all endpoints are walked by status: that is what their
 * index begins with. What is held comes first, since each cancelled delivery releases another one.
 */
export function partsOf<Of extends Selected>(selected: Of): Of[] {
  const { statuses } = selected.selection;
  if (selected.endpointId !== null || statuses.some(isEnded)) return [selected];
  const inOrder = UNENDED_STATUSES.toSorted((a, b) => Number(b === 'held') - Number(a === 'held'));
  return inOrder
    .filter((status) => statuses.includes(status))
    .map((status) => ({ ...selected, selection: { ...selected.selection, statuses: [status] } }));
}

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
  const first = at('delivery', since) ?? '';
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
    bound('>=', at('delivery', selection.since) ?? ''),
    bound('<', at('delivery', selection.until) ?? afterPrefix('')),
  ];
  const { rows } = await db.query<{ count: number; walked: number }>(
    `select count(*) filter (where not is_test and tenant_id = ${add(tenantId)}) as count, count(*) as walked
     from (select is_test, tenant_id from deliveries where ${conditions.join(' and ')} order by ${column}, id limit ${MAX_CONSIDERED}) walked`,
    values,
  );
  const { count = 0, walked = 0 } = rows[0] ?? {};
  return { count, atLeast: walked === MAX_CONSIDERED };
}
