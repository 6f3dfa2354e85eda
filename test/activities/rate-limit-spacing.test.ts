/** Attempts at a rate-limited endpoint start apart, whatever the process is late for. */
import fc from 'fast-check';
import { createRateLimitSpacing } from '../../activities/rate-limit-spacing.ts';

/** A clock of its own. Each sleep takes as much longer as `stalls` says, one after the other. */
function clockWith(stalls: readonly number[] = []) {
  let nowMs = 0;
  let sleeps = 0;
  return {
    now: () => nowMs,
    pass(ms: number) {
      nowMs += ms;
    },
    async sleep(ms: number) {
      const until = nowMs + ms;
      await new Promise((resolve) => setImmediate(resolve));
      nowMs = Math.max(nowMs, until) + (stalls[sleeps++ % (stalls.length || 1)] ?? 0);
    },
  };
}

async function startsOf(
  perSecond: number,
  count: number,
  stalls: readonly number[],
): Promise<[number, number][]> {
  const clock = clockWith(stalls);
  const spacing = createRateLimitSpacing(clock.now, clock.sleep);
  const starts: [number, number][] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, asked) => {
      await spacing.next('ep', perSecond);
      starts.push([asked, clock.now()]);
    }),
  );
  return starts;
}

test('the first starts at once, the others at the rate, in the order in which they asked', async () => {
  expect(await startsOf(5, 4, [])).toEqual([
    [0, 0],
    [1, 200],
    [2, 400],
    [3, 600],
  ]);
});

test('a process that stalls starts none of those that it is late for together', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 5 }),
      async (perSecond, stalls) => {
        const starts = await startsOf(perSecond, 12, stalls);
        expect(starts.map(([asked]) => asked)).toEqual(starts.map((_, at) => at));
        for (let at = 1; at < starts.length; at += 1) {
          const [[, before], [, start]] = [starts[at - 1], starts[at]] as [
            [number, number],
            [number, number],
          ];
          expect(start - before).toBeGreaterThanOrEqual(1_000 / perSecond - 1e-6);
        }
      },
    ),
    { numRuns: 200 },
  ));

test('endpoints do not wait for each other, and an endpoint that was quiet starts at once', async () => {
  const clock = clockWith();
  const spacing = createRateLimitSpacing(clock.now, clock.sleep);
  await spacing.next('one', 1);
  await spacing.next('other', 1);
  expect(clock.now()).toBe(0);
  clock.pass(5_000);
  await spacing.next('one', 1);
  expect(clock.now()).toBe(5_000);
});

test('a rate that changes holds from the next attempt on', async () => {
  const clock = clockWith();
  const spacing = createRateLimitSpacing(clock.now, clock.sleep);
  await spacing.next('ep', 1);
  await spacing.next('ep', 10);
  expect(clock.now()).toBe(100);
  await spacing.next('ep', 2);
  expect(clock.now()).toBe(600);
});
