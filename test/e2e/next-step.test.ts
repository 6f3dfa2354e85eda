/** The next step in a delivery's log is true, and following its advice is never refused. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_RECONCILE_AFTER_S: '2' });
});
afterAll(() => tidings?.stop());

async function subscribe(url: string, more: object = {}) {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Told' });
  const base = `/v1/tenants/${tenant.id}`;
  const { body: endpoint } = await tidings.call('POST', `${base}/endpoints`, { url, ...more });
  return { base, endpoint: `${base}/endpoints/${endpoint.id}`, id: endpoint.id as string };
}

async function emit(base: string): Promise<{ event: string; delivery: string }> {
  const { body } = await tidings.call('POST', `${base}/events`, { type: 'a.b', data: { word: 1 } });
  return { event: body.id, delivery: body.deliveries[0].id };
}

const STATES = {
  pending: "status = 'pending', next_attempt_at = now() + interval '1 day'",
  retrying: "status = 'retrying', next_attempt_at = now() + interval '1 day'",
  held_ordered: "status = 'held', held_reason = 'ordered'",
  held_stalled: "status = 'held', held_reason = 'stalled'",
  held_rate: "status = 'held', held_reason = 'rate_limited'",
  held_unknown: "status = 'held', held_reason = 'later'",
  succeeded: "status = 'succeeded', ended_status = 'succeeded', ended_at = now()",
  failed:
    "status = 'failed', ended_status = 'failed', ended_at = now(), last_error = 'http_status', told_at = now()",
  failed_disabled:
    "status = 'failed', ended_status = 'failed', ended_at = now(), last_error = 'endpoint_disabled', told_at = now()",
  failed_profile:
    "status = 'failed', ended_status = 'failed', ended_at = now(), last_error = 'profile_unknown', told_at = now()",
  failed_secret:
    "status = 'failed', ended_status = 'failed', ended_at = now(), last_error = 'secret_unreadable', told_at = now()",
  cancelled: "status = 'cancelled', ended_status = 'cancelled', ended_at = now()",
} as const;

type Subscribed = Awaited<ReturnType<typeof subscribe>>;
const SURROUNDINGS: Record<string, (made: Subscribed, event: string) => Promise<unknown>> = {
  enabled: async () => {},
  disabled: ({ endpoint }) => tidings.call('PATCH', endpoint, { enabled: false }),
  deleted: ({ endpoint }) => tidings.call('DELETE', endpoint),
  stalled: ({ id }) =>
    tidings.database.db.query('update endpoints set stalled_at = now() where id = $1', [id]),
  'with unreadable secrets': ({ id }) =>
    tidings.database.db.query(`update endpoints set sealed = '\\x00' where id = $1`, [id]),
  'of a profile that is gone': ({ id }) =>
    tidings.database.db.query(
      `update tenants set profile = 'gone' where id = (select tenant_id from endpoints where id = $1)`,
      [id],
    ),
  'disabled, with unreadable secrets': async ({ endpoint, id }) => {
    await tidings.call('PATCH', endpoint, { enabled: false });
    await tidings.database.db.query(`update endpoints set sealed = '\\x00' where id = $1`, [id]);
  },
  'of a deleted tenant': ({ base }) => tidings.call('DELETE', base),
  'of an erased tenant': ({ base }) => tidings.call('POST', `${base}/erase`),
  'with an erased payload': ({ base }, event) => tidings.call('DELETE', `${base}/events/${event}/payload`),
};

test.each(Object.entries(SURROUNDINGS))(
  'an endpoint %s: what is advised is accepted, in every state',
  async (_, surround) => {
    const receiver = await startReceiver(200);
    const made = await Promise.all(Object.keys(STATES).map(() => subscribe(receiver.url)));
    const emitted = await Promise.all(made.map(({ base }) => emit(base)));
    for (const { delivery } of emitted) await tidings.settled(delivery, ['succeeded']);
    for (const [at, name] of Object.keys(STATES).entries()) {
      const { event, delivery } = emitted[at] as (typeof emitted)[number];
      await surround(made[at] as Subscribed, event);
      // Afterwards, so that each state meets each of the surroundings, also where it lasts but a moment.
      const set = STATES[name as keyof typeof STATES];
      await tidings.database.db.query(
        'update deliveries set ended_status = null, ended_at = null where id = $1',
        [delivery],
      );
      await tidings.database.db.query(`update deliveries set ${set} where id = $1`, [delivery]);
      const { status, body: log } = await tidings.call('GET', `/v1/deliveries/${delivery}`);
      expect([name, status, typeof log.next_step, log.next_actions]).toEqual([
        name,
        200,
        'string',
        expect.any(Array),
      ]);
      // The explanation is read beside it: what it advises for this delivery is no more than what is accepted.
      const advised = /\b(retry this|then retry|recover all|enable the endpoint)\b/i;
      if (!log.next_actions.includes('retry'))
        expect([name, log.next_step, log.explanation?.action ?? '']).toEqual([
          name,
          log.next_step,
          expect.not.stringMatching(advised),
        ]);
      for (const action of log.next_actions as string[]) {
        const { endpoint } = made[at] as Subscribed;
        const answer =
          action === 'retry'
            ? await tidings.call('POST', `/v1/deliveries/${delivery}/retry`)
            : await tidings.call('PATCH', endpoint, { enabled: true });
        expect([name, log.next_step, action, answer.status]).toEqual([
          name,
          log.next_step,
          action,
          action === 'retry' ? 202 : 200,
        ]);
      }
      if (log.next_actions.length === 0 && name !== 'pending' && !name.startsWith('held')) {
        const answer = await tidings.call('POST', `/v1/deliveries/${delivery}/retry`);
        expect([name, answer.status]).toEqual([name, 409]);
      }
    }
  },
  120_000,
);

test.each(['tenant', 'endpoint', 'payload', 'delivery'] as const)(
  'a 200 that comes after the %s was deleted, erased or cancelled is a success; a refusal is none, and is not tried again',
  async (what) => {
    const answers: (() => void)[] = [];
    const receiver = await startReceiver((response, { path }) => {
      answers.push(() => response.writeHead(path.includes('bad') ? 500 : 200).end('answered'));
    });
    for (const [suffix, expected] of [
      ['', ['succeeded']],
      ['/bad', ['cancelled', 'failed']],
    ] as const) {
      answers.length = 0;
      const { base, endpoint } = await subscribe(receiver.url + suffix);
      const { event, delivery } = await emit(base);
      await eventually(
        () => answers.length,
        (count) => count === 1,
      );
      const [method, path] = {
        tenant: ['DELETE', base],
        endpoint: ['DELETE', endpoint],
        payload: ['DELETE', `${base}/events/${event}/payload`],
        delivery: ['POST', `/v1/deliveries/${delivery}/cancel`],
      }[what] as [string, string];
      expect((await tidings.call(method, path)).status).toBeLessThan(300);
      for (const answer of answers) answer();
      const log = await eventually(
        async () => (await tidings.call('GET', `/v1/deliveries/${delivery}`)).body,
        ({ status, attempts }) => (expected as readonly string[]).includes(status) && attempts.length === 1,
      );
      expect(log.attempts[0].response.status).toBe(suffix === '' ? 200 : 500);
      const isGone = what !== 'delivery';
      expect(log.next_actions).toEqual(isGone ? [] : ['retry']);
      if (isGone) {
        const { status } = await tidings.call('POST', `/v1/deliveries/${delivery}/retry`);
        expect(status).toBe(409);
      }
      await sleep(300);
      expect(receiver.received.filter((request) => request.path.endsWith(`hook${suffix}`))).toHaveLength(1);
    }
  },
  120_000,
);

test('a failing press on what has ended at an ordered endpoint lets the next one go at once', async () => {
  const receiver = await startReceiver(200);
  const { base } = await subscribe(receiver.url, { ordered: true, retry_schedule: [] });
  const first = await emit(base);
  await tidings.settled(first.delivery, ['succeeded']);
  let answer = () => {};
  receiver.answer((response) => {
    answer = () => response.writeHead(500).end();
  }, 200);
  await tidings.call('POST', `/v1/deliveries/${first.delivery}/retry`);
  await receiver.until(2);
  const second = await emit(base);
  expect((await tidings.call('GET', `/v1/deliveries/${second.delivery}`)).body.held_reason).toBe('ordered');
  // The reconciler would let it go too: it must have been let go before its next round.
  const { rows } = await tidings.database.db.query('select clock_timestamp() as now');
  answer();
  await tidings.settled(second.delivery, ['succeeded']);
  const attempt = await tidings.database.db.query(
    'select (started_at - $2) < interval \'1 second\' as "atOnce" from attempts where delivery_id = $1',
    [second.delivery, rows[0].now],
  );
  expect(attempt.rows[0]).toEqual({ atOnce: true });
});
