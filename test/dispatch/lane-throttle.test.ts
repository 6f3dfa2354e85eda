/** The lane throttle makes a lane's next workflow wait for the one before it, and no longer than it must. */

import { LaneThrottle } from '../../src/dispatch/lane-throttle.ts';
import type { Lane } from '../../src/domain/lane.ts';

const FULL = 100;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A lane with a workflow of so many events on its way. */
function passing(lane: Lane, events: number, restMs = 0) {
  const onRelease = jest.fn();
  const throttle = new LaneThrottle(lane, { full: FULL, restMs, onRelease });
  expect(throttle.mayStart(0)).toBe(false);
  expect(throttle.mayStart(1)).toBe(true);
  throttle.starting('one', events);
  throttle.started('one');
  expect(throttle.mayStart(FULL)).toBe(false);
  return { throttle, onRelease };
}

test.each<Lane>(['quick', 'suspect'])(
  '%s: behind a lone event the next goes once its attempt has begun',
  (lane) => {
    const { throttle, onRelease } = passing(lane, 7);
    throttle.attemptBegan('one');
    expect(throttle.mayStart(1)).toBe(true);
    expect(onRelease).toHaveBeenCalledTimes(1);
    throttle.attemptEnded('one');
    expect(onRelease).toHaveBeenCalledTimes(1);
  },
);

test('quick: after a start the lane rests for three times as long as its attempt began late, whatever the attempt takes', () => {
  const { throttle, onRelease } = passing('quick', 1, 100);
  jest.advanceTimersByTime(25);
  throttle.attemptBegan('one');
  throttle.attemptEnded('one');
  // The answer to the start may come after that, and changes nothing.
  throttle.started('one');
  jest.advanceTimersByTime(44);
  expect(throttle.mayStart(FULL - 1)).toBe(false);
  onRelease.mockClear();
  jest.advanceTimersByTime(1);
  expect(throttle.mayStart(1)).toBe(true);
  expect(onRelease).toHaveBeenCalledTimes(1);
});

test('quick: a rest has a limit, and a full group does not wait for its end', () => {
  const { throttle, onRelease } = passing('quick', 1, 100);
  jest.advanceTimersByTime(900);
  throttle.attemptBegan('one');
  expect(onRelease).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(99);
  expect(throttle.mayStart(FULL - 1)).toBe(false);
  expect(throttle.mayStart(FULL)).toBe(true);
  jest.advanceTimersByTime(1);
  expect(throttle.mayStart(1)).toBe(true);
});

test('quick: an attempt that begins within 10 ms lets the next go at once', () => {
  const { throttle } = passing('quick', 1, 100);
  jest.advanceTimersByTime(10);
  throttle.attemptBegan('one');
  expect(throttle.mayStart(1)).toBe(true);
});

test.each<Lane>(['unproven', 'failing', 'suspect'])('%s: no such rest', (lane) => {
  const { throttle } = passing(lane, 1, 100);
  throttle.attemptBegan('one');
  throttle.attemptEnded('one');
  // The failing lane cools down for three times as long as its attempts took: no time at all.
  jest.advanceTimersByTime(0);
  expect(throttle.mayStart(1)).toBe(true);
});

test('quick: behind a burst what comes gathers until the attempts have ended, or the group is full', () => {
  const { throttle, onRelease } = passing('quick', 8);
  throttle.attemptBegan('one');
  expect(onRelease).toHaveBeenCalledTimes(1);
  expect(throttle.mayStart(FULL - 1)).toBe(false);
  expect(throttle.mayStart(FULL)).toBe(true);

  throttle.starting('two', 8);
  expect(throttle.mayStart(FULL)).toBe(false);
  throttle.attemptBegan('two');
  throttle.attemptEnded('one');
  expect(throttle.mayStart(FULL - 1)).toBe(false);
  throttle.attemptEnded('two');
  expect(throttle.mayStart(1)).toBe(true);
});

test('quick: a burst to somebody slow is not waited for longer than 100 ms', () => {
  const { throttle } = passing('quick', 50);
  throttle.attemptBegan('one');
  jest.advanceTimersByTime(99);
  expect(throttle.mayStart(1)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(throttle.mayStart(1)).toBe(true);
});

test('unproven: the next waits until the attempts have ended', () => {
  const { throttle } = passing('unproven', 1);
  throttle.attemptBegan('one');
  jest.advanceTimersByTime(900);
  expect(throttle.mayStart(FULL)).toBe(false);
  throttle.attemptEnded('one');
  expect(throttle.mayStart(1)).toBe(true);
});

test('failing: the lane rests three times as long as the attempts took, but does not wait for one that hangs', () => {
  const { throttle } = passing('failing', 1);
  throttle.attemptBegan('one');
  jest.advanceTimersByTime(2_000);
  throttle.attemptEnded('one');
  jest.advanceTimersByTime(5_999);
  expect(throttle.mayStart(FULL)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(throttle.mayStart(1)).toBe(true);

  throttle.starting('two', 1);
  throttle.attemptBegan('two');
  // The answer to the start may come after that, and does not shorten the wait.
  throttle.started('two');
  jest.advanceTimersByTime(2_999);
  expect(throttle.mayStart(1)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(throttle.mayStart(1)).toBe(true);
});

test('a start without an answer is waited for half a minute, one without an attempt for a second', () => {
  const { throttle } = passing('quick', 1);
  jest.advanceTimersByTime(1_000);
  expect(throttle.mayStart(1)).toBe(true);
  throttle.starting('two', 1);
  jest.advanceTimersByTime(29_999);
  expect(throttle.mayStart(1)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(throttle.mayStart(1)).toBe(true);
});

test('a throttle that is forgotten calls nobody any more', () => {
  const { throttle, onRelease } = passing('quick', 1);
  throttle.forget();
  jest.advanceTimersByTime(60_000);
  throttle.attemptEnded('one');
  expect(onRelease).not.toHaveBeenCalled();
});
