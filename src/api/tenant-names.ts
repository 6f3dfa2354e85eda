/** Names of the tenants that entries of a list concern, for those who see more than one. */
import { z } from 'zod';
import { findTenantNames } from '../store/tenants.ts';
import type { ApiDeps } from './deps.ts';

export const tenantNames = z
  .object({ name: z.string().nullable(), external_id: z.string().nullable() })
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
    items: items.map((item) => ({ ...item, tenant: names.get(item.tenant_id) ?? null })),
    next_cursor,
  };
}
