/** A whole service in a temporary folder, with a receiver on loopback: what a script tries things on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LevelWithSilent } from 'pino';
import { readEnvironment } from '../src/config/environment.ts';
import { createLogger } from '../src/observability/logger.ts';
import { runEmbedded } from '../src/runtime/processes.ts';
import type { TemporalTarget } from '../src/temporal/connection.ts';

/** What the API answers, as far as scripts read it. */
export type Delivery = { id: string; status: string; workflow: { id: string } };
export type EmittedEvent = { id: string; deliveries: [Delivery, ...Delivery[]] };

export type ScratchService = {
  url: string;
  adminKey: string;
  temporal: TemporalTarget;
  /** for files of the script's own; removed at the end */
  folder: string;
  /** where deliveries may go */
  receiverUrl: string;
  /** Calls the API with the admin key. @throws Error with what it answers when it refuses */
  call<Answer>(method: string, path: string, body?: object): Promise<Answer>;
  /** @returns the tenant's id */
  createTenant(tenant: object): Promise<string>;
  emit(tenantId: string, type: string, data: object): Promise<EmittedEvent>;
  stop(): Promise<void>;
};

/**
 * @param options.settings more environment
 * @param options.receive the receiver's answers
 */
export async function startScratchService(options: {
  settings?: Record<string, string>;
  logLevel: LevelWithSilent;
  receive: RequestListener;
}): Promise<ScratchService> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-scratch-'));
  const receiver = createServer(options.receive);
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const embedded = await runEmbedded(
    readEnvironment({ TIDINGS_DATA_DIR: join(folder, 'data'), TIDINGS_PORT: '0', ...options.settings }),
    {
      logger: createLogger(options.logLevel),
      progress: (line) => console.error(line),
      // The service refuses to deliver to its own process, of which the receiver is a part.
      isReceiver: (own) => own === port,
    },
  );
  const { adminKey, temporal } = embedded;
  const { url } = embedded.service;
  if (url === null) throw new Error('The scratch service has no API');
  async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      headers: { 'x-api-key': adminKey, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer as Answer;
  }
  return {
    ...{ url, adminKey, temporal, folder, call },
    receiverUrl: `http://127.0.0.1:${port}`,
    createTenant: async (tenant) => (await call<{ id: string }>('POST', '/v1/tenants', tenant)).id,
    emit: (tenantId, type, data) => call('POST', `/v1/tenants/${tenantId}/events`, { type, data }),
    async stop() {
      receiver.closeAllConnections();
      receiver.close();
      await embedded.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
