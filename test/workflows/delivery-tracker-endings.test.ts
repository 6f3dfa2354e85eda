/** Deliveries leave the delivery tracker in three ways: cancelled, notified of, or carried over into the workflow's next run. */

import type { AttemptEntry } from '../../workflows/contract.ts';
import { DeliveryTracker } from '../../workflows/delivery-tracker.ts';

const entry = (id: string, outcome: AttemptEntry['outcome']): AttemptEntry => ({ id, outcome, group: 0 });
const none = { succeeded: 0, exhausted: 0, cancelled: 0, left: 0 };
const doing = (tracker: DeliveryTracker) =>
  Object.fromEntries(tracker.view().map((each) => [each.deliveryId, each.doing]));

function waiting(...ids: string[]) {
  const tracker = new DeliveryTracker();
  tracker.attempting(ids);
  tracker.attempted(ids.map((id) => entry(id, 'retry')));
  tracker.takeRetries();
  return { tracker, group: tracker.waiting(ids, 1_000) };
}

describe('cancelling', () => {
  test('ends a waiting delivery and leaves the others', () => {
    const { tracker, group } = waiting('a', 'b');
    tracker.cancelled(['a']);
    expect(doing(tracker)).toEqual({ a: 'ended', b: 'waiting' });
    expect(tracker.due(group)).toEqual(['b']);
    expect(tracker.counts).toEqual({ ...none, cancelled: 1 });
  });

  test('interrupts the wait when it was the last', () => {
    const { tracker, group } = waiting('a');
    let interrupted = false;
    group.interrupt = () => {
      interrupted = true;
    };
    tracker.cancelled(['a']);
    expect(interrupted).toBe(true);
  });

  test('forgets the presses in line, but not one that comes after it', () => {
    const { tracker } = waiting('a');
    tracker.attempting(['a']);
    tracker.press('a', 'before');
    tracker.forgetPresses(['a']);
    tracker.press('a', 'after');
    tracker.cancelled(['a']);
    tracker.attempted([entry('a', 'ended')]);
    expect([tracker.takePress('a'), tracker.hasPresses()]).toEqual(['after', false]);
  });

  test('an attempt under way that still succeeds counts as a success', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.cancelled(['a']);
    expect(doing(tracker)).toEqual({ a: 'attempting' });
    tracker.attempted([entry('a', 'succeeded')]);
    expect(tracker.counts).toEqual({ ...none, succeeded: 1 });
  });

  test('does not rewrite how a delivery has ended', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.attempted([entry('a', 'succeeded')]);
    tracker.cancelled(['a']);
    expect(tracker.counts).toEqual({ ...none, succeeded: 1 });
  });
});

describe('notifying people', () => {
  const exhausted = () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.attempted([entry('a', 'exhausted')]);
    tracker.notifying(['a']);
    return tracker;
  };

  test('is shown, and is over when they are notified', () => {
    const tracker = exhausted();
    expect(doing(tracker)).toEqual({ a: 'telling' });
    tracker.notified(['a']);
    expect(doing(tracker)).toEqual({ a: 'ended' });
    expect(tracker.counts).toEqual({ ...none, exhausted: 1 });
  });

  test('does not stand in the way of a press', () => {
    const tracker = exhausted();
    tracker.press('a', 'press');
    expect(tracker.takePress('a')).toBe('press');
    tracker.notified(['a']);
    expect(doing(tracker)).toEqual({ a: 'attempting' });
  });

  test('does not hide an attempt that has begun meanwhile', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.notifying(['a']);
    expect(doing(tracker)).toEqual({ a: 'attempting' });
  });
});

describe('what the next run has left to do', () => {
  test('is nothing when all has ended, but the counts', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.attempted([entry('a', 'succeeded')]);
    expect(tracker.carry()).toEqual({
      waiting: [],
      presses: [],
      untold: [],
      counts: { ...none, succeeded: 1 },
    });
  });

  test('is each group once, with its time', () => {
    const { tracker } = waiting('a', 'b');
    tracker.attempting(['c']);
    tracker.attempted([entry('c', 'retry')]);
    tracker.waiting(['c'], 2_000);
    expect(tracker.carry().waiting).toEqual([
      { deliveryIds: ['a', 'b'], dueAtMs: 1_000 },
      { deliveryIds: ['c'], dueAtMs: 2_000 },
    ]);
  });

  test('is every press that was not carried out, in order', () => {
    const { tracker } = waiting('a');
    tracker.press('a', 'one');
    tracker.press('a', 'two');
    tracker.press('b', 'three');
    expect(tracker.carry().presses).toEqual([
      { deliveryId: 'a', pressId: 'one' },
      { deliveryId: 'a', pressId: 'two' },
      { deliveryId: 'b', pressId: 'three' },
    ]);
  });

  test('is every exhausted delivery that nobody was notified of', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a', 'b']);
    tracker.attempted([entry('a', 'exhausted'), entry('b', 'exhausted')]);
    tracker.notifying(['a', 'b']);
    tracker.notified(['b']);
    expect(tracker.carry().untold).toEqual([['a']]);
  });

  test('goes on counting where the run before left off', () => {
    const tracker = new DeliveryTracker({ ...none, succeeded: 3, exhausted: 1 });
    tracker.attempting(['a']);
    tracker.attempted([entry('a', 'succeeded')]);
    expect(tracker.carry().counts).toEqual({ ...none, succeeded: 4, exhausted: 1 });
  });

  test('is everything that was open: nothing is lost between two runs', () => {
    const { tracker } = waiting('a', 'b', 'c');
    tracker.press('a', 'press');
    tracker.attempting(['d']);
    tracker.attempted([entry('d', 'exhausted')]);
    tracker.notifying(['d']);
    const { waiting: groups, presses, untold } = tracker.carry();
    const carried = [
      ...groups.flatMap(({ deliveryIds }) => deliveryIds),
      ...presses.map(({ deliveryId }) => deliveryId),
      ...untold.flat(),
    ];
    expect(new Set(carried)).toEqual(new Set(['a', 'b', 'c', 'd']));
  });
});
