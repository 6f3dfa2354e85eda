/** The delivery tracker, step by step: a delivery that it forgot would never be sent. */

import type { AttemptEntry } from '../../workflows/contract.ts';
import { DeliveryTracker } from '../../workflows/delivery-tracker.ts';

const entry = (
  id: string,
  outcome: AttemptEntry['outcome'],
  more: Partial<AttemptEntry> = {},
): AttemptEntry => ({
  id,
  outcome,
  group: 0,
  ...more,
});
const retry = (id: string, retryAfterMs: number, group = 0) => entry(id, 'retry', { retryAfterMs, group });
const doing = (tracker: DeliveryTracker) =>
  Object.fromEntries(tracker.view().map((each) => [each.deliveryId, each.doing]));

/** A tracker whose deliveries have been attempted once. */
function attempted(...entries: AttemptEntry[]): DeliveryTracker {
  const tracker = new DeliveryTracker();
  tracker.attempting(entries.map(({ id }) => id));
  tracker.attempted(entries);
  return tracker;
}

describe('after an attempt', () => {
  test.each([
    { outcome: 'succeeded' as const, counts: { succeeded: 1, exhausted: 0, cancelled: 0, left: 0 } },
    { outcome: 'exhausted' as const, counts: { succeeded: 0, exhausted: 1, cancelled: 0, left: 0 } },
    { outcome: 'ended' as const, counts: { succeeded: 0, exhausted: 0, cancelled: 1, left: 0 } },
    { outcome: 'left' as const, counts: { succeeded: 0, exhausted: 0, cancelled: 0, left: 1 } },
  ])('a delivery that is $outcome is over, and counted', ({ outcome, counts }) => {
    const tracker = attempted(entry('a', outcome));
    expect(tracker.counts).toEqual(counts);
    expect(tracker.open()).toEqual([]);
    expect(tracker.takeRetries()).toEqual([]);
  });

  test('a delivery that is to be retried is still open, and counted as nothing', () => {
    const tracker = attempted(retry('a', 5_000));
    expect(tracker.open()).toEqual(['a']);
    expect(tracker.counts).toEqual({ succeeded: 0, exhausted: 0, cancelled: 0, left: 0 });
    expect(tracker.takeRetries()).toEqual([{ deliveryIds: ['a'], afterMs: 5_000 }]);
  });

  test('its consequences are returned once', () => {
    const tracker = attempted(retry('a', 5_000), entry('b', 'exhausted'));
    tracker.takeRetries();
    tracker.takeExhausted();
    expect([tracker.takeRetries(), tracker.takeExhausted()]).toEqual([[], []]);
  });

  test('the exhausted deliveries are returned by endpoint', () => {
    const tracker = attempted(
      entry('a', 'exhausted', { group: 0 }),
      entry('b', 'exhausted', { group: 1 }),
      entry('c', 'exhausted', { group: 0 }),
      entry('d', 'succeeded', { group: 1 }),
    );
    expect(tracker.takeExhausted()).toEqual([['a', 'c'], ['b']]);
  });

  test.each([
    {
      what: 'those of one endpoint due together go on together, at the latest of their times',
      entries: [retry('a', 60_000), retry('b', 66_000), retry('c', 63_000)],
      groups: [{ deliveryIds: ['a', 'c', 'b'], afterMs: 66_000 }],
    },
    {
      what: 'those due much later wait by themselves',
      entries: [retry('a', 60_000), retry('b', 70_000)],
      groups: [
        { deliveryIds: ['a'], afterMs: 60_000 },
        { deliveryIds: ['b'], afterMs: 70_000 },
      ],
    },
    {
      what: 'those of different endpoints wait apart',
      entries: [retry('a', 60_000, 0), retry('b', 60_000, 1)],
      groups: [
        { deliveryIds: ['a'], afterMs: 60_000 },
        { deliveryIds: ['b'], afterMs: 60_000 },
      ],
    },
    {
      what: 'a chain of small steps does not grow without end',
      entries: [retry('a', 100_000), retry('b', 110_000), retry('c', 120_000)],
      groups: [
        { deliveryIds: ['a', 'b'], afterMs: 110_000 },
        { deliveryIds: ['c'], afterMs: 120_000 },
      ],
    },
    {
      what: 'those due at once go on at once',
      entries: [retry('a', 0), entry('b', 'retry')],
      groups: [{ deliveryIds: ['a', 'b'], afterMs: 0 }],
    },
  ])('$what', ({ entries, groups }) => {
    expect(attempted(...entries).takeRetries()).toEqual(groups);
  });
});

describe('waiting', () => {
  test('ends for all of the group when their moment comes', () => {
    const tracker = attempted(retry('a', 1_000), retry('b', 1_000));
    const group = tracker.waiting(['a', 'b'], 1_000);
    expect(tracker.due(group)).toEqual(['a', 'b']);
  });

  test('shows until when', () => {
    const tracker = attempted(retry('a', 1_000));
    tracker.waiting(['a'], Date.parse('2024-01-01T00:00:00Z'));
    expect(tracker.view()).toEqual([
      { deliveryId: 'a', doing: 'waiting', dueAt: '2024-01-01T00:00:00.000Z' },
    ]);
  });

  test('is calm; an attempt under way is not', () => {
    const tracker = attempted(retry('a', 1_000));
    tracker.waiting(['a'], 1_000);
    expect(tracker.isCalm()).toBe(true);
    tracker.attempting(['a']);
    expect(tracker.isCalm()).toBe(false);
  });
});

describe('pressing retry', () => {
  test('takes a delivery out of its group, and the others go on waiting', () => {
    const tracker = attempted(retry('a', 1_000), retry('b', 1_000));
    const group = tracker.waiting(['a', 'b'], 1_000);
    tracker.press('a', 'press');
    expect(tracker.takePress('a')).toBe('press');
    expect(tracker.due(group)).toEqual(['b']);
    expect(doing(tracker)).toEqual({ a: 'attempting', b: 'waiting' });
  });

  test('interrupts a wait when nobody waits any more', () => {
    const tracker = attempted(retry('a', 1_000), retry('b', 1_000));
    const group = tracker.waiting(['a', 'b'], 1_000);
    let interrupts = 0;
    group.interrupt = () => {
      interrupts += 1;
    };
    for (const id of ['a', 'b']) {
      tracker.press(id, 'press');
      tracker.takePress(id);
    }
    expect(interrupts).toBe(1);
  });

  test('during an attempt means again right after it', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.press('a', 'press');
    expect(tracker.takePress('a')).toBeUndefined();
    tracker.attempted([retry('a', 60_000)]);
    expect(tracker.takeRetries()).toEqual([]);
    expect(tracker.takePress('a')).toBe('press');
  });

  test('during an attempt that succeeds is still carried out', () => {
    const tracker = new DeliveryTracker();
    tracker.attempting(['a']);
    tracker.press('a', 'press');
    tracker.attempted([entry('a', 'succeeded')]);
    expect(tracker.takePress('a')).toBe('press');
    expect(tracker.open()).toEqual(['a']);
  });

  test('twice is two attempts, one after the other', () => {
    const tracker = attempted(entry('a', 'succeeded'));
    tracker.press('a', 'one');
    tracker.press('a', 'two');
    expect(tracker.view()).toEqual([{ deliveryId: 'a', doing: 'ended', presses: 2 }]);
    expect([tracker.takePress('a'), tracker.takePress('a')]).toEqual(['one', undefined]);
    tracker.attempted([entry('a', 'succeeded')]);
    expect([tracker.takePress('a'), tracker.hasPresses()]).toEqual(['two', false]);
  });

  test('when nothing is pressed does nothing', () => {
    const tracker = attempted(retry('a', 1_000));
    const group = tracker.waiting(['a'], 1_000);
    expect(tracker.takePress('a')).toBeUndefined();
    expect(tracker.due(group)).toEqual(['a']);
  });

  test('starts a delivery that this workflow has never seen', () => {
    const tracker = new DeliveryTracker();
    tracker.press('new', 'press');
    expect(tracker.takePress('new')).toBe('press');
    expect(tracker.open()).toEqual(['new']);
  });

  test('turns a delivery that was given up into one that succeeded', () => {
    const tracker = attempted(entry('a', 'exhausted'));
    tracker.press('a', 'press');
    tracker.takePress('a');
    tracker.attempted([entry('a', 'succeeded')]);
    expect(tracker.counts).toEqual({ succeeded: 1, exhausted: 0, cancelled: 0, left: 0 });
  });

  test('without an id means the only delivery there is', () => {
    expect(attempted(retry('a', 1)).onlyDelivery()).toBe('a');
    expect(attempted(retry('a', 1), retry('b', 1)).onlyDelivery()).toBeUndefined();
    expect(new DeliveryTracker().onlyDelivery()).toBeUndefined();
  });
});
