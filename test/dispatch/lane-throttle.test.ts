/** Until when a lane's next workflow waits for the one before it. */

import { LaneGate } from '../../src/dispatch/lane-throttle.ts';
import type { Lane } from '../../src/domain/lane.ts';

const FULL = 100;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A lane with a workflow of so many events on its way. */
function passing(lane: Lane, events: number) {
  const opened = jest.fn();
  const gate = new LaneGate(lane, { full: FULL, opened });
  expect(gate.mayPass(0)).toBe(false);
  expect(gate.mayPass(1)).toBe(true);
  gate.starting('one', events);
  gate.started('one');
  expect(gate.mayPass(FULL)).toBe(false);
  return { gate, opened };
}

test.each<Lane>(['quick', 'suspect'])(
  '%s: behind a lone event the next goes once its attempt has begun',
  (lane) => {
    const { gate, opened } = passing(lane, 7);
    gate.attemptBegan('one');
    expect(gate.mayPass(1)).toBe(true);
    expect(opened).toHaveBeenCalledTimes(1);
    gate.attemptEnded('one');
    expect(opened).toHaveBeenCalledTimes(1);
  },
);

test('quick: behind a burst what comes gathers until the attempts have ended, or the group is full', () => {
  const { gate, opened } = passing('quick', 8);
  gate.attemptBegan('one');
  expect(opened).toHaveBeenCalledTimes(1);
  expect(gate.mayPass(FULL - 1)).toBe(false);
  expect(gate.mayPass(FULL)).toBe(true);

  gate.starting('two', 8);
  expect(gate.mayPass(FULL)).toBe(false);
  gate.attemptBegan('two');
  gate.attemptEnded('one');
  expect(gate.mayPass(FULL - 1)).toBe(false);
  gate.attemptEnded('two');
  expect(gate.mayPass(1)).toBe(true);
});

test('quick: a burst to somebody slow is not waited for longer than 100 ms', () => {
  const { gate } = passing('quick', 50);
  gate.attemptBegan('one');
  jest.advanceTimersByTime(99);
  expect(gate.mayPass(1)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(gate.mayPass(1)).toBe(true);
});

test('unproven: the next waits until the attempts have ended', () => {
  const { gate } = passing('unproven', 1);
  gate.attemptBegan('one');
  jest.advanceTimersByTime(900);
  expect(gate.mayPass(FULL)).toBe(false);
  gate.attemptEnded('one');
  expect(gate.mayPass(1)).toBe(true);
});

test('failing: the lane rests three times as long as the attempts took, but does not wait for one that hangs', () => {
  const { gate } = passing('failing', 1);
  gate.attemptBegan('one');
  jest.advanceTimersByTime(2_000);
  gate.attemptEnded('one');
  jest.advanceTimersByTime(5_999);
  expect(gate.mayPass(FULL)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(gate.mayPass(1)).toBe(true);

  gate.starting('two', 1);
  gate.attemptBegan('two');
  // The answer to the start may come after that, and does not shorten the wait.
  gate.started('two');
  jest.advanceTimersByTime(2_999);
  expect(gate.mayPass(1)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(gate.mayPass(1)).toBe(true);
});

test('a start without an answer is waited for half a minute, one without an attempt for a second', () => {
  const { gate } = passing('quick', 1);
  jest.advanceTimersByTime(1_000);
  expect(gate.mayPass(1)).toBe(true);
  gate.starting('two', 1);
  jest.advanceTimersByTime(29_999);
  expect(gate.mayPass(1)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(gate.mayPass(1)).toBe(true);
});

test('a gate that is forgotten calls nobody any more', () => {
  const { gate, opened } = passing('quick', 1);
  gate.forget();
  jest.advanceTimersByTime(60_000);
  gate.attemptEnded('one');
  expect(opened).not.toHaveBeenCalled();
});
