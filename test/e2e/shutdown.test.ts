/** Stopping in order: what is in flight is finished and recorded, what was accepted is neither lost nor sent twice. */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/embedded/free-port.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';

let database: TestDatabase;
let settings: { databaseUrl: string; taskQueue: string };
beforeEach(async () => {
  database = await createTestDatabase();
  settings = { databaseUrl: database.url, taskQueue: `test-${randomUUID()}` };
});

const slowly = (ms: number) => (response: { writeHead(status: number): { end(): unknown } }) =>
  void setTimeout(() => response.writeHead(200).end(), ms);
/** Endpoints of the lanes `quick` and `unproven`: the first attempt runs inside the workflow's task, or by itself. */
const LANES = [{ timeout_ms: 5_000 }, { timeout_ms: 30_000 }];
const SLOW_MS = 2_000;

async function tenantWith({ call }: TestProcess, url: string, endpoints: object[]): Promise<string> {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Stopping' });
  for (const endpoint of endpoints)
    await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url, ...endpoint });
  return tenant.id;
}

const emit = ({ call }: TestProcess, tenant: string) =>
  call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });

const unfinished = async () =>
  (await database.db.query(`select id, status from deliveries where status <> 'succeeded'`)).rows;

/** What a stopped process must not have said. The SDK's own note about the queue for attempts is of every start. */
const complaints = ({ log }: TestProcess) =>
  log.filter(
    (line) => /"level":"(warn|error|fatal)"/.test(line) && !line.includes('No workflows registered'),
  );

test('SIGTERM during slow POSTs and while emits come: the POSTs are recorded, and every accepted event arrives once', async () => {
  const slow = await startReceiver(slowly(SLOW_MS));
  const quick = await startReceiver(slowly(20));
  let tidings = await startProcess('serve', settings);
  const patient = await tenantWith(tidings, slow.url, LANES);
  const busy = await tenantWith(tidings, quick.url, LANES);
  const { body: slowEvent } = await emit(tidings, patient);
  await slow.until(2);

  const accepted: string[] = [];
  const others: number[] = [];
  const emitUntilRefused = async () => {
    for (;;) {
      const answer = await emit(tidings, busy).catch(() => null);
      // Nobody listens any more.
      if (answer === null) return;
      if (answer.status === 202) accepted.push(answer.body.id);
      else others.push(answer.status);
    }
  };
  const emitting = Promise.all(Array.from({ length: 4 }, emitUntilRefused));
  while (accepted.length < 20) await sleep(5);
  const stoppedAt = Date.now();
  expect(await tidings.stop()).toBe(0);
  const tookMs = Date.now() - stoppedAt;
  await emitting;

  expect(tookMs).toBeLessThan(SLOW_MS + 5_000);
  expect(others.filter((each) => each !== 503)).toEqual([]);
  const { rows } = await database.db.query(
    'select status, attempt_count as attempts from deliveries where event_id = $1',
    [slowEvent.id],
  );
  expect(rows).toEqual(LANES.map(() => ({ status: 'succeeded', attempts: 1 })));

  tidings = await startProcess('serve', settings);
  const deadline = Date.now() + 60_000;
  while ((await unfinished()).length > 0 && Date.now() < deadline) await sleep(200);
  expect(await unfinished()).toEqual([]);
  // Longer than Temporal waits for a lost workflow task: whatever would be sent again has been.
  await sleep(12_000);
  expect(slow.received).toHaveLength(2);
  const arrivals = new Map<string, number>();
  for (const { headers } of quick.received) {
    const id = String(headers['webhook-id']);
    arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
  }
  expect(accepted.filter((id) => arrivals.get(id) !== LANES.length)).toEqual([]);
  expect(await tidings.stop()).toBe(0);
}, 150_000);

/** One request over a connection of its own that asks to be kept. */
async function request(
  tidings: TestProcess,
  text: string,
): Promise<{ socket: Socket; received: () => string; closed: Promise<void> }> {
  const { hostname, port } = new URL(tidings.url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(text);
  return { socket, received: () => received, closed };
}

test('connections that are kept alive do not hold up the end: idle ones are closed, busy ones are answered first', async () => {
  const receiver = await startReceiver(slowly(SLOW_MS));
  const tidings = await startProcess('serve', settings);
  const tenant = await tenantWith(tidings, receiver.url, [LANES[1] ?? {}]);
  const { body } = await tidings.call('GET', `/v1/tenants/${tenant}/endpoints`);
  const idle = await request(tidings, 'GET /healthz HTTP/1.1\r\nhost: tidings\r\n\r\n');
  while (!idle.received().includes('ok')) await sleep(10);
  const key = 'x-api-key: test-admin-key-0123456789';
  // Answers when its attempt is over.
  const busy = await request(
    tidings,
    `POST /v1/tenants/${tenant}/endpoints/${body.items[0].id}/test HTTP/1.1\r\nhost: tidings\r\n${key}\r\ncontent-length: 0\r\n\r\n`,
  );
  await receiver.until(1);
  const stoppedAt = Date.now();
  tidings.signal('SIGTERM');
  await idle.closed;
  expect(Date.now() - stoppedAt).toBeLessThan(1_500);
  expect(await tidings.ended).toBe(0);
  expect(Date.now() - stoppedAt).toBeLessThan(SLOW_MS + 5_000);
  await busy.closed;
  expect(busy.received()).toMatch(/^HTTP\/1.1 200 .*"status":"succeeded"/s);
}, 60_000);

test('a second Ctrl-C leaves at once; a second SIGTERM changes nothing', async () => {
  const receiver = await startReceiver(slowly(SLOW_MS));
  const impatient = await startProcess('serve', settings);
  const tenant = await tenantWith(impatient, receiver.url, [{ timeout_ms: 30_000, retry_schedule: [1] }]);
  await emit(impatient, tenant);
  await receiver.until(1);
  impatient.signal('SIGINT');
  // The same one, as npm passes it on.
  impatient.signal('SIGINT');
  await sleep(1_000);
  const at = Date.now();
  impatient.signal('SIGINT');
  expect(await impatient.ended).toBe(130);
  expect(Date.now() - at).toBeLessThan(1_000);

  const patient = await startProcess('serve', settings);
  const other = await tenantWith(patient, receiver.url, [{ timeout_ms: 30_000 }]);
  const { body } = await emit(patient, other);
  await receiver.until(2);
  patient.signal('SIGTERM');
  await sleep(300);
  patient.signal('SIGTERM');
  expect(await patient.ended).toBe(0);
  const { rows } = await database.db.query('select status from deliveries where event_id = $1', [body.id]);
  expect(rows).toEqual([{ status: 'succeeded' }]);
}, 60_000);

test('told to stop while its worker starts, it stops, and complains of nothing', async () => {
  for (const afterMs of [0, 50, 200, 500, 900]) {
    const tidings = await startProcess('serve', settings);
    await sleep(afterMs);
    expect(await tidings.stop()).toBe(0);
    expect(complaints(tidings)).toEqual([]);
  }
}, 60_000);

test('told to stop while it waits for Temporal, it stops at once', async () => {
  for (const command of ['serve', 'worker'] as const) {
    const temporalAddress = `127.0.0.1:${await freePort(0)}`;
    const tidings = await startProcess(command, {
      ...settings,
      temporalAddress,
      // A worker without an API says in this way that it is there.
      TIDINGS_METRICS_PORT: '0',
    });
    const at = Date.now();
    expect(await tidings.stop()).toBe(0);
    expect(Date.now() - at).toBeLessThan(3_000);
    expect(complaints(tidings).filter((line) => !line.includes('Temporal cannot be reached'))).toEqual([]);
  }
}, 60_000);
