/** Names of the tenants that entries of a list concern, for those who see more than one. */
import { z } from 'zod';
import { findTenantNames, type TenantNames } from '../store/tenants.ts';
import type { ApiDeps } from './deps.ts';

export const tenantNames = z
  .object({
    name: z.string().nullable(),
    external_id: z.string().nullable(),
    deleted_at: z.string().nullable().describe('When it was deleted: it has no page any more.'),
  })
  .nullable()
  .describe('What the tenant is known by. Null: it concerns no tenant.');

type Page<Item> = { items: Item[]; next_cursor: string | null };

/** The page, with the tenant of each item. */
export async function withTenants<Item extends { tenant_id: string | null }>(
  deps: Pick<ApiDeps, 'db'>,
  { items, next_cursor }: Page<Item>,
): Promise<Page<Item & { tenant: z.infer<typeof tenantNames> }>> {
  const names = await findTenantNames(
    deps.db,
    items.map((item) => item.tenant_id),
  );
  return {
    items: items.map((item) => ({ ...item, tenant: present(names.get(item.tenant_id)) })),
    next_cursor,
  };
}

const present = (names: TenantNames | undefined): z.infer<typeof tenantNames> =>
  names === undefined ? null : { ...names, deleted_at: names.deleted_at?.toISOString() ?? null };
