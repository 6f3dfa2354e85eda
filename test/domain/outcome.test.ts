/** The decision about an attempt's outcome, as a table: this is its reference. */
import type { AttemptErrorCode } from '../../src/domain/errors.ts';
import { ATTEMPT_ERRORS } from '../../src/domain/errors.ts';
import {
  type AttemptResult,
  type DeliveryBefore,
  decide,
  type EndpointBefore,
  nextState,
} from '../../src/domain/outcome.ts';

const schedule = { delaysS: [60, 300], jitter: 0 };
const fresh: DeliveryBefore = {
  slotsUsed: 0,
  scheduledInMs: null,
  ended: null,
  held: null,
  isTest: false,
};
const success: AttemptResult = { status: 204, error: null, retryAfterMs: null };
const failure: AttemptResult = { status: 500, error: 'http_status', retryAfterMs: null };
const lost: AttemptResult = { status: null, error: 'outcome_unknown', retryAfterMs: null };
const gone: AttemptResult = { status: 410, error: 'http_status', retryAfterMs: null };
const busy = (retryAfterMs: number): AttemptResult => ({ status: 429, error: 'http_status', retryAfterMs });

describe('scheduled attempts', () => {
  test.each([
    { slotsUsed: 0, expected: { kind: 'retry', afterMs: 60_000, slotsUsed: 1 } },
    { slotsUsed: 1, expected: { kind: 'retry', afterMs: 300_000, slotsUsed: 2 } },
    { slotsUsed: 2, expected: { kind: 'exhausted', slotsUsed: 3, disableEndpoint: false } },
  ])('a failure after $slotsUsed earlier ones: $expected.kind', ({ slotsUsed, expected }) => {
    expect(nextState(failure, 'schedule', { ...fresh, slotsUsed }, schedule, 0.5)).toEqual(expected);
  });

  test.each([
    { slotsUsed: 0, delays: [60, 300], kind: 'retry', afterMs: 60_000 },
    { slotsUsed: 2, delays: [60, 300], kind: 'retry', afterMs: 1_000 },
    { slotsUsed: 4, delays: [60, 300], kind: 'retry', afterMs: 1_000 },
    { slotsUsed: 5, delays: [60, 300], kind: 'exhausted' },
    { slotsUsed: 0, delays: [], kind: 'retry', afterMs: 1_000 },
    { slotsUsed: 2, delays: [], kind: 'retry', afterMs: 1_000 },
    { slotsUsed: 3, delays: [], kind: 'exhausted' },
  ])(
    'an attempt that was lost after $slotsUsed others with the schedule $delays: $kind',
    ({ slotsUsed, delays, ...expected }) => {
      const planned = { ...schedule, delaysS: delays };
      const before = { ...fresh, slotsUsed };
      expect(nextState(lost, 'schedule', before, planned, 0.5)).toMatchObject({
        ...expected,
        slotsUsed: slotsUsed + 1,
      });
      // What failed for a reason of its own is not repeated beyond the schedule.
      if (expected.afterMs === 1_000)
        expect(nextState(failure, 'schedule', before, planned, 0.5).kind).toBe('exhausted');
    },
  );

  test.each([0, 1, 2])('a success after %i failures ends the delivery', (slotsUsed) => {
    expect(nextState(success, 'schedule', { ...fresh, slotsUsed }, schedule, 0.5)).toEqual({
      kind: 'succeeded',
    });
  });

  test('a 410 ends the delivery and switches the endpoint off, whatever the schedule holds', () => {
    expect(nextState(gone, 'schedule', fresh, schedule, 0.5)).toEqual({
      kind: 'exhausted',
      slotsUsed: 1,
      disableEndpoint: true,
    });
  });

  test('a receiver that asks for patience gets it', () => {
    expect(nextState(busy(120_000), 'schedule', fresh, schedule, 0.5)).toMatchObject({ afterMs: 120_000 });
  });

  test('a receiver that asks for a year gets a day', () => {
    expect(nextState(busy(365 * 86_400_000), 'schedule', fresh, schedule, 0.5)).toMatchObject({
      afterMs: 86_400_000,
    });
  });

  const withoutResponse = Object.keys(ATTEMPT_ERRORS) as AttemptErrorCode[];
  test.each(withoutResponse)('%s is retried like any other failure', (error) => {
    expect(nextState({ status: null, error, retryAfterMs: null }, 'schedule', fresh, schedule, 0.5)).toEqual({
      kind: 'retry',
      afterMs: 60_000,
      slotsUsed: 1,
    });
  });

  test('a recovery uses the schedule like a first delivery', () => {
    expect(nextState(failure, 'recovery', fresh, schedule, 0.5)).toEqual({
      kind: 'retry',
      afterMs: 60_000,
      slotsUsed: 1,
    });
  });
});

describe('pressing retry', () => {
  test('a success ends a waiting delivery', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(nextState(success, 'manual', waiting, schedule, 0.5)).toEqual({ kind: 'succeeded' });
  });

  test.each([
    { scheduledInMs: 40_000, expected: 40_000 },
    { scheduledInMs: 0, expected: 0 },
    { scheduledInMs: -3_000, expected: 0 },
    { scheduledInMs: null, expected: 0 },
  ])(
    'a failure leaves the attempt planned in $scheduledInMs ms where it was',
    ({ scheduledInMs, expected }) => {
      const waiting = { ...fresh, slotsUsed: 1, scheduledInMs };
      expect(nextState(failure, 'manual', waiting, schedule, 0.5)).toEqual({
        kind: 'retry',
        afterMs: expected,
        slotsUsed: 1,
      });
    },
  );

  test('a receiver that asks for patience moves the planned attempt later', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(nextState(busy(90_000), 'manual', waiting, schedule, 0.5)).toMatchObject({ afterMs: 90_000 });
    expect(nextState(busy(10_000), 'manual', waiting, schedule, 0.5)).toMatchObject({ afterMs: 40_000 });
  });

  // `nextState` takes the header's wait as it is when the trigger is manual; only `nextDelayMs` caps it.
  test('a receiver that asks for a year gets a day after a press, too', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(nextState(busy(365 * 86_400_000), 'manual', waiting, schedule, 0.5)).toMatchObject({
      afterMs: 86_400_000,
    });
  });

  test('a failure in the last slot still leaves the last slot to the schedule', () => {
    const last = { ...fresh, slotsUsed: 2, scheduledInMs: 5_000 };
    expect(nextState(failure, 'manual', last, schedule, 0.5)).toMatchObject({ kind: 'retry', slotsUsed: 2 });
  });

  test('a 410 ends a waiting delivery and switches the endpoint off', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(nextState(gone, 'manual', waiting, schedule, 0.5)).toMatchObject({
      kind: 'exhausted',
      disableEndpoint: true,
    });
  });

  test.each(['failed', 'cancelled', 'succeeded'] as const)(
    'a failure after the end leaves a %s delivery as it ended',
    (ended) => {
      expect(nextState(failure, 'manual', { ...fresh, slotsUsed: 3, ended }, schedule, 0.5)).toEqual({
        kind: 'unchanged',
        disableEndpoint: false,
      });
    },
  );

  test.each(['failed', 'cancelled', 'succeeded'] as const)(
    'a success after the end makes a %s delivery succeed',
    (ended) => {
      expect(nextState(success, 'manual', { ...fresh, slotsUsed: 3, ended }, schedule, 0.5)).toEqual({
        kind: 'succeeded',
      });
    },
  );

  test.each(['ordered', 'rate_limited', 'stalled'] as const)(
    'a failure of a delivery held as %s leaves it held',
    (held) => {
      expect(nextState(failure, 'manual', { ...fresh, held }, schedule, 0.5)).toEqual({
        kind: 'unchanged',
        disableEndpoint: false,
      });
    },
  );
});

describe('the test button', () => {
  test('is one attempt, however much the schedule holds', () => {
    expect(nextState(failure, 'test', { ...fresh, isTest: true }, schedule, 0.5)).toEqual({
      kind: 'exhausted',
      slotsUsed: 1,
      disableEndpoint: false,
    });
  });

  test('never switches the endpoint off, not even for a 410', () => {
    expect(nextState(gone, 'test', { ...fresh, isTest: true }, schedule, 0.5)).toMatchObject({
      disableEndpoint: false,
    });
  });

  test('succeeds when the receiver accepts', () => {
    expect(nextState(success, 'test', { ...fresh, isTest: true }, schedule, 0.5)).toEqual({
      kind: 'succeeded',
    });
  });
});

/** Everything that follows from an attempt, for its delivery, its endpoint and its workflow. */
describe('what follows', () => {
  const nothing = {
    exhausted: false,
    disable: false,
    stall: false,
    unstall: false,
    releaseNext: false,
    holdIfStalled: false,
    unsendable: null,
    health: null,
  };
  const fails = { ...nothing, health: 'failing' as const };
  const healthy: EndpointBefore = {
    isOperator: false,
    ordered: false,
    isStalled: false,
    isFailing: false,
    stallsWhenExhausted: false,
  };
  const ownFault: AttemptResult = { status: null, error: 'secret_unreadable', retryAfterMs: null };
  const last = { slotsUsed: 2 };
  type Situation = {
    result: AttemptResult;
    trigger?: 'schedule' | 'manual' | 'recovery' | 'test';
    delivery?: Partial<DeliveryBefore> & { owned?: boolean };
    endpoint?: Partial<EndpointBefore>;
    endedAgoMs?: number;
    next: 'succeeded' | 'failed' | 'unchanged' | number;
    workflow: string;
    effects?: object;
  };
  const situations: [string, Situation][] = [
    ['a success', { result: success, next: 'succeeded', workflow: 'succeeded' }],
    [
      'a success where there was trouble',
      {
        result: success,
        endpoint: { isFailing: true },
        next: 'succeeded',
        workflow: 'succeeded',
        effects: { ...nothing, health: 'healthy' },
      },
    ],
    [
      'a success at a stalled endpoint',
      {
        result: success,
        endpoint: { isStalled: true, stallsWhenExhausted: true },
        next: 'succeeded',
        workflow: 'succeeded',
        effects: { ...nothing, unstall: true },
      },
    ],
    [
      'a success of a test at a stalled endpoint',
      {
        result: success,
        trigger: 'test',
        delivery: { isTest: true },
        endpoint: { isStalled: true, isFailing: true },
        next: 'succeeded',
        workflow: 'succeeded',
      },
    ],
    [
      'a success where order is kept',
      {
        result: success,
        endpoint: { ordered: true },
        next: 'succeeded',
        workflow: 'succeeded',
        effects: { ...nothing, releaseNext: true },
      },
    ],
    ['a failure', { result: failure, next: 60_000, workflow: 'retry', effects: fails }],
    [
      'a failure that was found lost after 50 s',
      { result: failure, endedAgoMs: 50_000, next: 10_000, workflow: 'retry', effects: fails },
    ],
    [
      'a failure that was found lost after its retry was due',
      { result: failure, endedAgoMs: 90_000, next: 0, workflow: 'retry', effects: fails },
    ],
    [
      'a press that was found lost after 50 s: what was planned stays at its time',
      {
        result: failure,
        trigger: 'manual',
        delivery: { scheduledInMs: 20_000 },
        endedAgoMs: 50_000,
        next: 20_000,
        workflow: 'retry',
        effects: fails,
      },
    ],
    [
      'an attempt that was lost: whether the endpoint has failed is not known',
      { result: lost, endedAgoMs: 50_000, next: 10_000, workflow: 'retry' },
    ],
    [
      'a failure where another workflow owns the schedule',
      { result: failure, delivery: { owned: false }, next: 60_000, workflow: 'left', effects: fails },
    ],
    [
      'a failure where order is kept',
      { result: failure, endpoint: { ordered: true }, next: 60_000, workflow: 'retry', effects: fails },
    ],
    [
      'a failure where exhaustion stalls',
      {
        result: failure,
        endpoint: { stallsWhenExhausted: true },
        next: 60_000,
        workflow: 'retry',
        effects: { ...fails, holdIfStalled: true },
      },
    ],
    [
      'the last failure',
      {
        result: failure,
        delivery: last,
        next: 'failed',
        workflow: 'exhausted',
        effects: { ...fails, exhausted: true },
      },
    ],
    [
      'the last failure where order is kept and exhaustion stalls',
      {
        result: failure,
        delivery: last,
        endpoint: { ordered: true, stallsWhenExhausted: true },
        next: 'failed',
        workflow: 'exhausted',
        effects: { ...fails, exhausted: true, stall: true, releaseNext: true },
      },
    ],
    [
      "the last failure at the operator's own endpoint",
      { result: failure, delivery: last, endpoint: { isOperator: true }, next: 'failed', workflow: 'ended' },
    ],
    [
      'the failure of a test',
      { result: failure, trigger: 'test', delivery: { isTest: true }, next: 'failed', workflow: 'ended' },
    ],
    [
      'a 410',
      {
        result: gone,
        next: 'failed',
        workflow: 'exhausted',
        effects: { ...fails, exhausted: true, disable: true },
      },
    ],
    [
      "a 410 of the operator's own endpoint",
      { result: gone, endpoint: { isOperator: true }, next: 'failed', workflow: 'ended' },
    ],
    [
      'a 410 to a test',
      { result: gone, trigger: 'test', delivery: { isTest: true }, next: 'failed', workflow: 'ended' },
    ],
    [
      'a 410 to a press after the end',
      {
        result: gone,
        trigger: 'manual',
        delivery: { ended: 'failed' },
        next: 'unchanged',
        workflow: 'ended',
        effects: { ...fails, disable: true },
      },
    ],
    [
      'the failure of a press on what is held, where order is kept',
      {
        result: failure,
        trigger: 'manual',
        delivery: { held: 'ordered' },
        endpoint: { ordered: true },
        next: 'unchanged',
        workflow: 'left',
        effects: { ...fails, releaseNext: true },
      },
    ],
    [
      'the failure of a press after the end, where order is kept',
      {
        result: failure,
        trigger: 'manual',
        delivery: { ended: 'failed', owned: false },
        endpoint: { ordered: true },
        next: 'unchanged',
        workflow: 'ended',
        effects: { ...fails, releaseNext: true },
      },
    ],
    [
      'a failure of ours',
      {
        result: ownFault,
        endpoint: { isFailing: true },
        next: 60_000,
        workflow: 'retry',
        effects: { ...nothing, unsendable: 'secret_unreadable' },
      },
    ],
    [
      'the last failure of ours, where exhaustion stalls',
      {
        result: ownFault,
        delivery: last,
        endpoint: { stallsWhenExhausted: true },
        next: 'failed',
        workflow: 'exhausted',
        effects: { ...nothing, exhausted: true, unsendable: 'secret_unreadable' },
      },
    ],
    [
      'a failure of ours in a test',
      { result: ownFault, trigger: 'test', delivery: { isTest: true }, next: 'failed', workflow: 'ended' },
    ],
  ];
  test.each(situations)('from %s', (_name, situation) => {
    const { result, trigger = 'schedule', delivery, endpoint, endedAgoMs = 0, next } = situation;
    const decision = decide(
      { result, trigger, endedAgoMs, random: 0.5 },
      { ...fresh, owned: true, ...delivery },
      { ...healthy, ...endpoint },
      schedule,
    );
    expect(decision).toMatchObject({
      next: typeof next === 'number' ? { status: 'retrying', afterMs: next } : { status: next },
      workflow: situation.workflow,
      effects: situation.effects ?? nothing,
    });
  });

  test.each([
    ['a success uses a slot', success, 'schedule', 1],
    ['a success of a press uses none', success, 'manual', 0],
    ['a failure uses a slot', failure, 'schedule', 1],
    ['a failure of a press uses none', failure, 'manual', 0],
  ] as const)('%s', (_name, result, trigger, slotsUsed) => {
    const attempt = { result, trigger, endedAgoMs: 0, random: 0.5 };
    expect(decide(attempt, { ...fresh, owned: true }, healthy, schedule).slotsUsed).toBe(slotsUsed);
  });
});
