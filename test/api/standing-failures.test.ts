/** Failures that stand: in every state that deliveries can be in, the overviews, the tenants' list, an endpoint's health and the list of deliveries say the same. */
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let tenant: string;
const endpoints: Record<string, string> = {};
beforeAll(async () => {
  tidings = await startTestService();
  tenant = (await tidings.call('POST', '/v1/tenants', { name: 'Agreed' })).body.id;
  for (const { state, reach } of STATES) {
    const type = `${state.replaceAll(' ', '_')}.happened`;
    endpoints[state] = await reach(type);
  }
}, 120_000);
afterAll(() => tidings?.stop());

async function endpoint(type: string, answer: number, more: object = {}) {
  const receiver = await startReceiver(answer);
  const body = { url: receiver.url, event_types: [type], retry_schedule: [], ...more };
  const { id } = (await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, body)).body;
  return { id: id as string, receiver };
}

async function emit(type: string): Promise<string> {
  return (await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type, data: {} })).body.deliveries[0]
    .id;
}

const LATER = { retry_schedule: [3600] };

/** Each state with what must be counted of it, and a way into it. */
const STATES: { state: string; failed: number; reach: (type: string) => Promise<string> }[] = [
  {
    state: 'delivered',
    failed: 0,
    async reach(type) {
      const { id } = await endpoint(type, 200);
      await tidings.settled(await emit(type));
      return id;
    },
  },
  {
    state: 'exhausted',
    failed: 2,
    async reach(type) {
      const { id } = await endpoint(type, 503);
      for (const delivery of [await emit(type), await emit(type)]) await tidings.settled(delivery);
      return id;
    },
  },
  {
    state: 'failed without an attempt of the second',
    failed: 2,
    async reach(type) {
      const { id } = await endpoint(type, 503, { ...LATER, ordered: true });
      const first = await emit(type);
      await tidings.settled(first, ['retrying']);
      const second = await emit(type);
      await tidings.call('PATCH', `/v1/tenants/${tenant}/endpoints/${id}`, { enabled: false });
      await tidings.settled(first);
      expect(await tidings.settled(second)).toMatchObject({ status: 'failed', attempt_count: 0 });
      return id;
    },
  },
  {
    state: 'exhausted and delivered since',
    failed: 0,
    async reach(type) {
      const { id, receiver } = await endpoint(type, 503);
      const delivery = await emit(type);
      await tidings.settled(delivery);
      receiver.answer(200);
      await tidings.call('POST', `/v1/deliveries/${delivery}/retry`);
      await tidings.settled(delivery, ['succeeded']);
      return id;
    },
  },
  {
    state: 'waiting for a retry',
    failed: 0,
    async reach(type) {
      const { id } = await endpoint(type, 503, LATER);
      await tidings.settled(await emit(type), ['retrying']);
      return id;
    },
  },
  {
    state: 'cancelled',
    failed: 0,
    async reach(type) {
      const { id } = await endpoint(type, 503, LATER);
      const delivery = await emit(type);
      await tidings.settled(delivery, ['retrying']);
      await tidings.call('POST', `/v1/deliveries/${delivery}/cancel`);
      await tidings.settled(delivery, ['cancelled']);
      return id;
    },
  },
  {
    state: 'a failed test',
    failed: 0,
    async reach(type) {
      const { id } = await endpoint(type, 503);
      const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/endpoints/${id}/test`);
      expect(body.status).toBe('failed');
      return id;
    },
  },
];

const HOUR_AGO = () => new Date(Date.now() - 3_600_000).toISOString();
const listed = async (query: string) =>
  (await tidings.call('GET', `${query}&status=failed&is_test=false&limit=100&after=${HOUR_AGO()}`)).body
    .items;

test.each(STATES)('$state: health and list of its endpoint count $failed', async ({ state, failed }) => {
  const id = endpoints[state];
  const { body: stats } = await tidings.call('GET', `/v1/tenants/${tenant}/endpoints/${id}/stats`);
  expect(stats.by_status.failed ?? 0).toBe(failed);
  expect(await listed(`/v1/tenants/${tenant}/deliveries?endpoint_id=${id}`)).toHaveLength(failed);
});

test('the overviews, the list of tenants and the lists of deliveries have the sum', async () => {
  const failed = STATES.reduce((sum, each) => sum + each.failed, 0);
  for (const metrics of [`/v1/tenants/${tenant}/metrics`, '/v1/metrics/overview']) {
    expect((await tidings.call('GET', metrics)).body.standing).toEqual({ failed });
  }
  const { body: tenants } = await tidings.call('GET', '/v1/tenants?activity=true');
  expect(tenants.items[0].activity.standing).toEqual({ failed });
  expect(await listed(`/v1/tenants/${tenant}/deliveries?`)).toHaveLength(failed);
  expect(await listed('/v1/deliveries?')).toHaveLength(failed);
});

test('what failed before the time is not among them', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const later = new Date(Date.now() + 7_200_000).toISOString();
  const { body } = await tidings.call('GET', `/v1/tenants/${tenant}/metrics?from=${soon}&to=${later}`);
  expect(body.standing).toEqual({ failed: 0 });
});
