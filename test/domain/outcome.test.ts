/** What follows from an attempt is decided in one place; this table is its reference. */
import type { AttemptErrorCode } from '../../src/domain/errors.ts';
import { ATTEMPT_ERRORS } from '../../src/domain/errors.ts';
import { type AttemptResult, type DeliveryBefore, decide } from '../../src/domain/outcome.ts';

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
const gone: AttemptResult = { status: 410, error: 'http_status', retryAfterMs: null };
const busy = (retryAfterMs: number): AttemptResult => ({ status: 429, error: 'http_status', retryAfterMs });

describe('scheduled attempts', () => {
  test.each([
    { slotsUsed: 0, expected: { kind: 'retry', afterMs: 60_000, slotsUsed: 1 } },
    { slotsUsed: 1, expected: { kind: 'retry', afterMs: 300_000, slotsUsed: 2 } },
    { slotsUsed: 2, expected: { kind: 'exhausted', slotsUsed: 3, disableEndpoint: false } },
  ])('a failure after $slotsUsed earlier ones: $expected.kind', ({ slotsUsed, expected }) => {
    expect(decide(failure, 'schedule', { ...fresh, slotsUsed }, schedule, 0.5)).toEqual(expected);
  });

  test.each([0, 1, 2])('a success after %i failures ends the delivery', (slotsUsed) => {
    expect(decide(success, 'schedule', { ...fresh, slotsUsed }, schedule, 0.5)).toEqual({
      kind: 'succeeded',
    });
  });

  test('a 410 ends the delivery and switches the endpoint off, whatever the schedule holds', () => {
    expect(decide(gone, 'schedule', fresh, schedule, 0.5)).toEqual({
      kind: 'exhausted',
      slotsUsed: 1,
      disableEndpoint: true,
    });
  });

  test('a receiver that asks for patience gets it', () => {
    expect(decide(busy(120_000), 'schedule', fresh, schedule, 0.5)).toMatchObject({ afterMs: 120_000 });
  });

  test('a receiver that asks for a year gets a day', () => {
    expect(decide(busy(365 * 86_400_000), 'schedule', fresh, schedule, 0.5)).toMatchObject({
      afterMs: 86_400_000,
    });
  });

  const withoutResponse = Object.keys(ATTEMPT_ERRORS) as AttemptErrorCode[];
  test.each(withoutResponse)('%s is retried like any other failure', (error) => {
    expect(decide({ status: null, error, retryAfterMs: null }, 'schedule', fresh, schedule, 0.5)).toEqual({
      kind: 'retry',
      afterMs: 60_000,
      slotsUsed: 1,
    });
  });

  test('a recovery uses the schedule like a first delivery', () => {
    expect(decide(failure, 'recovery', fresh, schedule, 0.5)).toEqual({
      kind: 'retry',
      afterMs: 60_000,
      slotsUsed: 1,
    });
  });
});

describe('pressing retry', () => {
  test('a success ends a waiting delivery', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(decide(success, 'manual', waiting, schedule, 0.5)).toEqual({ kind: 'succeeded' });
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
      expect(decide(failure, 'manual', waiting, schedule, 0.5)).toEqual({
        kind: 'retry',
        afterMs: expected,
        slotsUsed: 1,
      });
    },
  );

  test('a receiver that asks for patience moves the planned attempt later', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(decide(busy(90_000), 'manual', waiting, schedule, 0.5)).toMatchObject({ afterMs: 90_000 });
    expect(decide(busy(10_000), 'manual', waiting, schedule, 0.5)).toMatchObject({ afterMs: 40_000 });
  });

  // `decide` takes the header's wait as it is when the trigger is manual; only `nextDelayMs` caps it.
  test('a receiver that asks for a year gets a day after a press, too', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(decide(busy(365 * 86_400_000), 'manual', waiting, schedule, 0.5)).toMatchObject({
      afterMs: 86_400_000,
    });
  });

  test('a failure in the last slot still leaves the last slot to the schedule', () => {
    const last = { ...fresh, slotsUsed: 2, scheduledInMs: 5_000 };
    expect(decide(failure, 'manual', last, schedule, 0.5)).toMatchObject({ kind: 'retry', slotsUsed: 2 });
  });

  test('a 410 ends a waiting delivery and switches the endpoint off', () => {
    const waiting = { ...fresh, slotsUsed: 1, scheduledInMs: 40_000 };
    expect(decide(gone, 'manual', waiting, schedule, 0.5)).toMatchObject({
      kind: 'exhausted',
      disableEndpoint: true,
    });
  });

  test.each(['failed', 'cancelled', 'succeeded'] as const)(
    'a failure after the end leaves a %s delivery as it ended',
    (ended) => {
      expect(decide(failure, 'manual', { ...fresh, slotsUsed: 3, ended }, schedule, 0.5)).toEqual({
        kind: 'unchanged',
        disableEndpoint: false,
      });
    },
  );

  test.each(['failed', 'cancelled', 'succeeded'] as const)(
    'a success after the end makes a %s delivery succeed',
    (ended) => {
      expect(decide(success, 'manual', { ...fresh, slotsUsed: 3, ended }, schedule, 0.5)).toEqual({
        kind: 'succeeded',
      });
    },
  );

  test.each(['ordered', 'rate_limited', 'stalled'] as const)(
    'a failure of a delivery held as %s leaves it held',
    (held) => {
      expect(decide(failure, 'manual', { ...fresh, held }, schedule, 0.5)).toEqual({
        kind: 'unchanged',
        disableEndpoint: false,
      });
    },
  );
});

describe('the test button', () => {
  test('is one attempt, however much the schedule holds', () => {
    expect(decide(failure, 'test', { ...fresh, isTest: true }, schedule, 0.5)).toEqual({
      kind: 'exhausted',
      slotsUsed: 1,
      disableEndpoint: false,
    });
  });

  test('never switches the endpoint off, not even for a 410', () => {
    expect(decide(gone, 'test', { ...fresh, isTest: true }, schedule, 0.5)).toMatchObject({
      disableEndpoint: false,
    });
  });

  test('succeeds when the receiver accepts', () => {
    expect(decide(success, 'test', { ...fresh, isTest: true }, schedule, 0.5)).toEqual({ kind: 'succeeded' });
  });
});
