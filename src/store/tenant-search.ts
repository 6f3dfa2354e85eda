/**
 * Search among tenants for a list: first those whose id, external_id or name begins with the text, then, newest first, those whose name or
 * external_id holds it. A page reads a bounded number of rows however many tenants there are.
 */
import type { WalkedPage } from './delivery-list.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';
import { TENANT_COLUMNS, type Tenant } from './tenants.ts';

/** Rows that one walk reads at most. Where too few of them match, the page ends early and says where it stopped. */
const MAX_WALKED = 2_000;

const NAME = 'lower(name) collate "C"';
const EXTERNAL_ID = 'external_id collate "C"';

// Conditions on $1, the text. A tenant is found by the first one that holds.
const BEGINS = {
  id: 'starts_with(id, $1)',
  external_id: 'coalesce(starts_with(external_id, $1), false)',
  name: 'starts_with(lower(name), lower($1))',
};
const HOLDS = `(position(lower($1) in lower(name)) > 0 or coalesce(position($1 in external_id), 0) > 0)`;

/** One walk: the rows of an index in its order, and which of them it is to find. */
type Walk = {
  name: string;
  /** what the index holds of these rows; $2 is the end of the texts that begin with $1 */
  range: string;
  /** in the words of the index's own predicate */
  live: string;
  order: string;
  /** the rows after the tenant $3 */
  after: string;
  wanted: string;
};

const keyOfTenant = (column: string) => `(select ${column} from tenants where id = $3)`;

const WALKS: Walk[] = [
  {
    name: 'id',
    range: 'id >= $1 and id < $2',
    live: 'true',
    order: 'id',
    after: 'id > $3',
    wanted: 'deleted_at is null and not is_operator',
  },
  {
    name: 'external_id',
    range: `${EXTERNAL_ID} >= $1 and ${EXTERNAL_ID} < $2`,
    live: 'deleted_at is null',
    order: `${EXTERNAL_ID}, id`,
    after: `(${EXTERNAL_ID}, id) > (${keyOfTenant(EXTERNAL_ID)}, $3)`,
    wanted: `not is_operator and not ${BEGINS.id}`,
  },
  {
    name: 'name',
    range: `${NAME} >= lower($1) and ${NAME} < lower($1) || $2`,
    live: 'deleted_at is null and not is_operator',
    order: `${NAME}, id`,
    after: `(${NAME}, id) > (${keyOfTenant(NAME)}, $3)`,
    wanted: `not ${BEGINS.id} and not ${BEGINS.external_id}`,
  },
  {
    name: 'part',
    range: 'true',
    live: 'true',
    order: 'id desc',
    after: 'id < $3',
    wanted: `deleted_at is null and not is_operator and ${HOLDS} and not ${BEGINS.id} and not ${BEGINS.external_id} and not ${BEGINS.name}`,
  },
];

type Query = { text: string; values: unknown[] };

/** The queries of each walk for a text: the rows that match, and the last row walked. Its own function, so that a test can check plans. */
export function tenantWalks(
  q: string,
  after: string | null,
  limit: number,
): { name: string; rows: Query; end: Query }[] {
  return WALKS.map(({ name, range, live, order, after: isAfter, wanted }) => {
    const end = name === 'name' ? afterPrefix('') : afterPrefix(q);
    const values = [q, end, after ?? ''];
    // Each of them stands in the query, so that PostgreSQL knows its type.
    const typed = '($1::text is not null and $2::text is not null and $3::text is not null)';
    const walked = `from tenants where ${typed} and ${live} and ${range} ${after === null ? '' : `and ${isAfter}`} order by ${order}`;
    return {
      name,
      rows: {
        text: `select ${TENANT_COLUMNS} from (select * ${walked} limit ${MAX_WALKED}) walked where ${wanted}
          order by ${order} limit ${limit}`,
        values,
      },
      end: { text: `select id ${walked} limit 1 offset ${MAX_WALKED - 1}`, values },
    };
  });
}

/**
 * A page of the tenants that match.
 * @param page.before the key of the page before; `null`: the first page
 * @returns each with its key
 */
export async function searchTenants(
  db: Db,
  q: string,
  page: { before: string | null; limit: number },
): Promise<WalkedPage<Tenant & { key: string }>> {
  const [, begun = WALKS[0]?.name, after = ''] = /^([a-z_]+):(.+)$/.exec(page.before ?? '') ?? [];
  const first = Math.max(
    0,
    WALKS.findIndex(({ name }) => name === begun),
  );
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const found: (Tenant & { key: string })[] = [];
    for (let at = first; at < WALKS.length; at += 1) {
      const walk = tenantWalks(q, at === first && after !== '' ? after : null, page.limit - found.length)[at];
      if (walk === undefined) break;
      const { rows } = await client.query<Tenant>(walk.rows);
      found.push(...rows.map((tenant) => ({ ...tenant, key: `${walk.name}:${tenant.id}` })));
      if (found.length === page.limit) return { rows: found, walkedTo: null };
      const [end] = (await client.query<{ id: string }>(walk.end)).rows;
      if (end !== undefined) return { rows: found, walkedTo: `${walk.name}:${end.id}` };
    }
    return { rows: found, walkedTo: null };
  });
}
