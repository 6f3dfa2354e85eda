/**
 * What an emit must know of its tenant, remembered for a moment: it is the same for thousands of events in a row. Which endpoints
 * there are is never remembered: that is read in the transaction that accepts.
 */
import { findEventTypes } from '../store/event-types.ts';
import type { Db } from '../store/pool.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';
import { createLookupCache } from './lookup-cache.ts';

/** A change made in another process counts here after so long. */
const REMEMBER_MS = 1_000;
const MAX_TENANTS = 10_000;
/** A schema may be long. */
const MAX_TYPES = 1_000;
const MAX_ABSENT = 10_000;

export type OwnType = { name: string; schemaText: string };

export type EmitCache = {
  /** by id or `external_id` */
  tenant(given: string): Promise<Tenant | null>;
  /** Those of the types that the tenant has added. */
  ownTypes(tenant: Tenant, types: readonly string[]): Promise<OwnType[]>;
  /** A tenant was made, changed or deleted here, or its types: nothing that is remembered of it holds any longer. */
  forget(tenantId: string): void;
};

/** @param db should be free for emits whatever else is asked of the database */
export function createEmitCache(db: Db): EmitCache {
  const common = { forMs: REMEMBER_MS, maxAbsent: MAX_ABSENT };
  const tenants = createLookupCache<Tenant>({
    ...common,
    max: MAX_TENANTS,
    find: (given) => findTenant(db, given),
  });
  const types = createLookupCache<OwnType>({
    ...common,
    max: MAX_TYPES,
    async find(key) {
      // Neither has a space in it.
      const [tenantId = '', name = ''] = key.split(' ');
      const [own = null] = await findEventTypes(db, tenantId, [name]);
      return own;
    },
  });
  return {
    tenant: (given) => tenants.get(given),
    async ownTypes({ id }, names) {
      const found = await Promise.all(names.map((name) => types.get(`${id} ${name}`)));
      return found.filter((each) => each !== null);
    },
    forget(tenantId) {
      tenants.forget(({ id }) => id === tenantId);
      types.forget((_type, key) => key.startsWith(`${tenantId} `));
    },
  };
}
