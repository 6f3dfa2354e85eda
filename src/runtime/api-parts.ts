/** Makes the API of a process: the HTTP application, and the threads that check tenants' own schemas. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../api/app.ts';
import { createEmitCache } from '../api/emit-cache.ts';
import { boundsOf } from '../config/bounds.ts';
import type { Emitter } from '../dispatch/emitter.ts';
import { createSchemaPool } from '../json-schema/schema-pool.ts';
import { messageBounds } from '../notifications/notifications.ts';
import { PAGES } from '../package-root.ts';
import type { ServiceOptions, SharedParts } from './shared-parts.ts';
import { CUT_SHARE } from './shutdown.ts';

export type ApiParts = {
  app: FastifyInstance;
  /** @returns the URL. @throws Error when the port is taken */
  listen(): Promise<string>;
  /** Answers the requests in flight. Connections that are still open after most of `finishMs` are cut. */
  stop(finishMs: number): Promise<void>;
  /** Ends the threads; call it after `stop`. */
  close: () => unknown;
};

// Long because it hands every setting of the API to its place.
export async function createApiParts(
  options: ServiceOptions,
  parts: SharedParts,
  emitter: Emitter,
  publicUrl: () => string,
): Promise<ApiParts> {
  const { environment: env, logger } = options;
  const { apiDb: db, emitDb, vault, links, schema, engine, guard, observability } = parts;
  const { metrics, tracing, readiness, scrape } = observability;
  const schemas = createSchemaPool({
    threads: env.TIDINGS_SCHEMA_THREADS,
    msPerS: env.TIDINGS_SCHEMA_MS_PER_S,
    logger,
  });
  const app = await buildApp({
    db,
    vault,
    emitDb,
    emitter,
    emitCache: createEmitCache(emitDb),
    schemas,
    engine,
    guard,
    adminKey: options.adminKey,
    publicUrl,
    pages:
      env.TIDINGS_PAGES === 'off'
        ? null
        : {
            folder: options.pages ?? PAGES,
            frameAncestors: env.TIDINGS_PORTAL_FRAME_ANCESTORS?.trim().replace(/\s+/g, ' ') ?? null,
          },
    tenantKeyRatePerS: env.TIDINGS_TENANT_KEY_RATE,
    wrongKeysPerS: env.TIDINGS_WRONG_KEY_RATE,
    pressesPerMinute: env.TIDINGS_PRESSES_PER_MINUTE,
    operationRatePerS: env.TIDINGS_OPERATION_RATE,
    operationsPerTenant: env.TIDINGS_OPERATIONS_PER_TENANT,
    portalSessionsPerTenant: env.TIDINGS_PORTAL_SESSIONS_PER_TENANT,
    streamsPerTenant: env.TIDINGS_STREAMS_PER_TENANT,
    testsPerEndpoint: env.TIDINGS_TESTS_PER_ENDPOINT,
    testsPerTenant: env.TIDINGS_TESTS_PER_TENANT,
    allowHttp: options.allowHttp,
    contacts: {
      links,
      verify: env.TIDINGS_VERIFY_CONTACTS,
      max: env.TIDINGS_CONTACTS_PER_TENANT,
      bounds: messageBounds(env),
    },
    bodyMemoryBytes: env.TIDINGS_BODY_BYTES,
    maxEventBytes: env.TIDINGS_MAX_EVENT_BYTES,
    disableAfterMs: env.TIDINGS_DISABLE_AFTER_S * 1000,
    payloadRetentionDays: env.TIDINGS_PAYLOAD_RETENTION_DAYS,
    maxOwnTypes: env.TIDINGS_MAX_OWN_EVENT_TYPES,
    maxSchemaBytes: env.TIDINGS_MAX_SCHEMA_BYTES,
    schema,
    bounds: boundsOf(env),
    readiness,
    scrape,
    metrics,
    tracing,
    logger,
  });
  return {
    app,
    async listen() {
      const address = await app.listen({ port: env.TIDINGS_PORT, host: env.TIDINGS_HOST });
      // `localhost` listens on two addresses.
      for (const { address: host, port } of app.addresses() as AddressInfo[]) guard.protect({ host, port });
      return address;
    },
    async stop(finishMs) {
      const timer = setTimeout(() => app.server.closeAllConnections(), finishMs * CUT_SHARE);
      await app.close();
      clearTimeout(timer);
    },
    close: schemas.close,
  };
}
