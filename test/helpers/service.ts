/** The whole service on a database of its own and the shared Temporal, and a client for its API. */
import { randomUUID } from 'node:crypto';
import { readEnvironment } from '../../src/config/environment.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { MIGRATIONS } from '../../src/package-root.ts';
import { type Service, startService } from '../../src/runtime/service.ts';
import { atEnd } from './cleanup.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export const ADMIN_KEY = 'test-admin-key-0123456789';
export const TEST_KEY_RING = [{ id: 'test', key: Buffer.alloc(32, 7) }];
export const LOOPBACK = ['127.0.0.0/8', '::1/128'];

export type Answer = { status: number; headers: Headers; text: string; body: any };

export type TestService = {
  database: TestDatabase;
  service: Service;
  url: string;
  taskQueue: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** emits an event for a new tenant with one such endpoint. @returns the id of its delivery */
  deliverTo(endpoint: object): Promise<string>;
  /** polls until the delivery has one of these statuses */
  settled(deliveryId: string, statuses?: string[], withinMs?: number): Promise<any>;
  stop(): Promise<void>;
};

/** @param env more environment variables, e.g. a short notice interval */
export async function startTestService(
  env: Record<string, string> = {},
  options: {
    database?: TestDatabase;
    temporalAddress?: string;
    migrations?: string;
    /** the folder of the built pages */
    pages?: string;
    untilWorking?: boolean;
    roles?: { api: boolean; worker: boolean };
  } = {},
): Promise<TestService> {
  const database = options.database ?? (await createTestDatabase());
  const taskQueue = env.TIDINGS_TASK_QUEUE ?? `test-${randomUUID()}`;
  const service = await startService({
    environment: readEnvironment({ TIDINGS_PORT: '0', TIDINGS_TASK_QUEUE: taskQueue, ...env }),
    databaseUrl: database.url,
    migrations: options.migrations ?? MIGRATIONS,
    ...(options.pages !== undefined && { pages: options.pages }),
    temporal: {
      connection: { address: options.temporalAddress ?? process.env.TEST_TEMPORAL_ADDRESS ?? '' },
      namespace: 'default',
      uiUrl: 'http://127.0.0.1:8233',
    },
    adminKey: ADMIN_KEY,
    keyRing: TEST_KEY_RING,
    allowCidrs: LOOPBACK,
    allowHttp: true,
    caFiles: env.TIDINGS_CA_FILE === undefined ? [] : [env.TIDINGS_CA_FILE],
    // The tests' receivers listen in this process, or are children of it.
    isReceiver: () => true,
    roles: options.roles ?? { api: true, worker: true },
    logger: createLogger((process.env.TEST_LOG_LEVEL as 'info') ?? 'silent'),
    workflowBundle: process.env.TEST_WORKFLOW_BUNDLE ?? '',
  });
  const stop = atEnd(() => service.stop());
  if (options.untilWorking ?? true) await service.working;
  const url = service.url ?? '';
  const call = apiClient(url);
  return {
    database,
    service,
    url,
    taskQueue,
    call,
    async deliverTo(endpoint) {
      const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Customer' });
      await call('POST', `/v1/tenants/${tenant.id}/endpoints`, endpoint);
      const { body } = await call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
      return body.deliveries[0].id;
    },
    async settled(deliveryId, statuses = ['succeeded', 'failed', 'cancelled'], withinMs = 30_000) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const { body } = await call('GET', `/v1/deliveries/${deliveryId}`);
        if (statuses.includes(body.status)) return body;
        if (Date.now() > deadline) {
          throw new Error(
            `${deliveryId} is ${body.status}, not ${statuses.join(' or ')}: ${JSON.stringify(body)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      await stop();
      if (options.database === undefined) await database.drop();
    },
  };
}

/** Sends strings as they are and everything else as JSON. */
export function apiClient(url: string, key = ADMIN_KEY): TestService['call'] {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        'x-api-key': key,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  };
}
