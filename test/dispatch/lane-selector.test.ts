/**
 * The lane selector puts an endpoint that may hang outside the quick lane, where it would hold up the first task of a workflow.
 */
import { createLaneSelector, type LaneSelector } from '../../src/dispatch/lane-selector.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

type Seen = { durationMs: number; succeeded: boolean };
const good = (durationMs: number): Seen => ({ durationMs, succeeded: true });
const bad = (durationMs: number): Seen => ({ durationMs, succeeded: false });
const many = (count: number, seen: Seen): Seen[] => Array.from({ length: count }, () => seen);

const idle = () => () => 0;

function observe(selector: LaneSelector, endpoint: string, { durationMs, succeeded }: Seen): void {
  const ended = selector.observe(endpoint);
  jest.advanceTimersByTime(durationMs);
  ended(succeeded);
}

function pulseAfter(...seen: Seen[]): LaneSelector {
  const selector = createLaneSelector(idle);
  for (const attempt of seen) observe(selector, 'ep', attempt);
  return selector;
}

describe('an endpoint that was never seen', () => {
  test.each([
    { timeoutMs: 100, lane: 'quick' },
    { timeoutMs: 8_000, lane: 'quick' },
    { timeoutMs: 8_001, lane: 'unproven' },
    { timeoutMs: 60_000, lane: 'unproven' },
  ])('with a timeout of $timeoutMs ms is $lane', ({ timeoutMs, lane }) => {
    expect(pulseAfter().laneOf('ep', timeoutMs)).toBe(lane);
  });
});

describe('an endpoint that', () => {
  test.each([
    { what: 'was quick once', seen: [good(20)], lane: 'quick' },
    { what: 'took just under a second', seen: [good(999)], lane: 'quick' },
    { what: 'took a second', seen: [good(1_000)], lane: 'suspect' },
    { what: 'failed last', seen: [good(20), bad(20)], lane: 'failing' },
    { what: 'timed out last', seen: [good(20), bad(5_000)], lane: 'suspect' },
    { what: 'failed, then succeeded', seen: [bad(20), good(20)], lane: 'quick' },
    { what: 'was slow once in a few', seen: [good(5_000), ...many(10, good(20))], lane: 'suspect' },
    { what: 'was slow once in a hundred', seen: [good(5_000), ...many(99, good(20))], lane: 'quick' },
    {
      what: 'was slow twice in a hundred',
      seen: [...many(2, good(5_000)), ...many(98, good(20))],
      lane: 'suspect',
    },
    { what: 'was slow long ago', seen: [...many(50, good(5_000)), ...many(100, good(20))], lane: 'quick' },
    { what: 'was quick long ago', seen: [...many(100, good(20)), ...many(2, good(5_000))], lane: 'suspect' },
  ])('$what is $lane', ({ seen, lane }) => {
    expect(pulseAfter(...seen).laneOf('ep', 15_000)).toBe(lane);
  });

  test('has shown to be quick may have a long timeout', () => {
    expect(pulseAfter(good(20)).laneOf('ep', 60_000)).toBe('quick');
  });

  test('has shown to be slow is not helped by a short timeout', () => {
    expect(pulseAfter(good(5_000)).laneOf('ep', 6_000)).toBe('suspect');
  });

  test('hangs is suspect before its attempt has ended, and not for a moment longer than it must', () => {
    const selector = pulseAfter(...many(100, good(20)));
    const ended = selector.observe('ep');
    jest.advanceTimersByTime(999);
    expect(selector.laneOf('ep', 15_000)).toBe('quick');
    jest.advanceTimersByTime(1);
    expect(selector.laneOf('ep', 15_000)).toBe('suspect');
    ended(true);
    expect(selector.laneOf('ep', 15_000)).toBe('quick');
  });

  test('is slow does not make another endpoint suspect', () => {
    expect(pulseAfter(bad(5_000)).laneOf('other', 5_000)).toBe('quick');
  });
});

describe('while this process itself is busy', () => {
  const busy = () => () => 0.95;

  test.each([
    { durationMs: 1_000, lane: 'quick' },
    { durationMs: 3_999, lane: 'quick' },
    { durationMs: 4_000, lane: 'suspect' },
  ])('an attempt of $durationMs ms makes its endpoint $lane', ({ durationMs, lane }) => {
    const selector = createLaneSelector(busy);
    observe(selector, 'ep', good(durationMs));
    expect(selector.laneOf('ep', 15_000)).toBe(lane);
  });

  test('an endpoint that hangs is found out all the same, and is free again when its attempt has ended', () => {
    const selector = createLaneSelector(busy);
    for (const attempt of many(100, good(20))) observe(selector, 'ep', attempt);
    const ended = selector.observe('ep');
    jest.advanceTimersByTime(4_000);
    expect(selector.laneOf('ep', 15_000)).toBe('suspect');
    ended(true);
    expect(selector.laneOf('ep', 15_000)).toBe('quick');
  });
});

test('with very many endpoints, the one not seen for the longest time is forgotten', () => {
  const selector = createLaneSelector(idle);
  observe(selector, 'early', good(20));
  observe(selector, 'kept', good(20));
  for (let count = 0; count < 19_998; count += 1) observe(selector, `ep_${count}`, good(0));
  observe(selector, 'kept', good(20));
  observe(selector, 'one more', good(20));
  expect(selector.laneOf('early', 60_000)).toBe('unproven');
  expect(selector.laneOf('kept', 60_000)).toBe('quick');
  expect(selector.laneOf('ep_0', 60_000)).toBe('quick');
});
