/**
 * Cache of what an emit needs of its tenant: the tenant and its own event types, for a second. Thousands of events in a row need
 * the same. Endpoints are never cached: the transaction that accepts an event reads them.
 */
import { findEventTypes } from '../store/event-types.ts';
import type { Db } from '../store/pool.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';
import { createLookupCache } from './lookup-cache.ts';

/** A change that another process makes takes effect here after so long. */
const CACHE_MS = 1_000;
const MAX_TENANTS = 10_000;
/** Fewer, because a schema may be long. */
const MAX_TYPES = 1_000;
const MAX_ABSENT = 10_000;

export type OwnType = { name: string; schemaText: string; isArchived: boolean };

export type EmitCache = {
  /** by id or `external_id` */
  tenant(given: string): Promise<Tenant | null>;
  /** Those of the given types that the tenant has added, archived ones included. */
  ownTypes(tenant: Tenant, types: readonly string[]): Promise<OwnType[]>;
  /** Drops all that is cached of a tenant. Call it when the tenant or its types were created, changed or deleted. */
  forget(tenantId: string): void;
};

/** @param db a pool that no other query can exhaust */
export function createEmitCache(db: Db): EmitCache {
  const common = { forMs: CACHE_MS, maxAbsent: MAX_ABSENT };
  const tenants = createLookupCache<Tenant>({
    ...common,
    max: MAX_TENANTS,
    find: (given) => findTenant(db, given),
  });
  const lookUp = createTypeLookUp(db);
  const types = createLookupCache<OwnType>({
    ...common,
    max: MAX_TYPES,
    find(key) {
      // Neither a tenant's id nor a type's name has a space in it.
      const [tenantId = '', name = ''] = key.split(' ');
      return lookUp(tenantId, name);
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

/** What is asked for of one tenant at the same moment is one statement: a batch may name as many types as it has events. */
function createTypeLookUp(db: Db): (tenantId: string, name: string) => Promise<OwnType | null> {
  const gathering = new Map<string, { names: string[]; found: Promise<Map<string, OwnType>> }>();

  function gather(tenantId: string) {
    const names: string[] = [];
    // Everybody who asks at this moment has done so before a promise that is made now goes on.
    const found = Promise.resolve().then(async () => {
      gathering.delete(tenantId);
      const rows = await findEventTypes(db, tenantId, names);
      return new Map(rows.map((own) => [own.name, own]));
    });
    const group = { names, found };
    gathering.set(tenantId, group);
    return group;
  }

  return async (tenantId, name) => {
    const { names, found } = gathering.get(tenantId) ?? gather(tenantId);
    names.push(name);
    return (await found).get(name) ?? null;
  };
}
