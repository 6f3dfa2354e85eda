/**
 * What an emit must know of its tenant, remembered for a moment: it is the same for thousands of events in a row. Which endpoints
 * there are is never remembered: that is read in the transaction that accepts.
 */
import { LRUCache } from 'lru-cache';
import { findEventTypes } from '../store/event-types.ts';
import type { Db } from '../store/pool.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';

/** A change made in another process counts here after so long. */
const REMEMBER_MS = 1_000;
const MAX_REMEMBERED = 10_000;

export type OwnType = { name: string; schemaText: string };

export type Emitters = {
  /** by id or `external_id` */
  tenant(given: string): Promise<Tenant | null>;
  /** Those of the types that the tenant has added. */
  ownTypes(tenant: Tenant, types: readonly string[]): Promise<OwnType[]>;
  /** Something of a tenant was changed here: nothing that is remembered holds any longer. */
  forget(): void;
};

export function createEmitters(db: Db): Emitters {
  const common = { max: MAX_REMEMBERED, ttl: REMEMBER_MS };
  const tenants = new LRUCache<string, { tenant: Tenant | null }>({
    ...common,
    fetchMethod: async (given) => ({ tenant: await findTenant(db, given) }),
  });
  const types = new LRUCache<string, { own: OwnType | null }, string>({
    ...common,
    fetchMethod: async (key, _stale, { context: tenantId }) => {
      const [own = null] = await findEventTypes(db, tenantId, [key.slice(tenantId.length + 1)]);
      return { own };
    },
  });
  return {
    async tenant(given) {
      return (await tenants.fetch(given))?.tenant ?? null;
    },
    async ownTypes({ id }, names) {
      const found = await Promise.all(names.map((name) => types.fetch(`${id} ${name}`, { context: id })));
      return found.flatMap((each) => each?.own ?? []);
    },
    forget() {
      tenants.clear();
      types.clear();
    },
  };
}
