/** Event types that a tenant has added to its profile's catalogue. */
import { Problem } from '../domain/errors.ts';
import type { CatalogueEntry, JsonSchema } from '../domain/profile.ts';
import type { Queryable } from './pool.ts';

/** A type of a tenant's own. Once archived, it is neither offered nor accepted. */
export type OwnEventType = CatalogueEntry & { archivedAt: Date | null };

type Row = { name: string; description: string; schema: string; example: string; archivedAt: Date | null };

const COLUMNS = 'name, description, schema, example, archived_at as "archivedAt"';

/** A stored schema that is not JSON any more is shown as an empty one; an emit against it is refused. */
const fromRow = (row: Row): OwnEventType => ({ ...row, schema: objectIn(row.schema) ?? {} });

function objectIn(json: string): JsonSchema | null {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/**
 * Adds an event type. An archived one of that name is in use again, as it is given now. Must be called in a transaction.
 * @param limit how many types the tenant may use, this one included; existing types beyond it stay
 * @throws Problem not_found when the tenant was deleted meanwhile
 * @returns whether it was added; `exists` when the tenant uses a type of that name, `full` when it uses as many as it may
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
    `select exists (select 1 from event_types where tenant_id = $1 and name = $2 and archived_at is null),
       (select count(*)::int from (select 1 from event_types where tenant_id = $1 and archived_at is null limit $3) few) as count`,
    [tenantId, entry.name, limit],
  );
  const [{ exists, count } = { exists: false, count: 0 }] = rows;
  if (exists) return 'exists';
  if (count >= limit) return 'full';
  await client.query(
    `insert into event_types (tenant_id, name, description, schema, example, created_at)
     values ($1, $2, $3, $4, $5, now())
     on conflict (tenant_id, name) do update set description = excluded.description, schema = excluded.schema,
       example = excluded.example, archived_at = null`,
    [tenantId, entry.name, entry.description, JSON.stringify(entry.schema), entry.example],
  );
  return 'added';
}

/** @returns the changed type; `null`: the tenant has none of that name; `archived`: it is not in use */
export async function updateEventType(
  client: Queryable,
  tenantId: string,
  name: string,
  change: (entry: OwnEventType) => CatalogueEntry,
): Promise<OwnEventType | null | 'archived'> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from event_types where tenant_id = $1 and name = $2 for no key update`,
    [tenantId, name],
  );
  const [row] = rows;
  if (row === undefined) return null;
  if (row.archivedAt !== null) return 'archived';
  const { description, schema, example } = change(fromRow(row));
  const { rows: updated } = await client.query<Row>(
    `update event_types set description = $3, schema = $4, example = $5 where tenant_id = $1 and name = $2 returning ${COLUMNS}`,
    [tenantId, name, description, JSON.stringify(schema), example],
  );
  return updated[0] === undefined ? null : fromRow(updated[0]);
}

/**
 * Archives a type. Of too many archived ones, those that were archived first are deleted.
 * @param kept archived types that a tenant keeps
 * @returns `null`: the tenant has none of that name; `archived`: it was so already
 */
export async function archiveEventType(
  client: Queryable,
  tenantId: string,
  name: string,
  kept: number,
): Promise<'done' | 'archived' | null> {
  const { rows } = await client.query<{ wasArchived: boolean }>(
    `update event_types e set archived_at = coalesce(e.archived_at, now())
     from (select archived_at from event_types where tenant_id = $1 and name = $2 for no key update) before
     where e.tenant_id = $1 and e.name = $2 returning before.archived_at is not null as "wasArchived"`,
    [tenantId, name],
  );
  if (rows[0] === undefined) return null;
  if (rows[0].wasArchived) return 'archived';
  await client.query(
    `delete from event_types where tenant_id = $1 and name in (select name from event_types
       where tenant_id = $1 and archived_at is not null order by archived_at desc, name offset $2)`,
    [tenantId, kept],
  );
  return 'done';
}

const EVENT_TYPES_QUERY = `
  with page as (
    select name, sum(octet_length(schema) + octet_length(example)) over (order by name) as bytes
    from (select * from event_types where tenant_id = $1 and name > $2 and ($5 or archived_at is null) order by name limit $3 + 1) next
  )
  select ${COLUMNS}, (select count(*)::int from page) as found
  from event_types where tenant_id = $1 and name in (
    select name from page where bytes <= $4 or name = (select min(name) from page)
  ) order by name limit greatest($3, 1)`;

/**
 * A page of the tenant's types in the order of their names, after the name `after`.
 * @param limit may be 0, where only `hasMore` is asked for
 * @param archived whether those that are not in use any more are listed, too
 * @param maxBytes of schemas and examples together; the first type is returned however long it is
 */
export async function listEventTypes(
  db: Queryable,
  tenantId: string,
  { after, limit, maxBytes, archived }: { after: string; limit: number; maxBytes: number; archived: boolean },
): Promise<{ entries: OwnEventType[]; hasMore: boolean }> {
  const { rows } = await db.query<Row & { found: number }>(EVENT_TYPES_QUERY, [
    tenantId,
    after,
    limit,
    maxBytes,
    archived,
  ]);
  const shown = rows.slice(0, limit);
  return {
    entries: shown.map(({ found, ...row }) => fromRow(row)),
    hasMore: (rows[0]?.found ?? 0) > shown.length,
  };
}

/** Finds a type, archived or not. @returns `null` where the tenant has not added one of that name */
export async function findEventType(
  db: Queryable,
  tenantId: string,
  name: string,
): Promise<OwnEventType | null> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from event_types where tenant_id = $1 and name = $2`,
    [tenantId, name],
  );
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

/** The names of the tenant's types in use in order, at most `limit`; without schemas and examples, which are long. */
export async function listEventTypeNames(db: Queryable, tenantId: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    'select name from event_types where tenant_id = $1 and archived_at is null order by name limit $2',
    [tenantId, limit],
  );
  return rows.map(({ name }) => name);
}

/** The filters (exact names, or prefixes with `.*`) that match a type which the tenant has added and uses. */
export async function filtersOfOwnTypes(
  db: Queryable,
  tenantId: string,
  filters: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ filter: string }>(
    `select filter from unnest($2::text[]) filter where exists (
       select 1 from event_types where tenant_id = $1 and archived_at is null and case when filter like '%.*'
         then name > left(filter, -1) and name < left(filter, -2) || '/' else name = filter end)`,
    [tenantId, filters],
  );
  return rows.map(({ filter }) => filter);
}

/** The named types that the tenant has added, archived ones included, with the JSON text of their schemas. */
export async function findEventTypes(
  db: Queryable,
  tenantId: string,
  names: string[],
): Promise<{ name: string; schemaText: string; isArchived: boolean }[]> {
  const { rows } = await db.query<{ name: string; schemaText: string; isArchived: boolean }>(
    'select name, schema as "schemaText", archived_at is not null as "isArchived" from event_types where tenant_id = $1 and name = any($2)',
    [tenantId, names],
  );
  return rows;
}
