/**
 * The limits on what a tenant has under way at the same time: one more is refused with `retry-after`, and whatever has ended, in
 * any way, gives its place back.
 */
import type { ServerResponse } from 'node:http';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, type Answer, apiClient, startTestService, type TestService } from '../helpers/service.ts';

const TESTS_PER_ENDPOINT = 5;
const TESTS_PER_TENANT = 20;
const OPERATIONS_PER_TENANT = 10;
const MIB = 1024 * 1024;

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_BODY_BYTES: String(1024 * MIB) });
});
afterAll(() => tidings?.stop());

const times = <Result>(count: number, work: (at: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)));

/** @param atMostS that `retry-after` may say */
function expectRefused(answer: Answer | undefined, detail: RegExp, atMostS: number): void {
  expect(answer).toMatchObject({
    status: 429,
    body: { code: 'too_many_requests', detail: expect.stringMatching(detail) },
  });
  expect(answer?.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const waitS = Number(answer?.headers.get('retry-after'));
  expect([Number.isInteger(waitS), waitS >= 1, waitS <= atMostS]).toEqual([true, true, true]);
}

const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status);
const count = (statuses: number[], wanted: number) => statuses.filter((status) => status === wanted).length;

type Hands = {
  /** requests that the receiver has not answered */
  held(): number;
  /** what becomes of them, and of those that still come until it is called anew */
  treat(how: (response: ServerResponse) => unknown): void;
  /** they are kept again */
  hold(): void;
  url: string;
};

/** A receiver that keeps everybody waiting until it is told what to do. */
async function startHolding(): Promise<Hands> {
  let waiting: ServerResponse[] = [];
  let treat: ((response: ServerResponse) => unknown) | null = null;
  const receiver = await startReceiver((response) => {
    if (treat === null) waiting.push(response);
    else treat(response);
  });
  return {
    url: receiver.url,
    held: () => waiting.length,
    treat(how) {
      treat = how;
      for (const response of waiting) how(response);
      waiting = [];
    },
    hold() {
      treat = null;
      waiting = [];
    },
  };
}

async function newTenant(): Promise<string> {
  return (await tidings.call('POST', '/v1/tenants', { name: 'Busy' })).body.id;
}
async function newEndpoint(tenant: string, url: string, more: object = {}): Promise<string> {
  const path = `/v1/tenants/${tenant}/endpoints`;
  const { body } = await tidings.call('POST', path, { url, timeout_ms: 20_000, ...more });
  return `${path}/${body.id}`;
}
const press = (endpoint: string, body?: object) => tidings.call('POST', `${endpoint}/test`, body);
const ok = (response: ServerResponse) => response.writeHead(200).end();

describe('tests of endpoints', () => {
  test('at one endpoint as many run at once as its limit allows; the others are refused', async () => {
    const hands = await startHolding();
    const tenant = await newTenant();
    const endpoint = await newEndpoint(tenant, hands.url);
    const pressed = times(12, () => press(endpoint));
    await eventually(hands.held, (held) => held === TESTS_PER_ENDPOINT);
    // Neither another endpoint nor another tenant is refused for it.
    const quick = await startReceiver(200);
    expect((await press(await newEndpoint(tenant, quick.url))).status).toBe(200);
    expect((await press(await newEndpoint(await newTenant(), quick.url))).status).toBe(200);
    expectRefused(await press(endpoint), /This endpoint has 5 running tests/, 20);
    hands.treat(ok);
    const answers = await pressed;
    expect(count(statusesOf(answers), 200)).toBe(TESTS_PER_ENDPOINT);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(12 - TESTS_PER_ENDPOINT);
    for (const answer of refused) expectRefused(answer, /Wait until one is answered/, 20);
    expect((await press(endpoint)).status).toBe(200);
  });

  test("at all endpoints of a tenant together as many run at once as the tenant's limit allows", async () => {
    const hands = await startHolding();
    const tenant = await newTenant();
    const endpoints = await times(TESTS_PER_TENANT / TESTS_PER_ENDPOINT, () =>
      newEndpoint(tenant, hands.url),
    );
    const one = await newEndpoint(tenant, hands.url);
    // What is refused takes no place, neither the endpoint's nor the tenant's: the second round has as many.
    for (let round = 1; round <= 2; round += 1) {
      const pressed = times(TESTS_PER_TENANT, (at) => press(endpoints[at % endpoints.length] as string));
      await eventually(hands.held, (held) => held === TESTS_PER_TENANT);
      for (const answer of await times(8, () => press(one)))
        expectRefused(answer, /This tenant has 20 running tests/, 20);
      for (const answer of await times(8, () => press(endpoints[0] as string)))
        expectRefused(answer, /This (tenant|endpoint) has \d+ running tests/, 20);
      const other = await startReceiver(200);
      expect((await press(await newEndpoint(await newTenant(), other.url))).status).toBe(200);
      hands.treat(ok);
      expect(statusesOf(await pressed)).toEqual(Array(TESTS_PER_TENANT).fill(200));
      expect((await press(one)).status).toBe(200);
      hands.hold();
    }
  }, 90_000);

  const dropConnections = () =>
    tidings.database.db.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );

  /** How tests under way may end. Each is given a receiver that holds five of them. */
  const ENDS: Record<string, (hands: Hands, endpoint: string) => unknown> = {
    'with a success': ({ treat }) => treat(ok),
    'with a failure': ({ treat }) => treat((response) => response.writeHead(500).end()),
    'with a connection that breaks': ({ treat }) => treat((response) => response.socket?.destroy()),
    'with a disabled endpoint': async ({ treat }, endpoint) => {
      await tidings.call('PATCH', endpoint, { enabled: false });
      treat(ok);
    },
    'with a database that drops its connections': async ({ treat }) => {
      await dropConnections();
      treat(ok);
    },
    'with a timeout': () => {},
  };

  test.each(Object.keys(ENDS))('%s they give their places back', async (end) => {
    const hands = await startHolding();
    // Those that no answer ends are ended by this.
    const endpoint = await newEndpoint(await newTenant(), hands.url, { timeout_ms: 4_000 });
    const pressed = times(TESTS_PER_ENDPOINT, () => press(endpoint));
    await eventually(hands.held, (held) => held === TESTS_PER_ENDPOINT);
    expectRefused(await press(endpoint), /This endpoint has 5 running tests/, 4);
    await ENDS[end]?.(hands, endpoint);
    // Whatever the answer is, it is none of ours that went wrong.
    for (const { status } of await pressed) expect([200, 503]).toContain(status);
    hands.treat(ok);
    await eventually(
      () => press(endpoint),
      ({ status }) => status !== 503,
    );
    hands.hold();
    const again = times(TESTS_PER_ENDPOINT, () => press(endpoint));
    await eventually(hands.held, (held) => held === TESTS_PER_ENDPOINT);
    expectRefused(await press(endpoint), /This endpoint has 5 running tests/, 4);
    hands.treat(ok);
    expect(statusesOf(await again)).toEqual(Array(TESTS_PER_ENDPOINT).fill(200));
  });

  test('a test that is refused for its own request gives its place back', async () => {
    const receiver = await startReceiver(200);
    const endpoint = await newEndpoint(await newTenant(), receiver.url);
    for (let round = 0; round < 3; round += 1) {
      const answers = await times(TESTS_PER_ENDPOINT, () => press(endpoint, { event_type: 'not.known' }));
      expect(statusesOf(answers)).toEqual(Array(TESTS_PER_ENDPOINT).fill(422));
    }
    expect((await press(endpoint)).status).toBe(200);
  });

  test('a client that has gone away holds its place no longer than its test takes', async () => {
    const hands = await startHolding();
    const endpoint = await newEndpoint(await newTenant(), hands.url, { timeout_ms: 4_000 });
    const leaving = new AbortController();
    const gone = times(TESTS_PER_ENDPOINT, () =>
      fetch(`${tidings.url}${endpoint}/test`, {
        method: 'POST',
        headers: { 'x-api-key': ADMIN_KEY },
        signal: leaving.signal,
      }).catch(() => 'gone'),
    );
    await eventually(hands.held, (held) => held === TESTS_PER_ENDPOINT);
    leaving.abort();
    expect(await gone).toEqual(Array(TESTS_PER_ENDPOINT).fill('gone'));
    expectRefused(await press(endpoint), /This endpoint has 5 running tests/, 4);
    hands.treat(ok);
    await eventually(
      () => press(endpoint),
      ({ status }) => status === 200,
      8_000,
    );
  });
});

describe('operations', () => {
  const since = new Date(0).toISOString();
  const SLOWLY = 0.1;

  /** A tenant with failed deliveries, of which an operation that is slow sets one going in ten seconds. */
  async function tenantWithFailures(failures: number): Promise<{ tenant: string; endpoint: string }> {
    const receiver = await startReceiver(500);
    const tenant = await newTenant();
    const endpoint = await newEndpoint(tenant, receiver.url, { retry_schedule: [] });
    const events = Array.from({ length: failures }, () => ({ type: 'a.b', data: {} }));
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events/batch`, { events });
    await eventually(
      () =>
        tidings.database.db.query(
          `select count(*)::int as n from deliveries where tenant_id = $1 and status = 'failed'`,
          [tenant],
        ),
      ({ rows }) => rows[0].n === failures,
    );
    expect(body.events).toHaveLength(failures);
    return { tenant, endpoint };
  }

  type Way = (tenant: string, endpoint: string, perSecond: number) => Promise<Answer>;
  const WAYS: Record<'recover' | 'replay' | 'bulk retry' | 'bulk retry by filter', Way> = {
    recover: (_tenant, endpoint, per_second) =>
      tidings.call('POST', `${endpoint}/recover`, { since, per_second }),
    replay: (_tenant, endpoint, per_second) =>
      tidings.call('POST', `${endpoint}/replay`, { since, per_second }),
    'bulk retry': (tenant, _endpoint, per_second) =>
      tidings.call('POST', `/v1/tenants/${tenant}/deliveries/retry`, { status: 'failed', per_second }),
    'bulk retry by filter': (tenant, _endpoint, per_second) =>
      tidings.call('POST', `/v1/tenants/${tenant}/deliveries/bulk-retry`, { filter: {}, per_second }),
  };
  const statusOf = async (id: string) => (await tidings.call('GET', `/v1/operations/${id}`)).body.status;
  const TOO_MANY = /This tenant has 10 running operations/;

  test('as many run at once as the limit allows; the others, of each kind, are refused', async () => {
    const { tenant, endpoint } = await tenantWithFailures(60);
    const kinds = Object.values(WAYS);
    const answers = await times(18, (at) => (kinds[at % kinds.length] as Way)(tenant, endpoint, SLOWLY));
    expect(count(statusesOf(answers), 202)).toBe(OPERATIONS_PER_TENANT);
    for (const answer of answers.filter(({ status }) => status !== 202)) expectRefused(answer, TOO_MANY, 60);
    for (const way of kinds) expectRefused(await way(tenant, endpoint, SLOWLY), TOO_MANY, 60);
    const bulk = `/v1/tenants/${tenant}/deliveries/bulk-`;
    expectRefused(await tidings.call('POST', `${bulk}cancel`, { filter: {} }), TOO_MANY, 60);
    // What only counts takes no place.
    for (const [path, body] of [
      [`${endpoint}/recover`, { since }],
      [`${endpoint}/replay`, { since }],
      [`${bulk}retry`, { filter: {} }],
      [`${bulk}cancel`, { filter: {} }],
    ] as const)
      expect((await tidings.call('POST', path, { ...body, dry_run: true })).status).toBe(200);
    // Another tenant has places of its own.
    const other = await tenantWithFailures(2);
    expect((await WAYS.recover(other.tenant, other.endpoint, 100)).status).toBe(202);

    const running = answers.filter(({ status }) => status === 202).map(({ body }) => body.id as string);
    const again = async () => {
      const { status, body } = await WAYS['bulk retry'](tenant, endpoint, SLOWLY);
      expect(status).toBe(202);
      expectRefused(await WAYS.replay(tenant, endpoint, SLOWLY), TOO_MANY, 60);
      return body.id as string;
    };
    // One that is cancelled,
    expect((await tidings.call('POST', `/v1/operations/${running[0]}/cancel`)).status).toBe(202);
    running[0] = await again();
    // one that cannot be carried out,
    await tidings.database.db.query(
      `update operations set params = replace(params::text, '"eventTypes":null', '"eventTypes":["\\u0000"]')::json where id = $1`,
      [running[1]],
    );
    await eventually(
      () => statusOf(running[1] as string),
      (status) => status !== 'running',
      40_000,
    );
    running[1] = await again();
    // and one that has done everything gives its place back.
    await tidings.database.db.query('update operations set per_second = 1000 where id = $1', [running[2]]);
    await eventually(
      () => statusOf(running[2] as string),
      (status) => status === 'completed',
      60_000,
    );
    // It has left the others nothing to do, so that they may have ended too.
    expect((await WAYS['bulk retry'](tenant, endpoint, SLOWLY)).status).toBe(202);

    // An erasure is a duty: it waits for no place.
    const erased = await tidings.call('POST', `/v1/tenants/${tenant}/erase`);
    expect(erased.status).toBe(202);
  }, 180_000);
});

test('bodies of one caller that wait to be read are refused beyond a bound, and taken again when they have been', async () => {
  const tenant = await newTenant();
  const data = `[${'[],'.repeat(80_000)}1]`;
  const body = Buffer.from(
    // It is read to its end before anything is found to be wrong.
    `{"events":[${Array.from({ length: 60 }, () => `{"type":"a.b","data":${data}}`).join()}],"unknown":1}`,
  ).toString();
  expect(body.length).toBeGreaterThan(13 * MIB);
  const send = () => apiClient(tidings.url)('POST', `/v1/tenants/${tenant}/events/batch`, body);
  const answers = await times(15, send);
  const refused = answers.filter(({ status }) => status !== 422);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) expectRefused(answer, /large bodies of this tenant wait to be parsed/, 10);
  // What was taken has been read.
  expect(answers.length - refused.length).toBeGreaterThan(128 / 14);
  expect((await send()).status).toBe(422);
}, 120_000);
