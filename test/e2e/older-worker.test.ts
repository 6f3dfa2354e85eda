/**
 * A worker of 0.1.0 beside this version's, as while a deploy rolls: it knows no filters of bulk operations and no single events of a replay,
 * and would set going whatever is left of a selection without them.
 */
import { join } from 'node:path';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const OPERATIONS = 8;
const OLDER = 'a worker of 0.1.0';
const [WORKFLOWS, ACTIVITIES] = [1, 2];

/** @returns what its activities were asked for, and how to stop it */
async function startOlderWorker(taskQueue: string) {
  const asked: string[] = [];
  const connection = await NativeConnection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(PACKAGE_ROOT, 'test', 'workflows', 'of-0.1.0.ts'),
  });
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    identity: OLDER,
    taskQueue,
    workflowBundle: { code },
    activities: {
      advanceOperation: async ({ operationId }: { operationId: string }) => {
        asked.push(operationId);
        return { done: true };
      },
    },
  });
  const running = worker.run();
  for (const taskQueueType of [WORKFLOWS, ACTIVITIES])
    await eventually(
      async () => {
        const asked = { namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType };
        return (await connection.workflowService.describeTaskQueue(asked)).pollers;
      },
      (pollers) => pollers.some(({ identity }) => identity === OLDER),
    );
  return {
    asked,
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

test('an operation that this version starts is carried out by this version, whoever gets its tasks first', async () => {
  const receiver = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Acme' });
  const base = `/v1/tenants/${tenant.id}`;
  const makeEndpoint = async () =>
    (await tidings.call('POST', `${base}/endpoints`, { url: receiver.url, retry_schedule: [3_600] })).body;
  const endpoints = await Promise.all(Array.from({ length: OPERATIONS }, makeEndpoint));
  const { body: event } = await tidings.call('POST', `${base}/events`, { type: 'a.b', data: {} });
  for (const { id } of event.deliveries) await tidings.settled(id, ['retrying']);
  const attempts = receiver.received.length;

  const older = await startOlderWorker(tidings.taskQueue);
  try {
    const started = await Promise.all(
      endpoints.map(({ id }) =>
        tidings.call('POST', `${base}/deliveries/bulk-cancel`, { filter: { endpoint_id: id } }),
      ),
    );
    expect(started.map(({ status }) => status)).toEqual(started.map(() => 202));
    for (const { body } of started) {
      const ended = await eventually(
        async () => (await tidings.call('GET', `/v1/operations/${body.id}`)).body,
        ({ status }) => status !== 'running',
        60_000,
      );
      expect(ended).toMatchObject({ status: 'completed', matched: 1, done: 1 });
    }
    expect(older.asked).toEqual([]);
  } finally {
    await older.stop();
  }
  for (const { id } of event.deliveries)
    expect((await tidings.call('GET', `/v1/deliveries/${id}`)).body).toMatchObject({ status: 'cancelled' });
  expect(receiver.received).toHaveLength(attempts);
  await receiver.close();
}, 120_000);
