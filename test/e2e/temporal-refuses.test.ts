/** A Temporal that answers with errors: every gRPC status at every call that Tidings makes. */
import { TROUBLE_OF_STATUS } from '../../src/temporal/call-trouble.ts';
import { eventually } from '../helpers/eventually.ts';
import { type GrpcProxy, startGrpcProxy } from '../helpers/grpc-proxy.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

/** What the service asks of Temporal, apart from what the SDK's workers do. */
const OURS = [
  'StartWorkflowExecution',
  'SignalWorkflowExecution',
  'SignalWithStartWorkflowExecution',
  'DescribeWorkflowExecution',
  'GetWorkflowExecutionHistory',
  'DescribeTaskQueue',
];
/** A status that names what was asked for is an answer, and would be a mistake of ours. */
const TROUBLES = Object.entries(TROUBLE_OF_STATUS).filter(([, trouble]) => trouble !== null);
const NAMESPACE_NOT_FOUND = [['5', 'namespace'] as const];

let proxy: GrpcProxy;
let tidings: TestService;
beforeAll(async () => {
  proxy = await startGrpcProxy(process.env.TEST_TEMPORAL_ADDRESS ?? '');
  tidings = await startTestService({}, { temporalAddress: proxy.address });
});
afterAll(() => tidings?.stop());
afterEach(() => proxy?.answer([], null));

test.each([...TROUBLES, ...NAMESPACE_NOT_FOUND])(
  'status %s (%s): events are accepted, what needs Temporal is 503, nothing is lost',
  async (status, trouble) => {
    const { call } = tidings;
    const failing = await startReceiver(500);
    const waiting = await tidings.deliverTo({ url: failing.url, retry_schedule: [3_600] });
    const ended = await tidings.deliverTo({ url: failing.url, retry_schedule: [] });
    await Promise.all([tidings.settled(waiting, ['retrying']), tidings.settled(ended, ['failed'])]);
    const base = `/v1/tenants/${(await call('GET', `/v1/deliveries/${ended}`)).body.tenant_id}`;
    const { body: delivery } = await call('GET', `/v1/deliveries/${ended}`);

    proxy.answer(
      OURS,
      Number(status),
      trouble === 'namespace' ? 'Namespace default is not found.' : (trouble ?? ''),
    );
    const receiver = await startReceiver();
    const emitted = await tidings.deliverTo({ url: receiver.url });
    const answers = await Promise.all([
      call('POST', `/v1/deliveries/${waiting}/retry`),
      call('POST', `/v1/deliveries/${ended}/retry`),
      call('POST', `${base}/endpoints/${delivery.endpoint_id}/recover`, { since: '2020-01-01T00:00:00Z' }),
      call('GET', `/v1/deliveries/${waiting}`),
      call('POST', `/v1/deliveries/${waiting}/cancel`),
    ]);
    expect(answers.map((answer) => `${answer.status} ${answer.body.code ?? ''}`)).toEqual([
      '503 temporal_unavailable',
      '503 temporal_unavailable',
      '202 ',
      '200 ',
      '202 ',
    ]);
    // A press that did not get through is no retry, and the audit log says so.
    const { body: audited } = await call('GET', `/v1/audit-log?object_id=${ended}`);
    expect(audited.items.map(({ action }: { action: string }) => action).sort()).toEqual([
      'delivery.retried',
      'delivery.retry_failed',
    ]);
    expect(answers[0]?.headers.get('retry-after')).toBe('5');
    expect(answers[3]?.body.log_source).toBe('archive');

    proxy.answer([], null);
    await tidings.settled(emitted, ['succeeded'], 60_000);
    await eventually(
      async () => (await call('POST', `/v1/deliveries/${ended}/retry`)).status,
      (code) => code === 202,
    );
    await eventually(
      () => failing.received.length,
      (count) => count >= 3,
    );
  },
  120_000,
);

test('a history that is gone is an answer: the log comes from the rows, and nothing else is held up', async () => {
  const failing = await startReceiver(500);
  const waiting = await tidings.deliverTo({ url: failing.url, retry_schedule: [3_600] });
  await tidings.settled(waiting, ['retrying']);
  proxy.answer(['GetWorkflowExecutionHistory'], 5);
  const { status, body } = await tidings.call('GET', `/v1/deliveries/${waiting}`);
  expect([status, body.log_source]).toEqual([200, 'archive']);
  const receiver = await startReceiver();
  await tidings.settled(await tidings.deliverTo({ url: receiver.url }), ['succeeded']);
  expect((await tidings.call('POST', `/v1/deliveries/${waiting}/retry`)).status).toBe(202);
});

test('search attributes that are gone are left out at once: the start is repeated without them', async () => {
  const receiver = await startReceiver();
  const before = proxy.refused('StartWorkflowExecution');
  const words = 'Namespace default has no mapping defined for search attribute TenantId';
  proxy.answer(['StartWorkflowExecution'], 3, words);
  const emitted = await tidings.deliverTo({ url: receiver.url });
  await eventually(
    () => proxy.refused('StartWorkflowExecution') - before,
    (count) => count === 2,
  );
  proxy.answer([], null);
  await tidings.settled(emitted, ['succeeded'], 60_000);
}, 90_000);

test.each([
  ['8', 'the rate of the namespace is used up', 'ok'],
  ['16', 'the credentials do not hold', 'away'],
])(
  'starts that fail with status %s are tried less and less often: %s',
  async (status, _why, temporal) => {
    await eventually(
      async () => (await tidings.call('GET', '/readyz')).body.temporal,
      (state) => state === 'ok',
    );
    proxy.answer(OURS, Number(status));
    const receiver = await startReceiver();
    const before = proxy.refused('StartWorkflowExecution');
    const emitted = await tidings.deliverTo({ url: receiver.url });
    await eventually(
      () => proxy.refused('StartWorkflowExecution') - before,
      (count) => count > 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    // The SDK repeats a call that was one too many by itself, within its 5 seconds.
    expect(proxy.refused('StartWorkflowExecution') - before).toBeLessThan(20);
    expect((await tidings.call('GET', '/readyz')).body).toMatchObject({ ready: true, temporal });
    proxy.answer([], null);
    await tidings.settled(emitted, ['succeeded'], 60_000);
  },
  120_000,
);

describe('search attributes', () => {
  const attributesOf = async (service: TestService) => {
    const receiver = await startReceiver();
    const { body } = await service.call(
      'GET',
      `/v1/deliveries/${await service.deliverTo({ url: receiver.url })}`,
    );
    await service.settled(body.id, ['succeeded']);
    const { Client, Connection } = await import('@temporalio/client');
    const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
    const client = new Client({ connection });
    const found = await client.workflow
      .getHandle((await service.call('GET', `/v1/deliveries/${body.id}`)).body.workflow.id)
      .describe();
    await connection.close();
    return Object.keys(found.searchAttributes)
      .filter((name) => /Id$|Type$/.test(name))
      .sort();
  };

  test('are used also where they may not be listed', async () => {
    const own = await startGrpcProxy(process.env.TEST_TEMPORAL_ADDRESS ?? '');
    own.answer(['ListSearchAttributes', 'AddSearchAttributes'], 7, 'not for you');
    const service = await startTestService({}, { temporalAddress: own.address });
    expect(await attributesOf(service)).toEqual(['EndpointId', 'EventType', 'TenantId']);
    await service.stop();
  }, 60_000);
});
