/** Tenants, to which endpoints and events belong. */
import { newId } from '../domain/ids.ts';
import { WAITING_PAGE } from './backlog.ts';
import { UNENDED } from './delivery-states.ts';
import { type Db, isUniqueViolation, type Queryable, transaction, WALK_IN_ORDER } from './pool.ts';

export type Tenant = {
  id: string;
  externalId: string | null;
  name: string;
  profile: string;
  contacts: string[];
  /** seconds of failures after which an endpoint is switched off; `null`: as configured */
  disableAfterS: number | null;
  /** `null`: as configured */
  payloadRetentionDays: number | null;
  createdAt: Date;
};

export type NewTenant = Omit<Tenant, 'id' | 'createdAt'>;

// Nulls are removed: PostgreSQL's arrays may hold them, and one would fail the list of all tenants.
export const TENANT_COLUMNS = `id, external_id as "externalId", name, profile, array_remove(contacts, null) as contacts, disable_after_s as "disableAfterS",
  payload_retention_days as "payloadRetentionDays", created_at as "createdAt"`;

/** @returns the tenant, or `null` when the `externalId` is taken */
export async function insertTenant(db: Queryable, tenant: NewTenant): Promise<Tenant | null> {
  const { rows } = await db.query<Tenant>(
    `insert into tenants (id, external_id, name, profile, contacts, disable_after_s,
       payload_retention_days, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, now())
     on conflict (external_id) do nothing
     returning ${TENANT_COLUMNS}`,
    [
      newId('tenant'),
      tenant.externalId,
      tenant.name,
      tenant.profile,
      tenant.contacts,
      tenant.disableAfterS,
      tenant.payloadRetentionDays,
    ],
  );
  return rows[0] ?? null;
}

/** The tenant that the operator's own endpoint belongs to, if there is one. */
export async function findOperatorTenant(db: Queryable): Promise<Tenant | null> {
  const { rows } = await db.query<Tenant>(
    `select ${TENANT_COLUMNS} from tenants where is_operator and deleted_at is null`,
  );
  return rows[0] ?? null;
}

/** Finds the operator's tenant, or makes it. */
export async function ensureOperatorTenant(db: Queryable, profile: string): Promise<Tenant> {
  await db.query(
    `insert into tenants (id, name, profile, contacts, is_operator, created_at)
     values ($1, 'The operator', $2, '{}', true, now()) on conflict do nothing`,
    [newId('tenant'), profile],
  );
  return (await findOperatorTenant(db)) as Tenant;
}

/** Finds a tenant by id or, failing that, by `external_id`. */
export async function findTenant(db: Queryable, idOrExternalId: string): Promise<Tenant | null> {
  const { rows } = await db.query<Tenant>(
    `select ${TENANT_COLUMNS} from tenants
     where (id = $1 or external_id = $1) and deleted_at is null
     order by (id = $1) desc limit 1`,
    [idOrExternalId],
  );
  return rows[0] ?? null;
}

/** Finds a tenant by id, deleted or not, for its erasure. */
export async function findTenantEverKnown(db: Queryable, id: string): Promise<Tenant | null> {
  const { rows } = await db.query<Tenant>(`select ${TENANT_COLUMNS} from tenants where id = $1`, [id]);
  return rows[0] ?? null;
}

export type TenantNames = { name: string | null; external_id: string | null; deleted_at: Date | null };

/** What tenants are known by, deleted ones too. @returns by the tenant's id */
export async function findTenantNames(
  db: Queryable,
  ids: readonly (string | null)[],
): Promise<Map<string | null, TenantNames>> {
  const { rows } = await db.query<{ id: string } & TenantNames>(
    'select id, name, external_id, deleted_at from tenants where id = any($1)',
    [[...new Set(ids.filter((id) => id !== null))]],
  );
  return new Map(rows.map(({ id, ...names }) => [id, names]));
}

/** Tenants, newest first, `limit` of them, older than the id `before`. */
export async function listTenants(db: Db, page: { before: string | null; limit: number }): Promise<Tenant[]> {
  const { rows } = await db.query<Tenant>(
    `select ${TENANT_COLUMNS} from tenants
     where deleted_at is null and not is_operator and ($1::text is null or id < $1)
     order by id desc limit $2`,
    [page.before, page.limit],
  );
  return rows;
}

/** Locks the tenant's contacts until the transaction ends, and returns them. */
export async function lockContacts(client: Queryable, id: string): Promise<string[]> {
  const { rows } = await client.query<{ contacts: string[] }>(
    'select array_remove(contacts, null) as contacts from tenants where id = $1 and deleted_at is null for no key update',
    [id],
  );
  return rows[0]?.contacts ?? [];
}

/** @returns the changed tenant; `null`: it does not exist; `'taken'`: another tenant has the `externalId` */
export async function updateTenant(
  db: Queryable,
  id: string,
  change: Partial<
    Pick<Tenant, 'name' | 'contacts' | 'externalId' | 'disableAfterS' | 'payloadRetentionDays'>
  >,
): Promise<Tenant | null | 'taken'> {
  try {
    const { rows } = await db.query<Tenant>(
      `update tenants set
         name = coalesce($2, name),
         contacts = coalesce($3, contacts),
         external_id = case when $4 then $5 else external_id end,
         disable_after_s = case when $6 then $7 else disable_after_s end,
         payload_retention_days = case when $8 then $9 else payload_retention_days end
       where id = $1 and deleted_at is null
       returning ${TENANT_COLUMNS}`,
      [
        id,
        change.name ?? null,
        change.contacts ?? null,
        change.externalId !== undefined,
        change.externalId ?? null,
        change.disableAfterS !== undefined,
        change.disableAfterS ?? null,
        change.payloadRetentionDays !== undefined,
        change.payloadRetentionDays ?? null,
      ],
    );
    return rows[0] ?? null;
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_external_id_key')) return 'taken';
    throw error;
  }
}

/** Deletes the tenant with its endpoints; its `external_id` is free again. Its events and log stay until they are pruned. */
export async function deleteTenant(db: Queryable, id: string): Promise<void> {
  await transaction(db, async (client) => {
    await client.query(
      'update tenants set deleted_at = coalesce(deleted_at, now()), external_id = null where id = $1',
      [id],
    );
    await client.query(
      'update endpoints set deleted_at = now(), enabled = false where tenant_id = $1 and deleted_at is null',
      [id],
    );
  });
}

/** Cancels a page of a deleted tenant's unended deliveries. @returns whether there may be more */
export async function cancelWaitingPage(db: Db, id: string, page: number = WAITING_PAGE): Promise<boolean> {
  return transaction(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const { rowCount } = await client.query(
      `update deliveries set status = coalesce(ended_status, 'cancelled'), ended_status = coalesce(ended_status, 'cancelled'), ended_at = now(),
       held_reason = null, next_attempt_at = null, told_at = now()
     where id = any(array(select id from deliveries
       where tenant_id = $1 and ${UNENDED} limit $2))`,
      [id, page],
    );
    return rowCount === page;
  });
}

/**
 * Cancels the unended deliveries of a deleted tenant, page by page, because there may be a million. If that is interrupted, the
 * reconciler ends the others as deliveries of deleted endpoints.
 */
export async function cancelWaitingOfTenant(db: Db, id: string, page: number = WAITING_PAGE): Promise<void> {
  while (await cancelWaitingPage(db, id, page));
}
