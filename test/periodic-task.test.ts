/** The periodic task: rounds do not overlap, a wake is not lost, and a failure that stays is logged once and counted each time. */
import type { Logger } from '../src/observability/logger.ts';
import { createMetrics } from '../src/observability/metrics.ts';
import { createPeriodicTask } from '../src/periodic-task.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function rounds(work: () => Promise<unknown>, more: { startsAtOnce?: boolean } = {}) {
  const reasons: string[] = [];
  const { taskFailures: failures } = createMetrics();
  const logger = { warn: ({ reason }: { reason: string }) => reasons.push(reason) } as unknown as Logger;
  return {
    ...createPeriodicTask({
      name: 'test',
      everyMs: 1_000,
      work,
      logger,
      failures,
      failed: 'a round failed',
      ...more,
    }),
    reasons,
    failures,
  };
}

test('a round that takes long is not overtaken, and stopping waits for it', async () => {
  const finish: (() => void)[] = [];
  const { start, stop } = rounds(() => new Promise<void>((resolve) => finish.push(resolve)));
  start();
  await jest.advanceTimersByTimeAsync(3_500);
  expect(finish).toHaveLength(1);
  finish[0]?.();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(finish).toHaveLength(2);

  let isStopped = false;
  const stopped = stop().then(() => {
    isStopped = true;
  });
  await jest.advanceTimersByTimeAsync(5_000);
  expect(isStopped).toBe(false);
  finish[1]?.();
  await stopped;
  expect(finish).toHaveLength(2);
});

test('of failures in a row with the same reason the first is logged, and again after a success', async () => {
  const outcomes = ['away', 'away', 'other', 'away', null, 'away'];
  const { start, stop, reasons, failures } = rounds(async () => {
    const reason = outcomes.shift();
    if (reason) throw new Error(reason);
  });
  start();
  await jest.advanceTimersByTimeAsync(6_500);
  await stop();
  expect(outcomes).toEqual([]);
  expect(reasons).toEqual(['away', 'other', 'away', 'away']);
  expect((await failures.get()).values).toEqual([{ labels: { task: 'test' }, value: 5 }]);
});

test('the next round comes an interval after the end of the one before, however long that took, and at most a tenth earlier', async () => {
  let begun = 0;
  const { start, stop } = rounds(async () => {
    begun += 1;
    await new Promise((resolve) => setTimeout(resolve, 700));
  });
  start();
  await jest.advanceTimersByTimeAsync(899);
  expect(begun).toBe(0);
  await jest.advanceTimersByTimeAsync(101);
  expect(begun).toBe(1);
  // It began after 900 to 1,000 ms, and ended after 1,600 to 1,700.
  await jest.advanceTimersByTimeAsync(1_499);
  expect(begun).toBe(1);
  await jest.advanceTimersByTimeAsync(201);
  expect(begun).toBe(2);
  const stopped = stop();
  await jest.advanceTimersByTimeAsync(700);
  await stopped;
});

test('a wake ends the pause; one that comes during a round makes another round follow at once, and several make one', async () => {
  const finish: (() => void)[] = [];
  const { start, stop, wake } = rounds(() => new Promise<void>((resolve) => finish.push(resolve)), {
    startsAtOnce: true,
  });
  start();
  await jest.advanceTimersByTimeAsync(0);
  expect(finish).toHaveLength(1);
  wake();
  wake();
  finish[0]?.();
  await jest.advanceTimersByTimeAsync(0);
  expect(finish).toHaveLength(2);
  finish[1]?.();
  await jest.advanceTimersByTimeAsync(800);
  expect(finish).toHaveLength(2);
  wake();
  await jest.advanceTimersByTimeAsync(0);
  expect(finish).toHaveLength(3);
  finish[2]?.();
  await stop();
});

test('a round that returns `again` is followed by the next at once, but not after the stop', async () => {
  let begun = 0;
  const { start, stop } = rounds(
    async () => {
      begun += 1;
      if (begun === 3) void stop();
      return 'again';
    },
    { startsAtOnce: true },
  );
  start();
  await jest.advanceTimersByTimeAsync(0);
  await stop();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(begun).toBe(3);
});

test('a failed round waits for its interval, and after a stop it can be started again', async () => {
  let begun = 0;
  const { start, stop } = rounds(
    async () => {
      begun += 1;
      throw new Error('away');
    },
    { startsAtOnce: true },
  );
  start();
  await jest.advanceTimersByTimeAsync(800);
  expect(begun).toBe(1);
  await stop();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(begun).toBe(1);
  start();
  await jest.advanceTimersByTimeAsync(0);
  expect(begun).toBe(2);
  await stop();
});
