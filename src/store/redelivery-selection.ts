/**
 * Finds the deliveries and events of a selection in pages. Each page walks a bounded number of rows of one index, however many of them the
 * selection leaves out, and says where the next page begins.
 */
import { type DeliveryStatus, isEnded, UNENDED_STATUSES } from '../domain/delivery.ts';
import { firstIdAt } from '../domain/ids.ts';
import type { Operation, Selection } from '../domain/operation.ts';
import { UNENDED } from './delivery-states.ts';
import { parameters } from './parameters.ts';
import type { Queryable } from './pool.ts';
import { afterPrefix } from './prefixes.ts';
import { wantsType } from './subscribers.ts';

export type Selected = Pick<Operation, 'tenantId' | 'endpointId'> & {
  selection: Selection;
  /** what is accepted or ends later is not selected; absent: everything so far is */
  asOf?: Date;
};

/** What an operation covers: what matched when it was started, whatever comes to match while it walks. */
export const selectedBy = ({ tenantId, endpointId, selection, startedAt }: Operation): Selected => ({
  tenantId,
  endpointId,
  selection,
  asOf: startedAt,
});

/** How far the clocks that make ids may be ahead of the database's. */
const ID_CLOCKS_MS = 1_000;

type Query = { text: string; values: unknown[] };

/** Rows that a page reads: some 50 ms, each row's event included. */
export const MAX_WALKED = 2_000;

/** SQL of the rows that a walk reads a page of. */
type Source = (given: ReturnType<typeof parameters>) => string;

/** The queries of a page: `end` finds the last row that the page reads, if there are more; `rows` the matching rows up to there. */
export type SelectionWalk = {
  end: Query;
  rows(columns: string, end: string | null, limit: number): Query;
};

/** The first id of a time; `null`: no time was given. */
export const idAt = (kind: 'delivery' | 'event', time: string | null) =>
  time === null ? null : firstIdAt(kind, Date.parse(time));

/** The first id after the selection's time; `null`: it is open. */
function firstAfter(kind: 'delivery' | 'event', { selection: { until }, asOf }: Selected): string | null {
  const begun = asOf === undefined ? null : firstIdAt(kind, asOf.getTime() + ID_CLOCKS_MS);
  const wanted = idAt(kind, until);
  if (begun === null || wanted === null) return begun ?? wanted;
  return begun < wanted ? begun : wanted;
}

/**
 * Walks the deliveries of a selection by id, so that those accepted first go first, from the first id after `after`. Older deliveries
 * that have failed within the selection's time come before those accepted within it.
 */
function deliveriesWalk(selected: Selected, after: string, maxWalked = MAX_WALKED): SelectionWalk {
  const { statuses, since, until, eventTypes, errorCode, matching, eventIds } = selected.selection;
  const asOf = selected.asOf ?? null;
  const first = idAt('delivery', since) ?? '';
  const isOlder = countsOlder(selected.selection) && after < first;
  const last = isOlder ? first : firstAfter('delivery', selected);
  const begin = isOlder || after >= first ? { sign: '>', id: after } : { sign: '>=', id: first };
  const { keys, only } =
    eventIds === undefined
      ? indexFor(selected, isOlder ? ['failed'] : statuses)
      : { keys: {} as Record<string, string>, only: null };
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
  const source = eventIds === undefined ? () => 'deliveries' : deliveriesOf(selected, eventIds);
  return walkOf(source, { key: 'd.id', order: names }, walked, maxWalked, ({ add }, from) => ({
    // Lateral lookups by key: they keep the planner from starting with all endpoints and walking once for each.
    from: `${from}
      cross join lateral (select * from endpoints where id = d.endpoint_id offset 0) p
      cross join lateral (select * from events where tenant_id = d.tenant_id and id = d.event_id offset 0) e`,
    where: `d.tenant_id = ${add(selected.tenantId)} and d.status = any(${add(statuses)}) and not d.is_test
      and ${matching?.unsendable ? 'd.ended_status is null' : 'p.enabled and p.deleted_at is null and e.erased_at is null'}
      ${matching?.responseStatus ? `and d.last_response_status = ${add(matching.responseStatus)}` : ''}
      ${isOlder ? `and d.status = 'failed' and d.ended_at >= ${add(since)} and (${add(until)}::timestamptz is null or d.ended_at < ${add(until)})` : ''}
      ${asOf === null ? '' : `and (d.ended_at is null or d.ended_at < ${add(asOf)})`}
      and ${wantsType('d.event_type', add(eventTypes))}
      and (${add(errorCode)}::text is null or d.last_error = ${add(errorCode)})`,
  }));
}

/** The deliveries of some events, each looked up by its key: they are few, but an index in the order of the walk would be read whole. */
const deliveriesOf =
  ({ tenantId, endpointId }: Selected, eventIds: string[]): Source =>
  ({ add }) => {
    const endpoint = add(endpointId);
    return `(select f.* from unnest(${add(eventIds)}::text[]) n (id) cross join lateral (
      select * from deliveries where event_id = n.id and tenant_id = ${add(tenantId)}
        and (${endpoint}::text is null or endpoint_id = ${endpoint}) offset 0) f)`;
  };

const eventsOf =
  (tenantId: string, eventIds: string[]): Source =>
  ({ add }) =>
    `(select f.* from unnest(${add(eventIds)}::text[]) n (id) cross join lateral (
      select * from events where tenant_id = ${add(tenantId)} and id = n.id offset 0) f)`;

/** Whether deliveries that were accepted before the selection's time, and have failed within it, are selected. */
export const countsOlder = ({ statuses, matching }: Selection) =>
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
  const first = idAt('event', selection.since) ?? '';
  const last = firstAfter('event', selected);
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
  const { eventIds } = selection;
  const source = eventIds === undefined ? () => 'events' : eventsOf(tenantId, eventIds);
  return walkOf(source, { key: 'e.sort_id', order: 'e.sort_id' }, walked, maxWalked, ({ add }, from) => ({
    from: `${from} join endpoints p on p.id = ${add(endpointId)}`,
    where: `not e.is_test and e.erased_at is null and p.enabled and p.deleted_at is null
      and ${wantsType('e.type', add(selection.eventTypes))} and ${wantsType('e.type', 'p.event_types')}
      and not exists (select 1 from deliveries d
        where d.tenant_id = e.tenant_id and d.event_id = e.id and d.endpoint_id = p.id and not d.is_test)`,
  }));
}

function walkOf(
  source: Source,
  { key, order }: { key: string; order: string },
  walked: (given: ReturnType<typeof parameters>, end: string | null) => string,
  maxWalked: number,
  match: (given: ReturnType<typeof parameters>, from: string) => { from: string; where: string },
): SelectionWalk {
  const alias = key.split('.')[0];
  const forEnd = parameters();
  return {
    end: {
      text: `select ${key} as id from ${source(forEnd)} ${alias} where ${walked(forEnd, null)} order by ${order} limit 1 offset ${maxWalked - 1}`,
      values: forEnd.values,
    },
    rows(columns, end, limit) {
      const given = parameters();
      const stretch = `(select * from ${source(given)} ${alias} where ${walked(given, end)} order by ${order} limit ${maxWalked}) ${alias}`;
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
  const first = idAt('delivery', selected.selection.since) ?? '';
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
