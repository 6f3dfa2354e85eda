/** Event types that a tenant has added to its profile's catalogue. */
import { Problem } from '../domain/errors.ts';
import type { CatalogueEntry, JsonSchema } from '../domain/profile.ts';
import type { Queryable } from './pool.ts';

type Row = { name: string; description: string; schema: string; example: string };

/** A stored schema that is not JSON any more is shown as an empty one; an emit against it is refused. */
const fromRow = (row: Row): CatalogueEntry => ({ ...row, schema: objectIn(row.schema) ?? {} });

function objectIn(json: string): JsonSchema | null {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/**
 * Adds an event type. Must be called in a transaction.
 * @param limit how many types the tenant may have, this one included; existing types beyond it stay
 * @throws Problem not_found when the tenant was deleted meanwhile
 * @returns whether it was added; `exists` when the tenant has a type of that name, `full` when it has as many as it may have
 */
export async function insertEventType(
  client: Queryable,
  tenantId: string,
  entry: CatalogueEntry,
  limit: number,
): Promise<'added' | 'exists' | 'full'> {
  // Counts under the tenant's lock, so that two concurrent requests cannot both be the last one allowed.
  const { rowCount } = await client.query(
    'select 1 from tenants where id = $1 and deleted_at is null for no key update',
    [tenantId],
  );
  if (rowCount === 0) throw new Problem('not_found', `There is no tenant ${tenantId}.`);
  const { rows } = await client.query<{ exists: boolean; count: number }>(
    `select exists (select 1 from event_types where tenant_id = $1 and name = $2),
       (select count(*)::int from (select 1 from event_types where tenant_id = $1 limit $3) few) as count`,
    [tenantId, entry.name, limit],
  );
  const [{ exists, count } = { exists: false, count: 0 }] = rows;
  if (exists) return 'exists';
  if (count >= limit) return 'full';
  await client.query(
    `insert into event_types (tenant_id, name, description, schema, example, created_at)
     values ($1, $2, $3, $4, $5, now())`,
    [tenantId, entry.name, entry.description, JSON.stringify(entry.schema), entry.example],
  );
  return 'added';
}

const EVENT_TYPES_QUERY = `
  with page as (
    select name, sum(octet_length(schema) + octet_length(example)) over (order by name) as bytes
    from (select * from event_types where tenant_id = $1 and name > $2 order by name limit $3 + 1) next
  )
  select name, description, schema, example, (select count(*)::int from page) as found
  from event_types where tenant_id = $1 and name in (
    select name from page where bytes <= $4 or name = (select min(name) from page)
  ) order by name limit greatest($3, 1)`;

/**
 * A page of the tenant's types in the order of their names, after the name `after`.
 * @param limit may be 0, where only `hasMore` is asked for
 * @param maxBytes of schemas and examples together; the first type is returned however long it is
 */
export async function listEventTypes(
  db: Queryable,
  tenantId: string,
  { after, limit, maxBytes }: { after: string; limit: number; maxBytes: number },
): Promise<{ entries: CatalogueEntry[]; hasMore: boolean }> {
  const { rows } = await db.query<Row & { found: number }>(EVENT_TYPES_QUERY, [
    tenantId,
    after,
    limit,
    maxBytes,
  ]);
  const shown = rows.slice(0, limit);
  return {
    entries: shown.map(({ found, ...row }) => fromRow(row)),
    hasMore: (rows[0]?.found ?? 0) > shown.length,
  };
}

/** @returns `null` where the tenant has not added a type of that name */
export async function findEventType(
  db: Queryable,
  tenantId: string,
  name: string,
): Promise<CatalogueEntry | null> {
  const { rows } = await db.query<Row>(
    'select name, description, schema, example from event_types where tenant_id = $1 and name = $2',
    [tenantId, name],
  );
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

/** The names of the tenant's types in order, at most `limit`; without schemas and examples, which are long. */
export async function listEventTypeNames(db: Queryable, tenantId: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    'select name from event_types where tenant_id = $1 order by name limit $2',
    [tenantId, limit],
  );
  return rows.map(({ name }) => name);
}

/** The filters (exact names, or prefixes with `.*`) that match a type which the tenant has added. */
export async function filtersOfOwnTypes(
  db: Queryable,
  tenantId: string,
  filters: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ filter: string }>(
    `select filter from unnest($2::text[]) filter where exists (
       select 1 from event_types where tenant_id = $1 and case when filter like '%.*'
         then name > left(filter, -1) and name < left(filter, -2) || '/' else name = filter end)`,
    [tenantId, filters],
  );
  return rows.map(({ filter }) => filter);
}

/** The named types that the tenant has added, with the JSON text of their schemas. */
export async function findEventTypes(
  db: Queryable,
  tenantId: string,
  names: string[],
): Promise<{ name: string; schemaText: string }[]> {
  const { rows } = await db.query<{ name: string; schemaText: string }>(
    'select name, schema as "schemaText" from event_types where tenant_id = $1 and name = any($2)',
    [tenantId, names],
  );
  return rows;
}
