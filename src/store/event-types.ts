/** The event types that a tenant has added to its profile's catalogue. */
import type { CatalogueEntry } from '../domain/profile.ts';
import type { Queryable } from './pool.ts';

type Row = { name: string; description: string; schema: string; example: string };

const fromRow = (row: Row): CatalogueEntry => ({ ...row, schema: JSON.parse(row.schema) });

/** @returns `false` when the tenant already has a type of that name */
export async function insertEventType(
  db: Queryable,
  tenantId: string,
  entry: CatalogueEntry,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into event_types (tenant_id, name, description, schema, example, created_at)
     values ($1, $2, $3, $4, $5, now()) on conflict do nothing`,
    [tenantId, entry.name, entry.description, JSON.stringify(entry.schema), entry.example],
  );
  return rowCount === 1;
}

/** By name. */
export async function listEventTypes(db: Queryable, tenantId: string): Promise<CatalogueEntry[]> {
  const { rows } = await db.query<Row>(
    'select name, description, schema, example from event_types where tenant_id = $1 order by name',
    [tenantId],
  );
  return rows.map(fromRow);
}

/** Those of the named types that the tenant has added, with the JSON text of their schemas. */
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
