/**
 * Lists deliveries, newest first. A page reads a bounded number of rows whatever the filters are and however many deliveries there are:
 * each filter with an index is one walk down that index over a bounded number of rows, and the other filters apply to those rows.
 */
import type { Delivery, DeliveryStatus } from '../domain/delivery.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { firstIdAt } from '../domain/ids.ts';
import { DELIVERY_COLUMNS } from './deliveries.ts';
import { parameters } from './parameters.ts';
import { type Db, type Queryable, snapshot, WALK_IN_ORDER } from './pool.ts';

/** Rows that one walk reads at most. Where the filters exclude too many of them, the page ends early and says where it stopped. */
const MAX_WALKED = 2_000;

export type DeliveryFilter = {
  /** absent: every tenant's deliveries */
  tenantId?: string | undefined;
  endpointId?: string | undefined;
  eventId?: string | undefined;
  eventType?: string | undefined;
  status?: DeliveryStatus | undefined;
  errorCode?: AttemptErrorCode | undefined;
  /** of the last attempt */
  responseStatus?: number | undefined;
  isTest?: boolean | undefined;
  /** exclusive bounds on `created_at` */
  after?: Date | undefined;
  before?: Date | undefined;
};

export type DeliveryPage = { before: string | null; limit: number };

/** A page of a list that may end before it is full. */
export type WalkedPage<Row> = {
  rows: Row[];
  /** the key after which the next page begins, if the page ended early; `null`: nothing else matches, or the page is full */
  walkedTo: string | null;
};

type Query = { text: string; values: unknown[] };

/** The queries of one walk down the list, along the index of one filter. */
export type Walk = {
  /** the filter whose index it follows */
  along: string;
  /** whether the other filters leave rows out */
  sparse: boolean;
  /** the matching rows among those walked */
  rows: Query;
  /** the last row of the walk, if the index has more rows */
  end: Query;
};

/** An expression that no index serves. An event has few deliveries, so they are found by its index and then sorted by this. */
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
 * The walks that serve a filter, the one that is probably shortest first. A function of its own, so that a test can check their plans.
 * @param maxWalked rows that each walk reads at most
 */
export function deliveryWalks(filter: DeliveryFilter, page: DeliveryPage, maxWalked = MAX_WALKED): Walk[] {
  const { status, responseStatus } = filter;
  // Nearly all deliveries have succeeded, with a 2xx, so these values have no index.
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
    { name: 'test', column: 'is_test', value: filter.isTest, indexed: false, perTenant: false },
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
  const { values, add: parameter } = parameters();
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
 * The conditions of a walk, written so that only the index of its filter can serve them. Otherwise the planner might choose another
 * index and read far more rows: with old statistics it underestimates how many ids lie in a range, or how many rows have an error.
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
  // The index of pending deliveries over all tenants is sorted by id alone.
  const sorted = tenantId === undefined && way?.value === 'pending' ? [] : keys;
  const columns = [...sorted.map(({ column }) => column), 'id'].join(', ');
  const prefix = sorted.map(({ value }) => `${value}, `).join('');
  return [
    ...keys.map(({ column, value }) => `${column} = ${value}`),
    // The predicate of the indexes over all tenants holds this; the indexes of one tenant's list do not have it.
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
  // An endpoint belongs to one tenant: if that is another tenant, the subquery finds no endpoint and the walk no row.
  return own.map(({ column, value }) => ({
    column,
    value: `(select id from endpoints where id = ${value} and tenant_id = ${tenant})`,
  }));
}

/**
 * Deliveries, newest first, at most `limit` of them, older than the id `before`. Of several walks the one that gets furthest counts.
 * @param maxWalked rows that each walk reads at most
 */
export async function listDeliveries(
  db: Db,
  filter: DeliveryFilter,
  page: DeliveryPage,
  maxWalked = MAX_WALKED,
): Promise<WalkedPage<Delivery>> {
  // Rows and end are read as of one moment: a delivery that changed its status in between would be missed.
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
