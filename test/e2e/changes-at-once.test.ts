/** A change of an endpoint applies at once to the deliveries that wait already, in both directions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { type Received, startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const call: TestService['call'] = (...asked) => tidings.call(...asked);

/** An endpoint with events on their way to it, and how they stand. */
async function waiting(endpoint: object, count: number) {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Changing' });
  const base = `/v1/tenants/${tenant.id}`;
  const { body: made } = await call('POST', `${base}/endpoints`, endpoint);
  const path = `${base}/endpoints/${made.id}`;
  const list = async () => (await call('GET', `${base}/deliveries?limit=200`)).body.items.reverse();
  const events = Array.from({ length: count }, (_, n) => ({ type: 'a.b', data: n }));
  await call('POST', `${base}/events/batch`, { events });
  return {
    change: async (patch: object) => expect((await call('PATCH', path, patch)).status).toBe(200),
    list,
    /** Resolves when all are as is said. */
    until: (isSo: (delivery: any) => boolean, withinMs = 20_000) =>
      eventually(list, (items) => items.length === count && items.every(isSo), withinMs),
  };
}

const numbersOf = (received: Received[]) => received.map(({ body }) => JSON.parse(body.toString()).data);
const isHeld = (reason: string) => (each: any) => each.held_reason === reason || each.status === 'succeeded';
const inS = ({ next_attempt_at: at }: any) => (Date.parse(at) - Date.now()) / 1000;

/** Far sooner than what the old setting says, and later than any timer or round that is not meant for it. */
const AT_ONCE_MS = 10_000;

describe('the rate', () => {
  test.each([
    ['raised', { per_second: 50 }],
    ['removed', null],
  ])('%s: what was held goes', async (_name, rate) => {
    const receiver = await startReceiver();
    const { until, change } = await waiting({ url: receiver.url, rate_limit: { per_second: 0.005 } }, 5);
    await receiver.until(1);
    await until(isHeld('rate_limited'));
    await change({ rate_limit: rate });
    await receiver.until(5, AT_ONCE_MS);
  });

  test('lowered: what was let go waits again', async () => {
    const receiver = await startReceiver();
    const { change, until } = await waiting({ url: receiver.url, rate_limit: { per_second: 5 } }, 80);
    await receiver.until(5);
    await change({ rate_limit: { per_second: 0.01 } });
    // Places are given out four seconds ahead at most.
    await sleep(6_000);
    const soFar = receiver.received.length;
    await sleep(4_000);
    expect(receiver.received).toHaveLength(soFar);
    expect(soFar).toBeLessThan(60);
    await until(isHeld('rate_limited'));
  });

  test('set: what was to go at once waits for its place', async () => {
    const receiver = await startReceiver(500);
    const { change, until } = await waiting({ url: receiver.url, retry_schedule: [4, 3600] }, 6);
    await until(({ status }) => status === 'retrying');
    await change({ rate_limit: { per_second: 0.01 } });
    await receiver.until(7, AT_ONCE_MS);
    await sleep(3_000);
    expect(receiver.received).toHaveLength(7);
  });
});

describe('the order', () => {
  test('kept from now on: what waits goes one after the other, the oldest first', async () => {
    let underWay = 0;
    let most = 0;
    const receiver = await startReceiver(500);
    const { change, until } = await waiting({ url: receiver.url, retry_schedule: [3, 3, 3] }, 6);
    await until(({ status }) => status === 'retrying');
    await change({ ordered: true });
    receiver.answer(async (response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(200);
      underWay -= 1;
      response.writeHead(200).end();
    });
    const soFar = receiver.received.length;
    await until(({ status }) => status === 'succeeded', 40_000);
    expect(numbersOf(receiver.received.slice(soFar))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(1);
  });

  test('kept no longer: what waits behind the first goes', async () => {
    const receiver = await startReceiver(500, 200);
    const { change, until } = await waiting({ url: receiver.url, retry_schedule: [3600], ordered: true }, 5);
    await receiver.until(1);
    await until(({ status, held_reason: reason }) => status === 'retrying' || reason === 'ordered');
    await change({ ordered: false });
    await receiver.until(5, AT_ONCE_MS);
  });
});

describe('the schedule', () => {
  test('made shorter: what waits goes when the new one says', async () => {
    const receiver = await startReceiver(500, 500, 500, 200);
    const { change, until } = await waiting({ url: receiver.url, retry_schedule: [3600] }, 3);
    await until(({ status }) => status === 'retrying');
    await change({ retry_schedule: [1] });
    await receiver.until(6, AT_ONCE_MS);
    const [log] = await until(({ status }) => status === 'succeeded');
    const { body } = await call('GET', `/v1/deliveries/${log.id}`);
    expect(body.attempts.map((attempt: any) => attempt.trigger)).toEqual(['schedule', 'schedule']);
  });

  test("removed, so that the profile's own holds: what waits goes when that says", async () => {
    const receiver = await startReceiver(500, 200);
    const { change, until } = await waiting({ url: receiver.url, retry_schedule: [3600] }, 1);
    await until(({ status }) => status === 'retrying');
    // Its first delay is five seconds.
    await change({ retry_schedule: null });
    await receiver.until(2, AT_ONCE_MS + 5_000);
  });

  test('made longer, and shorter again: what waits goes later, and then sooner', async () => {
    const receiver = await startReceiver(500, 200);
    const { change, until, list } = await waiting({ url: receiver.url, retry_schedule: [4] }, 1);
    await until(({ status }) => status === 'retrying');
    await change({ retry_schedule: [3600] });
    await sleep(7_000);
    expect(receiver.received).toHaveLength(1);
    const [delivery] = await list();
    expect(inS(delivery)).toBeGreaterThan(3_500);
    await change({ retry_schedule: [1] });
    await receiver.until(2, AT_ONCE_MS);
  });

  test('made empty: the attempt that was planned is the last', async () => {
    const receiver = await startReceiver(500);
    const { change, until, list } = await waiting({ url: receiver.url, retry_schedule: [3, 3600] }, 1);
    await until(({ status }) => status === 'retrying');
    await change({ retry_schedule: [] });
    expect((await list())[0].status).toBe('retrying');
    await until(({ status, attempt_count: count }) => status === 'failed' && count === 2);
  });

  test('changed during an attempt: what follows that attempt is planned by the new schedule', async () => {
    const receiver = await startReceiver(async (response) => {
      await sleep(2_000);
      response.writeHead(500).end();
    }, 200);
    const { change } = await waiting({ url: receiver.url, retry_schedule: [3600] }, 1);
    await receiver.until(1);
    await change({ retry_schedule: [1] });
    await receiver.until(2, AT_ONCE_MS + 2_000);
  });

  test('never sooner than the receiver has asked for', async () => {
    const receiver = await startReceiver((response) =>
      response.writeHead(503, { 'retry-after': '1800' }).end(),
    );
    const { change, until, list } = await waiting({ url: receiver.url, retry_schedule: [3600] }, 1);
    await until(({ status }) => status === 'retrying');
    await change({ retry_schedule: [1] });
    const [delivery] = await list();
    expect(inS(delivery)).toBeGreaterThan(1_700);
    expect(inS(delivery)).toBeLessThan(1_801);
  });
});

describe('URL, timeout and `enabled`', () => {
  test('another URL: the next attempt goes there', async () => {
    const [old, other] = [await startReceiver(500), await startReceiver()];
    const { change, until } = await waiting({ url: old.url, retry_schedule: [4] }, 2);
    await until(({ status }) => status === 'retrying');
    await change({ url: other.url });
    await other.until(2, AT_ONCE_MS + 4_000);
    expect(old.received).toHaveLength(2);
  });

  test.each([
    ['longer', 300, 5_000, 'succeeded'],
    ['shorter', 5_000, 300, 'failed'],
  ])('a %s timeout: the next attempt has it', async (_name, before, after, ends) => {
    let count = 0;
    const receiver = await startReceiver(async (response) => {
      count += 1;
      if (before > after && count === 1) return response.writeHead(500).end();
      await sleep(1_500);
      response.writeHead(200).end();
    });
    const endpoint = { url: receiver.url, retry_schedule: [4], timeout_ms: before };
    const { change, until } = await waiting(endpoint, 1);
    await until(({ status }) => status === 'retrying');
    await change({ timeout_ms: after });
    const [delivery] = await until(({ status }) => status === ends);
    expect(delivery.last_error).toBe(ends === 'failed' ? 'timeout' : null);
  });

  test('off: what waits ends, and nothing more is sent; on: that can be recovered', async () => {
    const receiver = await startReceiver(500, 500, 500, 200);
    const { change, until } = await waiting({ url: receiver.url, retry_schedule: [3, 3] }, 3);
    await until(({ status }) => status === 'retrying');
    await change({ enabled: false });
    await until(
      ({ status, last_error: error }) => status === 'failed' && error === 'endpoint_disabled',
      AT_ONCE_MS,
    );
    await change({ enabled: true });
    await sleep(5_000);
    expect(receiver.received).toHaveLength(3);
  });
});
