/** The timeline tells what happened in order: attempts, waits, manual retries, what was reported, and what comes next. */
import {
  type Attempt,
  type DeliveryLog,
  timelineOf,
} from '../../web/src/pages/deliveries/timeline-entries.ts';

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString();
const attempt = (number: number, second: number, ms = 100): Attempt => ({
  number,
  trigger: 'schedule',
  started_at: at(second),
  duration_ms: ms,
  request: null,
  response: null,
  received: null,
  connection: null,
  timings: null,
  remote_address: null,
  tls: null,
  error: null,
  explanation: null,
});
const log = (more: Partial<DeliveryLog>): DeliveryLog =>
  ({
    created_at: at(0),
    status: 'retrying',
    attempts: [],
    presses: [],
    attempt_count: 0,
    next_attempt_at: null,
    ended_at: null,
    ...more,
  }) as DeliveryLog;
const kinds = (given: DeliveryLog, notices: Parameters<typeof timelineOf>[1] = []) =>
  timelineOf(given, notices).map(({ kind }) => kind);

test('an event that is just accepted', () =>
  expect(kinds(log({ status: 'pending', next_attempt_at: null }))).toEqual(['accepted']));

test('two attempts with their wait, and the next one', () => {
  const given = log({
    attempts: [attempt(1, 0), attempt(2, 10)],
    attempt_count: 2,
    next_attempt_at: at(40),
  });
  expect(kinds(given)).toEqual(['accepted', 'attempt', 'wait', 'attempt', 'next']);
  expect(timelineOf(given, []).at(-1)).toEqual({ kind: 'next', at: at(40), number: 3 });
  expect(timelineOf(given, [])[2]).toMatchObject({ kind: 'wait', ms: 9_900 });
});

test('a manual retry after the end, with what was reported', () => {
  const given = log({
    status: 'succeeded',
    attempts: [attempt(1, 1), attempt(2, 60)],
    presses: [{ press_id: 'p', at: at(59), by: 'admin' }],
    ended_at: at(61),
  });
  const notice = {
    id: 'o',
    type: 'delivery.exhausted',
    tenant_id: 't',
    endpoint_id: 'e',
    data: {},
    created_at: at(2),
  };
  expect(kinds(given, [notice])).toEqual([
    'accepted',
    'wait',
    'attempt',
    'wait',
    'notice',
    'press',
    'attempt',
    'ended',
  ]);
  expect(timelineOf(given, []).find(({ kind }) => kind === 'press')).toMatchObject({ by: null });
  expect(timelineOf(given, [], new Map([['p', 'Ada']])).find(({ kind }) => kind === 'press')).toMatchObject({
    by: 'Ada',
  });
});

test('of older attempts that are left out, no wait is made up', () =>
  expect(kinds(log({ attempts: [attempt(101, 50)], attempts_left_out: 100 }))).toEqual([
    'accepted',
    'attempt',
  ]));

test('an attempt under way is said, and no next one', () =>
  expect(kinds(log({ status: 'delivering', next_attempt_at: at(9) }))).toEqual(['accepted', 'under-way']));
