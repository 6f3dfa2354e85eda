/** Dependencies of the API, which the process that serves it passes in. */
import type { Emitter } from '../dispatch/emitter.ts';
import type { VerifyContacts } from '../domain/contact.ts';
import type { Problem } from '../domain/errors.ts';
import type { Engine } from '../domain/ports.ts';
import type { AddressGuard } from '../http/address-guard.ts';
import type { SchemaPool } from '../json-schema/schema-pool.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Readiness } from '../observability/readiness.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { ContactLinks } from '../store/contact-links.ts';
import type { MessageBounds } from '../store/message-counts.ts';
import type { Db } from '../store/pool.ts';
import type { Vault } from '../store/vault.ts';
import type { EmitCache } from './emit-cache.ts';
import type { PageSettings } from './pages.ts';

/** Whether the database's schema fits this version. */
export type SchemaGate = {
  /** the answer to requests while it does not fit, as of the last check; null while it fits */
  problem(): Problem | null;
  /** checks now. @returns as `problem` */
  recheck(): Promise<Problem | null>;
};

/** What a tenant may do with its contacts. */
export type ContactSettings = {
  links: ContactLinks;
  verify: VerifyContacts;
  /** contacts that a tenant may have */
  max: number;
  bounds: MessageBounds;
};

export type ApiDeps = {
  db: Db;
  /** a pool of its own for the queries of emits: no other query can take its connections */
  emitDb: Db;
  vault: Vault;
  emitter: Emitter;
  emitCache: EmitCache;
  schemas: SchemaPool;
  engine: Engine;
  guard: Pick<AddressGuard, 'urlProblem'>;
  adminKey: string;
  /** `null`: no pages are served */
  pages: PageSettings | null;
  /** URL at which people reach this service; known once it listens */
  publicUrl: () => string;
  /** requests a second of a tenant's key that names no limit of its own */
  tenantKeyRatePerS: number;
  /** wrong keys a second from one address; beyond it the address's new keys are looked up more slowly */
  wrongKeysPerS: number;
  /** presses of retry that one delivery takes in a minute */
  pressesPerMinute: number;
  /** deliveries that an operation starts in a second, when its request names no rate */
  operationRatePerS: number;
  /** operations of a tenant that may run at once */
  operationsPerTenant: number;
  /** portal sessions of a tenant that may be in force at once */
  portalSessionsPerTenant: number;
  /** streams of a tenant that may be open at once in this process */
  streamsPerTenant: number;
  /** test calls that may run at once in this process */
  testsPerEndpoint: number;
  testsPerTenant: number;
  allowHttp: boolean;
  contacts: ContactSettings;
  maxEventBytes: number;
  /** how long all attempts at an endpoint fail before it is disabled, where its tenant has no setting of its own */
  disableAfterMs: number;
  /** how long payloads are kept, where their tenant has no setting of its own */
  payloadRetentionDays: number;
  /** event types that a tenant may add */
  maxOwnTypes: number;
  /** limit for the schema of such a type, as JSON text */
  maxSchemaBytes: number;
  schema: SchemaGate;
  /** memory for the bodies of all requests that are not answered yet */
  bodyMemoryBytes: number;
  /** the bounds in force, for the operator to see */
  bounds: readonly {
    name: string;
    description: string;
    value: number | string | boolean;
    defaultValue: number | string | boolean | null;
    min: number | null;
    max: number | null;
  }[];
  readiness: () => Promise<Readiness>;
  /** the page of /metrics */
  scrape: () => Promise<string>;
  metrics: Metrics;
  tracing: Tracing;
  logger: Logger;
};
