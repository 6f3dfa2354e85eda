/**
 * Order and rate limits hold exactly: with several processes, while they are killed, and fairly between the deliveries that wait.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { type Received, startReceiver } from '../helpers/receiver.ts';

let database: TestDatabase;
const taskQueue = `test-${randomUUID()}`;
const start = (command: 'serve' | 'api' | 'worker' = 'serve') =>
  startProcess(command, { databaseUrl: database.url, taskQueue, TIDINGS_RECONCILE_AFTER_S: '2' });
let [one, two]: TestProcess[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  [one, two] = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await one?.stop();
  await two?.stop();
});

const call: TestProcess['call'] = (...asked) => (one as TestProcess).call(...asked);

async function subscribe(...endpoints: object[]) {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Exact' });
  const base = `/v1/tenants/${tenant.id}`;
  const made = [];
  for (const endpoint of endpoints) made.push((await call('POST', `${base}/endpoints`, endpoint)).body);
  return { base, paths: made.map(({ id }) => `${base}/endpoints/${id}`) };
}

const numberOf = ({ body }: Received): number => JSON.parse(body.toString()).data;
/** In the order of their first arrival. */
const firstArrivals = (received: Received[]) => [...new Set(received.map(numberOf))];

/** The most that came within any `windowMs`. */
function mostWithin(received: Received[], windowMs: number): number {
  const times = received.map(({ atMs }) => atMs);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

async function untilArrived(
  receiver: { received: Received[] },
  count: number,
  withinMs: number,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (firstArrivals(receiver.received).length < count && Date.now() < deadline) await sleep(100);
}

test('an ordered endpoint gets what two processes accept in the order of acceptance, although both are killed meanwhile', async () => {
  const receiver = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), 15));
  const { base } = await subscribe({
    url: receiver.url,
    ordered: true,
    retry_schedule: [1, 1, 1, 1, 1],
    timeout_ms: 3_000,
  });
  const accepted: number[] = [];
  const emit = async (n: number) => {
    const process = (n % 2 === 0 ? one : two) as TestProcess;
    const answer = await process.call('POST', `${base}/events`, { type: 'a.b', data: n }).catch(() => null);
    if (answer?.status === 202) accepted.push(n);
  };
  for (let n = 0; n < 60; n += 1) {
    await emit(n);
    if (n === 20) {
      await one?.kill();
      one = await start();
    }
    if (n === 40) {
      await two?.kill();
      two = await start();
    }
  }
  expect(accepted.length).toBeGreaterThan(50);
  await untilArrived(receiver, accepted.length, 120_000);
  // One whose answer was lost with its process may have been stored all the same: it has its place in the order too.
  const arrived = firstArrivals(receiver.received);
  expect(arrived.filter((n) => accepted.includes(n))).toEqual(accepted);
  expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
  // A duplicate comes right after the attempt that was cut off, never later.
  const sequence = receiver.received.map(numberOf);
  expect(sequence).toEqual([...sequence].sort((a, b) => a - b));
}, 240_000);

test('fifty at once to an ordered endpoint: each arrives once, one after the other', async () => {
  let [inFlight, most] = [0, 0];
  const receiver = await startReceiver((response) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    setTimeout(() => {
      inFlight -= 1;
      response.writeHead(200).end();
    }, 10);
  });
  const { base } = await subscribe({ url: receiver.url, ordered: true });
  const emits = Array.from({ length: 50 }, (_, n) =>
    ((n % 2 === 0 ? one : two) as TestProcess).call('POST', `${base}/events`, { type: 'a.b', data: n }),
  );
  for (const { status } of await Promise.all(emits)) expect(status).toBe(202);
  await untilArrived(receiver, 50, 60_000);
  expect(receiver.received).toHaveLength(50);
  expect(most).toBe(1);
}, 90_000);

test('a failing head holds up its own endpoint only, and whoever cancels it lets the next one go', async () => {
  const stuck = await startReceiver(500);
  const free = await startReceiver();
  const { base, paths } = await subscribe(
    { url: stuck.url, ordered: true, retry_schedule: [3_600] },
    { url: free.url, ordered: true },
  );
  for (let n = 0; n < 4; n += 1) await call('POST', `${base}/events`, { type: 'a.b', data: n });
  await untilArrived(free, 4, 20_000);
  expect(firstArrivals(free.received)).toEqual([0, 1, 2, 3]);
  const stuckId = paths[0]?.split('/').pop();
  const list = async (status: string) =>
    (await call('GET', `${base}/deliveries?endpoint_id=${stuckId}&status=${status}`)).body.items;
  expect((await list('held')).map((item: any) => item.held_reason)).toEqual([
    'ordered',
    'ordered',
    'ordered',
  ]);
  stuck.answer(200);
  const [head] = await list('retrying');
  expect(await call('POST', `/v1/deliveries/${head.id}/cancel`)).toMatchObject({ status: 202 });
  await untilArrived(stuck, 4, 20_000);
  expect(firstArrivals(stuck.received)).toEqual([0, 1, 2, 3]);
}, 60_000);

test('a rate limit is kept to the place by two processes, while one is killed, and what waits says so', async () => {
  const receiver = await startReceiver();
  const { base, paths } = await subscribe({
    url: receiver.url,
    rate_limit: { per_second: 10 },
    retry_schedule: [1, 1, 1],
  });
  const events = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({ type: 'a.b', data: from + n }));
  await call('POST', `${base}/events/batch`, { events: events(0, 60) });
  await two?.call('POST', `${base}/events/batch`, { events: events(60, 40) });
  await receiver.until(12);
  const { body: waiting } = await call('GET', `${base}/deliveries?status=held&limit=200`);
  expect(waiting.items.length).toBeGreaterThan(20);
  expect(new Set(waiting.items.map((item: any) => item.held_reason))).toEqual(new Set(['rate_limited']));
  expect((await call('GET', `/v1/deliveries/${waiting.items[0].id}`)).body.next_step).toContain('rate limit');
  await two?.kill();
  two = await start();
  await untilArrived(receiver, 100, 90_000);
  expect(firstArrivals(receiver.received)).toHaveLength(100);
  // Over the whole never more than the rate. One process alone keeps it at every moment; of two, one that is late may
  // touch the other's places.
  const times = receiver.received.map(({ atMs }) => atMs);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(
    (receiver.received.length - 1) * 100 - 500,
  );
  expect(mostWithin(receiver.received, 1_000)).toBeLessThanOrEqual(20);
  expect(mostWithin(receiver.received, 5_000)).toBeLessThanOrEqual(60);
  expect((await call('GET', `${paths[0]}/stats`)).body.by_status).toEqual({ succeeded: 100 });
}, 150_000);

test('one endpoint that waits for its rate takes nothing from the others; without a limit everything goes at once', async () => {
  const slow = await startReceiver();
  const also = await startReceiver();
  const fast = await startReceiver();
  const { base, paths } = await subscribe(
    { url: slow.url, rate_limit: { per_second: 2 } },
    { url: also.url, rate_limit: { per_second: 20 } },
    { url: fast.url },
  );
  const events = Array.from({ length: 60 }, (_, n) => ({ type: 'a.b', data: n }));
  await call('POST', `${base}/events/batch`, { events });
  await untilArrived(fast, 60, 20_000);
  await untilArrived(also, 60, 20_000);
  expect([firstArrivals(fast.received).length, firstArrivals(also.received).length]).toEqual([60, 60]);
  // Nobody is overtaken by more than what is on its way at once: the places of a few seconds.
  const overtaken = firstArrivals(slow.received).map((n, at) => Math.abs(n - at));
  expect(Math.max(...overtaken)).toBeLessThanOrEqual(12);
  expect(slow.received.length).toBeLessThan(40);
  // As above: of two processes, one that is late may touch the other's places.
  expect(mostWithin(slow.received, 990)).toBeLessThanOrEqual(5);
  expect(mostWithin(slow.received, 5_000)).toBeLessThanOrEqual(13);
  await call('PATCH', paths[0] ?? '', { rate_limit: null });
  await untilArrived(slow, 60, 20_000);
  expect(slow.received).toHaveLength(60);
}, 90_000);
