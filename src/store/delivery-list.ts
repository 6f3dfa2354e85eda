/**
 * Lists of deliveries, newest first. A page reads a bounded number of rows whatever the filters are and however many deliveries
 * there are: each filter that has an index is walked down by itself for so many rows, and the other filters apply to those.
 */
import type { Delivery, DeliveryStatus } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { firstIdAt } from '../domain/ids.ts';
import { DELIVERY_COLUMNS } from './deliveries.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';

/** Rows that one walk looks at. Where filters exclude so many, the page ends early and says where it stopped. */
const MAX_WALKED = 2_000;

export type DeliveryFilter = {
  /** absent: those of every tenant */
  tenantId?: string | undefined;
  endpointId?: string | undefined;
  eventId?: string | undefined;
  eventType?: string | undefined;
  status?: DeliveryStatus | undefined;
  errorCode?: AttemptErrorCode | undefined;
  /** of the last attempt */
  responseStatus?: number | undefined;
  /** exclusive bounds on `created_at` */
  after?: Date | undefined;
  before?: Date | undefined;
};

export type DeliveryPage = { before: string | null; limit: number };

/** A page of a list that may end before it is full. */
export type WalkedPage<Row> = {
  rows: Row[];
  /** the key after which the next page begins, where the page ended early; `null`: nothing else matches, or the page is full */
  walkedTo: string | null;
};

type Query = { text: string; values: unknown[] };

/** One way down the list: along the index of one filter. */
export type Walk = {
  /** the filter whose index it follows */
  along: string;
  /** whether the other filters leave rows out */
  sparse: boolean;
  /** the matching rows among those walked */
  rows: Query;
  /** the last row walked, if there are more than are walked */
  end: Query;
};

/** An event has few deliveries, and its index is sorted by tenant first: its ids are sorted here, and no other index offers to. */
const ID_UNINDEXED = "(id || '')";

type Filter = {
  name: string;
  column: string;
  value: unknown;
  indexed: boolean;
  /** whether a tenant's list and that of all tenants have an index each */
  perTenant: boolean;
};

/**
 * The ways that serve a filter, the one that is probably shortest first; apart so that a test can look at their plans.
 * @param maxWalked rows that each looks at
 */
export function deliveryWalks(filter: DeliveryFilter, page: DeliveryPage, maxWalked = MAX_WALKED): Walk[] {
  const { status, responseStatus } = filter;
  // Nearly all have succeeded, and with a 2xx: those are not worth an index.
  const ofResponse = responseStatus !== undefined && (responseStatus < 200 || responseStatus > 299);
  const given: Filter[] = [
    { name: 'event', column: 'event_id', value: filter.eventId, indexed: true, perTenant: false },
    { name: 'error', column: 'last_error', value: filter.errorCode, indexed: true, perTenant: true },
    {
      name: 'response status',
      column: 'last_response_status',
      value: responseStatus,
      indexed: ofResponse,
      perTenant: true,
    },
    { name: 'status', column: 'status', value: status, indexed: status !== 'succeeded', perTenant: true },
    { name: 'endpoint', column: 'endpoint_id', value: filter.endpointId, indexed: true, perTenant: false },
    { name: 'type', column: 'event_type', value: filter.eventType, indexed: true, perTenant: true },
  ];
  const conditions = given.filter(({ value }) => value !== undefined);
  const indexed = conditions.filter((condition) => condition.indexed);
  const ways = indexed.length > 0 ? indexed : [null];
  return ways.map((way) => walkAlong(way, conditions, filter, page, maxWalked));
}

function walkAlong(
  way: Filter | null,
  conditions: Filter[],
  filter: DeliveryFilter,
  page: DeliveryPage,
  maxWalked: number,
): Walk {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const bounds = walkBounds(way, filter, page, parameter);
  const order = way?.name === 'event' ? ID_UNINDEXED : 'id';
  const walked = `from deliveries ${bounds.length > 0 ? `where ${bounds.join(' and ')}` : ''} order by ${order} desc`;
  const end = { text: `select id ${walked} limit 1 offset ${maxWalked - 1}`, values: [...values] };
  const others = conditions.filter((condition) => condition !== way);
  const sparse = others.length > 0;
  const text = sparse
    ? `select ${DELIVERY_COLUMNS} from (select * ${walked} limit ${maxWalked}) walked
       where ${others.map(({ column, value }) => `${column} = ${parameter(value)}`).join(' and ')}
       order by id desc limit ${parameter(page.limit)}`
    : `select ${DELIVERY_COLUMNS} ${walked} limit ${parameter(page.limit)}`;
  return { along: way?.name ?? 'id', sparse, rows: { text, values }, end };
}

/**
 * The conditions that the index of a filter serves whole. They are put so that no other index serves any of them: with
 * statistics that are old, the planner takes a range of ids or all rows with an error for shorter than they are.
 */
function walkBounds(
  way: Filter | null,
  { tenantId, after, before }: DeliveryFilter,
  page: DeliveryPage,
  parameter: (value: unknown) => string,
): string[] {
  // Ids carry their time, so bounds on time are bounds on the ids that the indexes are sorted by.
  const ids: [string, string][] = [];
  if (after !== undefined) ids.push(['>=', firstIdAt('delivery', after.getTime() + 1)]);
  if (before !== undefined) ids.push(['<', firstIdAt('delivery', before.getTime())]);
  if (page.before !== null) ids.push(['<', page.before]);
  const keys = indexKeys(way, tenantId, parameter);
  // All that is pending has an index by id alone.
  const sorted = tenantId === undefined && way?.value === 'pending' ? [] : keys;
  const columns = [...sorted.map(({ column }) => column), 'id'].join(', ');
  const prefix = sorted.map(({ value }) => `${value}, `).join('');
  return [
    ...keys.map(({ column, value }) => `${column} = ${value}`),
    // Only the indexes over all tenants have this in their predicate.
    ...(tenantId === undefined && way !== null && way.perTenant ? ['attempt_count >= 0'] : []),
    ...ids.map(([operator, id]) =>
      way?.name === 'event'
        ? `${ID_UNINDEXED} ${operator} ${parameter(id)}`
        : `(${columns}) ${operator} (${prefix}${parameter(id)})`,
    ),
  ];
}

function indexKeys(
  way: Filter | null,
  tenantId: string | undefined,
  parameter: (value: unknown) => string,
): { column: string; value: string }[] {
  const own = way === null ? [] : [{ column: way.column, value: parameter(way.value) }];
  if (tenantId === undefined) return own;
  const tenant = parameter(tenantId);
  if (way?.name !== 'endpoint') return [{ column: 'tenant_id', value: tenant }, ...own];
  // An endpoint has one tenant: its deliveries are walked where it is this one, and none where it is another's.
  return own.map(({ column, value }) => ({
    column,
    value: `(select id from endpoints where id = ${value} and tenant_id = ${tenant})`,
  }));
}

/**
 * Newest first, `limit` of them at most, older than the id `before`. Of several ways the one that gets furthest counts.
 * @param maxWalked rows that each way looks at
 */
export async function listDeliveries(
  db: Db,
  filter: DeliveryFilter,
  page: DeliveryPage,
  maxWalked = MAX_WALKED,
): Promise<WalkedPage<Delivery>> {
  // Rows and end as of one moment: what leaves a status in between would otherwise be passed over.
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    return walk(client, deliveryWalks(filter, page, maxWalked), page.limit);
  });
}

async function walk(client: Queryable, walks: Walk[], limit: number): Promise<WalkedPage<Delivery>> {
  let furthest: { rows: Delivery[]; walkedTo: string } | null = null;
  for (const each of walks) {
    const { rows } = await client.query<Delivery>(each.rows);
    if (!each.sparse) return { rows, walkedTo: null };
    const end = rows.length < limit ? await client.query<{ id: string }>(each.end) : null;
    const walkedTo = end?.rows[0]?.id ?? null;
    if (walkedTo === null) return { rows, walkedTo };
    if (furthest === null || walkedTo < furthest.walkedTo) furthest = { rows, walkedTo };
  }
  return furthest ?? { rows: [], walkedTo: null };
}
