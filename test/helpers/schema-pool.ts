/** The threads for tenants' own schemas, as a service has them, ended with the tests. Needs the build. */
import {
  createSchemaPool,
  type SchemaPool,
  type SchemaPoolRules,
} from '../../src/json-schema/schema-pool.ts';
import { atEnd } from './cleanup.ts';

/** @param rules more than a tenant could use up, unless they say otherwise */
export function startSchemaPool(rules: Partial<SchemaPoolRules> = {}): SchemaPool {
  const pool = createSchemaPool({ threads: 2, msPerS: 10_000, logger: { warn: () => {} }, ...rules });
  const close = atEnd(() => pool.close());
  return { ...pool, close };
}
