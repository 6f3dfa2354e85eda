/**
 * Lists events, newest first. A page reads a bounded number of rows whatever the filters are and however many events there are: a search
 * walks the ids, a type its index, and the other filters apply to the rows walked.
 */
import { firstIdAt } from '../domain/ids.ts';
import type { WalkedPage } from './delivery-list.ts';
import { countOutcomes, type EventOutcomes } from './event-outcomes.ts';
import { type EventSummary, SUMMARY_COLUMNS } from './events.ts';
import { parameters } from './parameters.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';

/** Rows that one walk reads at most. Where the filters exclude too many of them, the page ends early and says where it stopped. */
const MAX_WALKED = 2_000;

export type EventFilter = {
  tenantId: string;
  type?: string | undefined;
  /** exclusive bounds on `created_at` */
  after?: Date | undefined;
  before?: Date | undefined;
  /** an id or the beginning of one, or the idempotency key of a request */
  q?: string | undefined;
};

export type ListedEvent = EventSummary & { outcomes: EventOutcomes };

export type EventPage = { before: string | null; limit: number };

type Query = { text: string; values: unknown[] };

/** The queries of one walk: the matching rows among those walked, and the last row of the walk, if the index has more. */
export type EventWalk = { rows: Query; end: Query };

/** The key that a page is sorted by: a search is sorted by the id. */
export const eventKey = (filter: Pick<EventFilter, 'q'>, { id, sortId }: EventSummary): string =>
  filter.q === undefined ? sortId : id;

/** The walk that serves a filter. A function of its own, so that a test can check its plan. */
export function eventWalk(filter: EventFilter, page: EventPage, maxWalked = MAX_WALKED): EventWalk {
  const { tenantId, type, q } = filter;
  const { values, add } = parameters();
  const isByType = q === undefined && type !== undefined;
  const keys = [
    { column: 'tenant_id', value: add(tenantId) },
    ...(isByType ? [{ column: 'type', value: add(type) }] : []),
  ];
  const order = q === undefined ? 'sort_id' : 'id';
  // Comparisons of whole index keys: only this index can serve them, whatever the statistics say.
  const columns = [...keys.map(({ column }) => column), order].join(', ');
  const prefix = keys.map(({ value }) => `${value}, `).join('');
  const bounds = q === undefined ? timeBounds(filter) : prefixBounds(q);
  if (page.before !== null) bounds.push(['<', page.before]);
  const conditions = [
    ...keys.map(({ column, value }) => `${column} = ${value}`),
    ...bounds.map(([sign, key]) => `(${columns}) ${sign} (${prefix}${add(key)})`),
  ];
  const walked = `from events where ${conditions.join(' and ')} order by ${order} desc`;
  const end = {
    text: `select ${order} as key ${walked} limit 1 offset ${maxWalked - 1}`,
    values: [...values],
  };
  const others = q === undefined ? [] : otherConditions(filter, add);
  const columnsOf = `select ${SUMMARY_COLUMNS}`;
  const text =
    others.length === 0
      ? `${columnsOf} ${walked} limit ${add(page.limit)}`
      : `${columnsOf} from (select * ${walked} limit ${maxWalked}) walked where ${others.join(' and ')}
         order by ${order} desc limit ${add(page.limit)}`;
  return { rows: { text, values }, end };
}

/** Ids carry their time, so bounds on time are bounds on what the indexes are sorted by. */
function timeBounds({ after, before }: EventFilter): [sign: string, key: string][] {
  return [
    ...(after === undefined ? [] : [['>=', firstIdAt('event', after.getTime() + 1)] as [string, string]]),
    ...(before === undefined ? [] : [['<', firstIdAt('event', before.getTime())] as [string, string]]),
  ];
}

const prefixBounds = (q: string): [sign: string, key: string][] => [
  ['>=', q],
  ['<', afterPrefix(q)],
];

/** What the walk over ids does not say. */
function otherConditions(filter: EventFilter, add: (value: unknown) => string): string[] {
  return [
    ...(filter.type === undefined ? [] : [`type = ${add(filter.type)}`]),
    ...timeBounds(filter).map(([sign, key]) => `sort_id ${sign} ${add(key)}`),
  ];
}

/** Events with the outcomes of their deliveries, newest first, at most `limit` of them; those that a search finds, by their ids, the largest first. */
export async function listEvents(
  db: Db,
  filter: EventFilter,
  page: EventPage,
  maxWalked = MAX_WALKED,
): Promise<WalkedPage<ListedEvent>> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rows, walkedTo } = await walkEvents(client, filter, page, maxWalked);
    const outcomes = await countOutcomes(
      client,
      filter.tenantId,
      rows.map(({ id }) => id),
    );
    return { rows: rows.map((row) => ({ ...row, outcomes: outcomes.get(row.id) ?? NONE })), walkedTo };
  });
}

const NONE: EventOutcomes = { total: 0, succeeded: 0, failed: 0, cancelled: 0, waiting: 0, isBound: false };

async function walkEvents(
  client: Queryable,
  filter: EventFilter,
  page: EventPage,
  maxWalked: number,
): Promise<WalkedPage<EventSummary>> {
  const walk = eventWalk(filter, page, maxWalked);
  const { rows } = await client.query<EventSummary>(walk.rows);
  const end =
    rows.length < page.limit && filter.q !== undefined ? await client.query<{ key: string }>(walk.end) : null;
  const walkedTo = end?.rows[0]?.key ?? null;
  if (filter.q === undefined) return { rows, walkedTo };
  const ofKey = await eventsOfKey(client, filter, page);
  return { rows: merged(rows, ofKey, walkedTo, page.limit), walkedTo };
}

/** The events of the request with this idempotency key: at most a batch. */
async function eventsOfKey(client: Queryable, filter: EventFilter, page: EventPage): Promise<EventSummary[]> {
  const { values, add } = parameters(filter.tenantId, filter.q);
  const conditions = [
    ...(page.before === null ? [] : [`id < ${add(page.before)}`]),
    ...otherConditions(filter, add),
  ];
  const { rows } = await client.query<EventSummary>(
    `select ${SUMMARY_COLUMNS} from events where tenant_id = $1
       and id = any((select event_ids from idempotency_keys where tenant_id = $1 and key = $2)::text[])
       ${conditions.map((each) => `and ${each}`).join(' ')}`,
    values,
  );
  return rows;
}

/** Both lists in the order of the ids, each event once. What lies beyond the end of a walk waits for the next page. */
function merged(
  walked: EventSummary[],
  ofKey: EventSummary[],
  walkedTo: string | null,
  limit: number,
): EventSummary[] {
  const byId = new Map([...walked, ...ofKey].map((row) => [row.id, row]));
  return [...byId.values()]
    .filter(({ id }) => walkedTo === null || id >= walkedTo)
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}
