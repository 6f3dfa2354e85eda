/** A process in which some part hangs stops within TIDINGS_SHUTDOWN_SECONDS, and nothing is lost or sent twice for it. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startMailServer } from '../helpers/mail-server.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

const BOUND_S = 8;
/** From the signal until the exit is seen: loading nothing, but on a busy machine. */
const SEEN_MS = 2_000;

type Stage = {
  database: TestDatabase;
  proxies: Record<'mail' | 'temporal' | 'database', TcpProxy>;
  tidings: TestProcess;
  /** a tenant with an endpoint */
  subscribe(url: string, endpoint?: object): Promise<string>;
  emit(tenant: string): Promise<string>;
};

async function openStage(): Promise<Stage> {
  const database = await createTestDatabase();
  const mail = await startMailServer();
  const [temporalHost = '', temporalPort] = (process.env.TEST_TEMPORAL_ADDRESS ?? '').split(':');
  const proxies = {
    mail: await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(mail.url).port) }),
    temporal: await startTcpProxy({ host: temporalHost, port: Number(temporalPort) }),
    database: await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(database.url).port) }),
  };
  const tidings = await startProcess('serve', {
    databaseUrl: proxies.database.through(database.url),
    temporalAddress: `127.0.0.1:${proxies.temporal.port}`,
    taskQueue: `test-${randomUUID()}`,
    SMTP_URL: proxies.mail.through(mail.url),
    TIDINGS_SHUTDOWN_SECONDS: String(BOUND_S),
  });
  const { call } = tidings;
  return {
    database,
    proxies,
    tidings,
    async subscribe(url, endpoint = {}) {
      const { body } = await call('POST', '/v1/tenants', { name: 'Acme', contacts: ['ops@example.com'] });
      await call('POST', `/v1/tenants/${body.id}/endpoints`, { url, ...endpoint });
      return body.id;
    },
    async emit(tenant) {
      const { body } = await call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });
      return body.deliveries[0].id;
    },
  };
}

const HANGS: Record<string, (stage: Stage) => Promise<unknown>> = {
  async 'the mail server'({ database, proxies, subscribe, emit }) {
    const broken = await startReceiver(500);
    proxies.mail.swallow();
    await emit(await subscribe(broken.url, { retry_schedule: [] }));
    await eventually(
      () => database.db.query(`select from messages where channel = 'email' and began_at is not null`),
      ({ rowCount }) => rowCount === 1,
    );
  },
  async Temporal({ proxies, subscribe, emit }) {
    const receiver = await startReceiver();
    const tenant = await subscribe(receiver.url);
    await emit(tenant);
    await receiver.until(1);
    proxies.temporal.swallow();
    await emit(tenant);
  },
  async 'the database'({ tidings, proxies, subscribe, emit }) {
    const receiver = await startReceiver();
    const tenant = await subscribe(receiver.url);
    await emit(tenant);
    await receiver.until(1);
    proxies.database.swallow();
    void tidings.call('GET', `/v1/tenants/${tenant}`).catch(() => {});
    await sleep(1_000);
  },
  async 'a receiver, in both lanes'({ subscribe, emit }) {
    const silent = await startReceiver(() => {});
    await emit(await subscribe(silent.url, { timeout_ms: 8_000 }));
    await emit(await subscribe(silent.url, { timeout_ms: 60_000 }));
    await silent.until(2);
  },
  async 'a client that sends half of a request'({ tidings }) {
    const socket = connect(Number(new URL(tidings.url).port), '127.0.0.1').on('error', () => {});
    socket.write(
      'POST /v1/tenants HTTP/1.1\r\nhost: a\r\nx-api-key: test-admin-key-0123456789\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    await sleep(500);
  },
  async 'a client that sends half of a line'({ tidings }) {
    connect(Number(new URL(tidings.url).port), '127.0.0.1')
      .on('error', () => {})
      .write('GET / HT');
    await sleep(500);
  },
  async 'a client that reads nothing'({ tidings }) {
    const socket = connect(Number(new URL(tidings.url).port), '127.0.0.1').on('error', () => {});
    socket.pause();
    socket.write('GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(200));
    await sleep(1_000);
  },
};

test.each(Object.keys(HANGS))(
  `with %s hanging, the end comes within ${BOUND_S} s`,
  async (name) => {
    const stage = await openStage();
    await HANGS[name]?.(stage);
    const at = performance.now();
    expect(await stage.tidings.stop()).toBe(0);
    expect(performance.now() - at).toBeLessThan(BOUND_S * 1_000 + SEEN_MS);
    for (const proxy of Object.values(stage.proxies)) await proxy.heal();
  },
  90_000,
);

test('everything at once hangs, and the end comes all the same', async () => {
  const stage = await openStage();
  for (const name of [
    'a receiver, in both lanes',
    'a client that sends half of a request',
    'the mail server',
  ])
    await HANGS[name]?.(stage);
  for (const proxy of Object.values(stage.proxies)) proxy.swallow();
  const at = performance.now();
  expect(await stage.tidings.stop()).toBe(0);
  expect(performance.now() - at).toBeLessThan(BOUND_S * 1_000 + SEEN_MS);
  for (const proxy of Object.values(stage.proxies)) await proxy.heal();
}, 90_000);
