/** Payloads are erased when they should be: by age, for one event, for a tenant. The record of what was done with them stays. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pruneScheduleId } from '../../src/temporal/schedules.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

async function subscribe(endpoint: object, tenant: object = {}) {
  const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Private person', ...tenant });
  const base = `/v1/tenants/${body.id}`;
  await tidings.call('POST', `${base}/endpoints`, endpoint);
  return { base, tenant: body.id };
}

const emit = async (base: string, word: string) => {
  const { body } = await tidings.call('POST', `${base}/events`, { type: 'a.b', data: { word } });
  return { id: body.id as string, delivery: body.deliveries[0].id as string };
};

/** Everything that the database holds, as text. */
async function everything(): Promise<string> {
  const { db } = tidings.database;
  const { rows } = await db.query(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const parts = [];
  for (const { name } of rows) {
    const { rows: all } = await db.query(`select row_to_json(t)::text as row from ${name} t`);
    for (const { row } of all) {
      parts.push(
        row,
        ...(row.match(/\\\\x[0-9a-f]+/g) ?? []).map((hex: string) =>
          Buffer.from(hex.slice(3), 'hex').toString(),
        ),
      );
    }
  }
  return parts.join('\n');
}

const echo = () =>
  startReceiver((response, { body }) =>
    response.writeHead(200, { 'x-seen': 'yes' }).end(`you sent ${body.toString()}`),
  );

const age = (eventId: string, days: number) =>
  tidings.database.db.query(
    `update events set created_at = now() - make_interval(days => $2) where id = $1`,
    [eventId, days],
  );

async function pruneNow(): Promise<void> {
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  const client = new Client({ connection });
  const handle = client.schedule.getHandle(pruneScheduleId(tidings.taskQueue));
  const taken = async () => (await handle.describe()).info;
  const { numActionsTaken } = await taken();
  await handle.trigger();
  let now = await taken();
  for (; now.numActionsTaken === numActionsTaken; now = await taken()) await sleep(50);
  await client.workflow.getHandle(now.recentActions.at(-1)?.action.workflow.workflowId ?? '').result();
  await connection.close();
}

test('payloads older than the retention go, by the schedule; the younger, and what is still to be sent, stay', async () => {
  const receiver = await echo();
  const refusing = await startReceiver(500);
  const { base } = await subscribe({ url: receiver.url });
  const patient = await subscribe({ url: refusing.url, retry_schedule: [3_600] });
  const brief = await subscribe({ url: receiver.url }, { payload_retention_days: 3 });
  const old = await emit(base, 'word-of-old');
  const young = await emit(base, 'word-of-young');
  const waiting = await emit(patient.base, 'word-of-waiting');
  const behind = await emit(patient.base, 'word-of-behind');
  const short = await emit(brief.base, 'word-of-short');
  for (const { delivery } of [old, young, short]) await tidings.settled(delivery);
  for (const { delivery } of [waiting, behind]) await tidings.settled(delivery, ['retrying']);
  await tidings.call('POST', `/v1/deliveries/${behind.delivery}/cancel`);
  for (const { id } of [old, waiting, behind]) await age(id, 31);
  await age(young.id, 29);
  await age(short.id, 4);
  await pruneNow();
  const text = await everything();
  const left = ['old', 'young', 'waiting', 'behind', 'short'].filter((word) =>
    text.includes(`word-of-${word}`),
  );
  expect(left).toEqual(['young', 'waiting']);

  const { body: log } = await tidings.call('GET', `/v1/deliveries/${old.delivery}`);
  expect(log).toMatchObject({ status: 'succeeded', attempt_count: 1 });
  expect(log.attempts[0]).toMatchObject({
    // A receiver may repeat the payload in any header.
    response: { status: 200, headers: {}, body: '' },
  });
  expect((await tidings.call('GET', `${base}/events/${old.id}`)).body).toMatchObject({
    id: old.id,
    type: 'a.b',
    data: null,
    erased_at: expect.any(String),
  });
  // What was left is taken when its time has come, although the round before had passed it.
  await tidings.call('POST', `/v1/deliveries/${waiting.delivery}/cancel`);
  await pruneNow();
  expect(await everything()).not.toContain('word-of-waiting');
  // A repeat of the request is still known as one.
  const { body: again } = await tidings.call('GET', `${base}/events/${young.id}`);
  expect(again).toMatchObject({ data: { word: 'word-of-young' }, erased_at: null });
}, 90_000);

test("one event's payload is erased at once: nothing of it is sent any more, and nothing can be", async () => {
  const receiver = await startReceiver(500);
  const { base } = await subscribe({ url: receiver.url, retry_schedule: [1, 1, 1, 1] });
  const event = await emit(base, 'word-to-forget');
  await receiver.until(1);
  const { status, body } = await tidings.call('DELETE', `${base}/events/${event.id}/payload`);
  expect([status, body.id]).toEqual([200, event.id]);
  const log = await tidings.settled(event.delivery, ['cancelled']);
  await sleep(2_500);
  expect(receiver.received.length).toBeLessThanOrEqual(2);
  expect(await everything()).not.toContain('word-to-forget');
  for (const [method, path] of [
    ['POST', 'retry'],
    ['GET', 'curl'],
  ] as const) {
    const answer = await tidings.call(method, `/v1/deliveries/${log.id}/${path}`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'payload_erased' } });
  }
  const { body: twice } = await tidings.call('DELETE', `${base}/events/${event.id}/payload`);
  expect(twice.erased_at).toBe(body.erased_at);
  expect(await tidings.call('DELETE', `${base}/events/evt_none/payload`)).toMatchObject({ status: 404 });
  const replay = await tidings.call('POST', `${base}/deliveries/retry`, { status: 'cancelled' });
  expect(replay.body.matched).toBe(0);
});

test('a tenant is erased: nothing that it said or was called is left, but the outcomes are', async () => {
  const receiver = await echo();
  const { base, tenant } = await subscribe(
    {
      url: `${receiver.url}?token=their-token`,
      headers: { 'x-their': 'their-header' },
      description: 'their words',
    },
    { contacts: ['private@example.com'], external_id: 'their-own-id' },
  );
  const events = [];
  for (let n = 0; n < 5; n += 1) events.push(await emit(base, `their-word-${n}`));
  for (const { delivery } of events) await tidings.settled(delivery);
  await tidings.call('POST', `${base}/event-types`, {
    name: 'their.type',
    example: { word: 'their-example' },
  });
  const { status, body } = await tidings.call('POST', '/v1/tenants/their-own-id/erase');
  expect([status, body.matched]).toEqual([202, 5]);
  let operation: any;
  do {
    await sleep(100);
    operation = (await tidings.call('GET', `/v1/operations/${body.id}`)).body;
  } while (operation.status === 'running');
  expect(operation).toMatchObject({ kind: 'erase', status: 'completed', matched: 5, done: 5 });
  const text = await everything();
  for (const word of ['their-', 'their words', 'private@example.com', 'Private person']) {
    expect([word, text.split('\n').filter((line) => line.includes(word) && line.includes(tenant))]).toEqual([
      word,
      [],
    ]);
  }
  expect(await tidings.call('GET', base)).toMatchObject({ status: 404 });
  const { body: log } = await tidings.call('GET', `/v1/deliveries/${events[0]?.delivery}`);
  expect(log).toMatchObject({ status: 'succeeded', attempts: [{ response: { status: 200, body: '' } }] });
  expect(receiver.received).toHaveLength(5);
}, 60_000);
