/** A process whose clock is off by an hour compares with the database's times only what the database's clock has made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const HOUR_MS = 3_600_000;
const RealDate = Date;

/** A clock that is off for all of this process. Timers, which do not look at it, stay as they are. */
function shifted(offsetMs: number): DateConstructor {
  return class extends RealDate {
    constructor(...given: [] | [number]) {
      if (given.length === 0) super(RealDate.now() + offsetMs);
      else super(...given);
    }
    static override now(): number {
      return RealDate.now() + offsetMs;
    }
  } as DateConstructor;
}

describe.each([
  ['behind', -HOUR_MS],
  ['ahead', HOUR_MS],
])('an hour %s', (_name, offsetMs) => {
  let tidings: TestService;
  beforeAll(async () => {
    globalThis.Date = shifted(offsetMs);
    tidings = await startTestService();
  });
  afterAll(async () => {
    await tidings?.stop();
    globalThis.Date = RealDate;
  });

  async function subscribe(tenant: object, endpoint: object) {
    const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Off', ...tenant });
    const base = `/v1/tenants/${body.id}`;
    const { body: made } = await tidings.call('POST', `${base}/endpoints`, endpoint);
    return { base, path: `${base}/endpoints/${made.id}` };
  }

  test('what was missed while the endpoint was off is offered, found and sent', async () => {
    const receiver = await startReceiver();
    const { base, path } = await subscribe({}, { url: receiver.url });
    const emit = async () => (await tidings.call('POST', `${base}/events`, { type: 'a.b', data: 1 })).body;
    const sent = await emit();
    await receiver.until(1);
    await tidings.call('PATCH', path, { enabled: false });
    const missed = [await emit(), await emit()];
    const { body } = await tidings.call('PATCH', path, { enabled: true });
    expect(body.recover.missed).toBe(2);
    const { body: started } = await tidings.call('POST', `${path}/recover`, { since: body.recover.since });
    expect(started.matched).toBe(2);
    await receiver.until(3);
    expect(
      receiver.received
        .slice(1)
        .map(({ headers }) => headers['webhook-id'])
        .sort(),
    ).toEqual(missed.map(({ id }) => id).sort());
    // Asked for by the time at which the first was accepted, as it is shown: that is inclusive.
    const { body: first } = await tidings.call('GET', `/v1/deliveries/${sent.deliveries[0].id}`);
    const shownMs = Date.parse(first.created_at);
    const { rows } = await tidings.database.db.query<{ ms: number }>(
      'select extract(epoch from now())::double precision * 1000 as ms',
    );
    expect(Math.abs(shownMs - (rows[0]?.ms ?? 0))).toBeLessThan(60_000);
    const { body: again } = await tidings.call('POST', `${path}/replay`, { since: first.created_at });
    expect(again.matched).toBe(3);
  });

  test('the secret before a rotation expires by the same clock for every process', async () => {
    const receiver = await startReceiver();
    const { base, path } = await subscribe({}, { url: receiver.url });
    const { body: rotated } = await tidings.call('POST', `${path}/secret/rotate`, { overlap_seconds: 600 });
    const leftMs = Date.parse(rotated.previous_expires_at) - RealDate.now();
    expect(leftMs).toBeGreaterThan(540_000);
    expect(leftMs).toBeLessThanOrEqual(600_000 + 2_000);
    await tidings.call('POST', `${base}/events`, { type: 'a.b', data: 1 });
    await receiver.until(1);
    expect(String(receiver.received[0]?.headers['webhook-signature']).split(' ')).toHaveLength(2);
  });

  test('a stall holds what was accepted before it, and nothing that comes after', async () => {
    const receiver = await startReceiver(500);
    const { base } = await subscribe({ profile: 'lessonly' }, { url: receiver.url, retry_schedule: [3] });
    const { body: types } = await tidings.call('GET', `${base}/event-types`);
    const [entry] = types.items;
    const emit = async () =>
      (await tidings.call('POST', `${base}/events`, { type: entry.name, data: entry.example })).body
        .deliveries[0].id;
    const first = await emit();
    await tidings.settled(first, ['retrying']);
    // Timers are a second coarse: due together, both would be tried, and neither would find the other's stall.
    await sleep(1_500);
    const second = await emit();
    await tidings.settled(first, ['failed']);
    await eventually(
      async () => (await tidings.call('GET', `/v1/deliveries/${second}`)).body,
      ({ held_reason: reason }) => reason === 'stalled',
    );
    receiver.answer(200);
    await sleep(10);
    const third = await emit();
    await tidings.settled(third, ['succeeded']);
    await tidings.settled(second, ['succeeded']);
  });
});
