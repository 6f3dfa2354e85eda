/** A manual retry is carried out at every step of a delivery's life, and the log shows every press. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const run = promisify(execFile);

let tidings: TestService;
let receiver: Receiver;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver?.close());

const emit = (endpoint: object = {}) => tidings.deliverTo({ url: receiver.url, ...endpoint });
const press = (id: string) => tidings.call('POST', `/v1/deliveries/${id}/retry`);

const attempts = (id: string, count: number) =>
  eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body,
    (log) => log.attempts.length >= count && log.status !== 'delivering',
  );

const triggers = (log: any) => log.attempts.map((attempt: any) => attempt.trigger);

/** Temporal's own command line, as an operator would use it. */
async function temporal(...args: string[]): Promise<string> {
  const { stdout } = await run(process.env.TEST_TEMPORAL_PROGRAM ?? '', [
    ...args,
    '--address',
    process.env.TEST_TEMPORAL_ADDRESS ?? '',
  ]);
  return stdout;
}

test('a waiting delivery is sent now, and its success ends the schedule', async () => {
  receiver.answer(500, 200);
  const id = await emit({ retry_schedule: [3600] });
  await tidings.settled(id, ['retrying']);
  expect((await press(id)).status).toBe(202);
  const log = await tidings.settled(id);
  expect(log.status).toBe('succeeded');
  expect(triggers(log)).toEqual(['schedule', 'manual']);
  expect(log.presses).toHaveLength(1);
});

test('a failed press uses up no slot of the schedule, and what was planned stays planned', async () => {
  receiver.answer(500);
  const id = await emit({ retry_schedule: [3600] });
  const before = await tidings.settled(id, ['retrying']);
  await press(id);
  const after = await attempts(id, 2);
  expect(after.status).toBe('retrying');
  expect(Math.abs(Date.parse(after.next_attempt_at) - Date.parse(before.next_attempt_at))).toBeLessThan(2000);
});

test('a press that takes long leaves the planned time exactly where it was, for the workflow too', async () => {
  receiver.answer(500, (response) => setTimeout(() => response.writeHead(500).end(), 3_000));
  const id = await emit({ retry_schedule: [3600] });
  const before = await tidings.settled(id, ['retrying']);
  await press(id);
  const after = await attempts(id, 2);
  expect(after.next_attempt_at).toBe(before.next_attempt_at);
  const state = await temporal('workflow', 'query', '--workflow-id', after.workflow.id, '--type', 'state');
  const [, dueAt = ''] = /"dueAt":\s*"([^"]+)"/.exec(state) ?? [];
  // Half of what it took: the workflow's clock is Temporal's.
  expect(Math.abs(Date.parse(dueAt) - Date.parse(before.next_attempt_at))).toBeLessThan(1_500);
});

test('after a failed press the schedule goes on', async () => {
  receiver.answer(500, 500, 200);
  const id = await emit({ retry_schedule: [3] });
  await tidings.settled(id, ['retrying']);
  await press(id);
  const log = await tidings.settled(id);
  expect(log.status).toBe('succeeded');
  expect(triggers(log)).toEqual(['schedule', 'manual', 'schedule']);
});

test('a delivery pressed during an attempt is sent again right after', async () => {
  receiver.answer((response) => setTimeout(() => response.writeHead(200).end(), 1500));
  const id = await emit();
  await receiver.until(1);
  await press(id);
  const log = await attempts(id, 2);
  expect(log.status).toBe('succeeded');
  expect(triggers(log)).toEqual(['schedule', 'manual']);
});

test('a delivery pressed twice is sent twice, and the log shows both presses', async () => {
  receiver.answer(500, (response) => setTimeout(() => response.writeHead(200).end(), 700), 200);
  const id = await emit({ retry_schedule: [3600] });
  await tidings.settled(id, ['retrying']);
  await Promise.all([press(id), press(id)]);
  const log = await attempts(id, 3);
  expect(log.status).toBe('succeeded');
  expect(triggers(log)).toEqual(['schedule', 'manual', 'manual']);
  expect(log.presses).toHaveLength(2);
  expect(new Set(log.attempts.slice(1).map((attempt: any) => attempt.press_id)).size).toBe(2);
});

test('a delivery that succeeded is sent again, once, and stays succeeded', async () => {
  receiver.answer(200, 500);
  const id = await emit();
  await tidings.settled(id);
  await press(id);
  const log = await attempts(id, 2);
  expect(log).toMatchObject({ status: 'succeeded', attempt_count: 2, log_source: 'history' });
  expect(triggers(log)).toEqual(['schedule', 'manual']);
});

test('a delivery that failed is sent once more: success ends it well, failure makes no new schedule', async () => {
  receiver.answer(500);
  const id = await emit({ retry_schedule: [] });
  await tidings.settled(id);
  await press(id);
  expect((await attempts(id, 2)).status).toBe('failed');
  receiver.answer(204);
  await press(id);
  const log = await attempts(id, 3);
  expect(log.status).toBe('succeeded');
  expect(triggers(log)).toEqual(['schedule', 'manual', 'manual']);
});

test('a cancelled delivery can still be sent', async () => {
  receiver.answer(500, 200);
  const id = await emit({ retry_schedule: [3600] });
  await tidings.settled(id, ['retrying']);
  expect((await tidings.call('POST', `/v1/deliveries/${id}/cancel`)).status).toBe(202);
  expect((await tidings.call('POST', `/v1/deliveries/${id}/cancel`)).status).toBe(409);
  await press(id);
  expect((await attempts(id, 2)).status).toBe('succeeded');
});

test('a press is refused where the endpoint is disabled or deleted', async () => {
  receiver.answer(500);
  const id = await emit({ retry_schedule: [3600] });
  const log = await tidings.settled(id, ['retrying']);
  const endpoint = `/v1/tenants/${log.tenant_id}/endpoints/${log.endpoint_id}`;
  await tidings.call('PATCH', endpoint, { enabled: false });
  expect((await press(id)).body).toMatchObject({ status: 409, code: 'endpoint_disabled' });
  expect((await tidings.settled(id)).last_error).toBe('endpoint_disabled');
  await tidings.call('DELETE', endpoint);
  expect((await press(id)).body).toMatchObject({ status: 409, code: 'endpoint_deleted' });
});

test('a press that waits for its place in the rate limit is told of, and nothing else is said to follow', async () => {
  receiver.answer(200);
  const id = await emit({ rate_limit: { per_second: 0.1 } });
  const { tenant_id: tenant, endpoint_id: endpoint } = await tidings.settled(id);
  // As if others had taken the places of the next minute.
  await tidings.database.db.query(
    `update endpoints set rate_next_at = now() + interval '1 minute' where id = $1`,
    [endpoint],
  );
  await press(id);
  const waiting = await eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body,
    ({ next_step: words }) => /rate limit/.test(words),
    30_000,
  );
  expect(waiting.next_step).toMatch(
    /^At present: it was delivered\. A retry was asked for at .* still to be made/,
  );
  expect(waiting).toMatchObject({ status: 'succeeded', attempt_count: 1, next_actions: [] });
  await tidings.call('PATCH', `/v1/tenants/${tenant}/endpoints/${endpoint}`, { rate_limit: null });
  const log = await attempts(id, 2);
  await eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body.next_step,
    (words) => words.startsWith('Nothing: it was delivered.'),
  );
  expect(triggers(log)).toEqual(['schedule', 'manual']);
});

test('a delivery that is cancelled during an attempt says that this may still get through', async () => {
  let answer = () => {};
  receiver.answer((response) => {
    answer = () => response.writeHead(500).end();
  });
  const id = await emit({ retry_schedule: [3600] });
  await receiver.until(1);
  await tidings.call('POST', `/v1/deliveries/${id}/cancel`);
  const nextStep = async () => (await tidings.call('GET', `/v1/deliveries/${id}`)).body.next_step;
  expect(await nextStep()).toMatch(/cancelled while an attempt was under way/);
  answer();
  await eventually(nextStep, (words) => words.startsWith('Nothing: it was cancelled.'));
});

test("Temporal's own command line can press a delivery that waits, by a signal", async () => {
  receiver.answer(500, 200);
  const id = await emit({ retry_schedule: [3600] });
  const { workflow } = await tidings.settled(id, ['retrying']);
  await temporal('workflow', 'signal', '--workflow-id', workflow.id, '--name', 'retryNow');
  const log = await tidings.settled(id);
  expect(triggers(log)).toEqual(['schedule', 'manual']);
});

test("Temporal's own command line can press a delivery that has ended, by signal-with-start", async () => {
  const id = await emit();
  await tidings.settled(id);
  const again = () =>
    temporal(
      'workflow',
      'signal-with-start',
      '--workflow-id',
      `delivery_${id}`,
      '--type',
      'deliver',
      '--task-queue',
      tidings.taskQueue,
      '--input',
      JSON.stringify({ deliveryId: id }),
      '--signal-name',
      'retryNow',
    );
  await again();
  await attempts(id, 2);
  await again();
  const log = await attempts(id, 3);
  expect(log.status).toBe('succeeded');
  expect(triggers(log)).toEqual(['schedule', 'manual', 'manual']);
});

test('a cancelled workflow cancels what waits in it', async () => {
  receiver.answer(500);
  const id = await emit({ retry_schedule: [3600] });
  const { workflow } = await tidings.settled(id, ['retrying']);
  await temporal('workflow', 'cancel', '--workflow-id', workflow.id);
  expect((await tidings.settled(id)).status).toBe('cancelled');
});
