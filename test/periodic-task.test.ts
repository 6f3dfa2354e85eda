/** PeriodicTask: one at a time, and a trouble that stays is told once. */
import type { Logger } from '../src/observability/logger.ts';
import { createPeriodicTask } from '../src/periodic-task.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function rounds(work: () => Promise<unknown>) {
  const reasons: string[] = [];
  const logger = { warn: ({ reason }: { reason: string }) => reasons.push(reason) } as unknown as Logger;
  return { ...createPeriodicTask({ everyMs: 1_000, work, logger, failed: 'a round failed' }), reasons };
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
  const { start, stop, reasons } = rounds(async () => {
    const reason = outcomes.shift();
    if (reason) throw new Error(reason);
  });
  start();
  await jest.advanceTimersByTimeAsync(6_500);
  await stop();
  expect(outcomes).toEqual([]);
  expect(reasons).toEqual(['away', 'other', 'away', 'away']);
});
