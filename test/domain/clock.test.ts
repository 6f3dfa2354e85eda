/** The clock of ids follows the database's clock, as far as a reading of it is certain. */
import { alignClock, clockOffsetMs } from '../../src/domain/clock.ts';
import { idTimeMs, newId } from '../../src/domain/ids.ts';

afterEach(() => alignClock({ askedMs: 0, databaseMs: 0, answeredMs: 0 }));

test.each([
  ['the same clock', 0, { askedMs: 1_000, databaseMs: 1_003, answeredMs: 1_010 }, 0],
  ['an hour ahead', 0, { askedMs: 1_000, databaseMs: 3_601_003, answeredMs: 1_010 }, 3_599_993],
  ['an hour behind', 0, { askedMs: 3_601_000, databaseMs: 1_005, answeredMs: 3_601_010 }, -3_599_995],
  ['not contradicted', 3, { askedMs: 1_000, databaseMs: 1_003, answeredMs: 1_010 }, 3],
  ['contradicted by a little', 9, { askedMs: 1_000, databaseMs: 1_003, answeredMs: 1_010 }, 3],
  ['a clock that was put back meanwhile', 5, { askedMs: 5_000, databaseMs: 9_000, answeredMs: 4_000 }, 5],
])('%s', (_name, before, reading, after) => {
  alignClock({ askedMs: 0, databaseMs: before, answeredMs: 0 });
  expect(alignClock(reading)).toBe(after);
  expect(clockOffsetMs()).toBe(after);
});

test.each([3_600_000, -3_600_000])('an id carries the time of a clock that is %d ms off', (offsetMs) => {
  const nowMs = Date.now();
  alignClock({ askedMs: nowMs, databaseMs: nowMs + offsetMs, answeredMs: nowMs });
  const madeMs = idTimeMs(newId('delivery'));
  expect(Math.abs(madeMs - (nowMs + offsetMs))).toBeLessThan(10_000);
});
