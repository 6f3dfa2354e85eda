/** Where each delivery of a workflow stands, step by step: what is forgotten here is never delivered. */

import type { AttemptEntry } from '../../workflows/contract.ts';
import { Board } from '../../workflows/delivery-tracker.ts';

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
const doing = (board: Board) => Object.fromEntries(board.view().map((each) => [each.deliveryId, each.doing]));

/** A board whose deliveries have been attempted once. */
function attempted(...entries: AttemptEntry[]): Board {
  const board = new Board();
  board.attempting(entries.map(({ id }) => id));
  board.attempted(entries);
  return board;
}

describe('after an attempt', () => {
  test.each([
    { outcome: 'succeeded' as const, counts: { succeeded: 1, exhausted: 0, cancelled: 0, left: 0 } },
    { outcome: 'exhausted' as const, counts: { succeeded: 0, exhausted: 1, cancelled: 0, left: 0 } },
    { outcome: 'ended' as const, counts: { succeeded: 0, exhausted: 0, cancelled: 1, left: 0 } },
    { outcome: 'left' as const, counts: { succeeded: 0, exhausted: 0, cancelled: 0, left: 1 } },
  ])('a delivery that is $outcome is over, and counted', ({ outcome, counts }) => {
    const board = attempted(entry('a', outcome));
    expect(board.counts).toEqual(counts);
    expect(board.open()).toEqual([]);
    expect(board.takeRetries()).toEqual([]);
  });

  test('a delivery that is to be retried is still open, and counted as nothing', () => {
    const board = attempted(retry('a', 5_000));
    expect(board.open()).toEqual(['a']);
    expect(board.counts).toEqual({ succeeded: 0, exhausted: 0, cancelled: 0, left: 0 });
    expect(board.takeRetries()).toEqual([{ deliveryIds: ['a'], afterMs: 5_000 }]);
  });

  test('what follows is said once', () => {
    const board = attempted(retry('a', 5_000), entry('b', 'exhausted'));
    board.takeRetries();
    board.takeExhausted();
    expect([board.takeRetries(), board.takeExhausted()]).toEqual([[], []]);
  });

  test('the exhausted ones are told of by endpoint', () => {
    const board = attempted(
      entry('a', 'exhausted', { group: 0 }),
      entry('b', 'exhausted', { group: 1 }),
      entry('c', 'exhausted', { group: 0 }),
      entry('d', 'succeeded', { group: 1 }),
    );
    expect(board.takeExhausted()).toEqual([['a', 'c'], ['b']]);
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
    const board = attempted(retry('a', 1_000), retry('b', 1_000));
    const group = board.waiting(['a', 'b'], 1_000);
    expect(board.due(group)).toEqual(['a', 'b']);
  });

  test('shows until when', () => {
    const board = attempted(retry('a', 1_000));
    board.waiting(['a'], Date.parse('2024-01-01T00:00:00Z'));
    expect(board.view()).toEqual([{ deliveryId: 'a', doing: 'waiting', dueAt: '2024-01-01T00:00:00.000Z' }]);
  });

  test('is calm; an attempt under way is not', () => {
    const board = attempted(retry('a', 1_000));
    board.waiting(['a'], 1_000);
    expect(board.isCalm()).toBe(true);
    board.attempting(['a']);
    expect(board.isCalm()).toBe(false);
  });
});

describe('pressing retry', () => {
  test('takes a delivery out of its group, and the others go on waiting', () => {
    const board = attempted(retry('a', 1_000), retry('b', 1_000));
    const group = board.waiting(['a', 'b'], 1_000);
    board.press('a', 'press');
    expect(board.takePress('a')).toBe('press');
    expect(board.due(group)).toEqual(['b']);
    expect(doing(board)).toEqual({ a: 'attempting', b: 'waiting' });
  });

  test('interrupts a wait when nobody waits any more', () => {
    const board = attempted(retry('a', 1_000), retry('b', 1_000));
    const group = board.waiting(['a', 'b'], 1_000);
    let interrupts = 0;
    group.interrupt = () => {
      interrupts += 1;
    };
    for (const id of ['a', 'b']) {
      board.press(id, 'press');
      board.takePress(id);
    }
    expect(interrupts).toBe(1);
  });

  test('during an attempt means again right after it', () => {
    const board = new Board();
    board.attempting(['a']);
    board.press('a', 'press');
    expect(board.takePress('a')).toBeUndefined();
    board.attempted([retry('a', 60_000)]);
    expect(board.takeRetries()).toEqual([]);
    expect(board.takePress('a')).toBe('press');
  });

  test('during an attempt that succeeds is still carried out', () => {
    const board = new Board();
    board.attempting(['a']);
    board.press('a', 'press');
    board.attempted([entry('a', 'succeeded')]);
    expect(board.takePress('a')).toBe('press');
    expect(board.open()).toEqual(['a']);
  });

  test('twice is two attempts, one after the other', () => {
    const board = attempted(entry('a', 'succeeded'));
    board.press('a', 'one');
    board.press('a', 'two');
    expect(board.view()).toEqual([{ deliveryId: 'a', doing: 'ended', presses: 2 }]);
    expect([board.takePress('a'), board.takePress('a')]).toEqual(['one', undefined]);
    board.attempted([entry('a', 'succeeded')]);
    expect([board.takePress('a'), board.hasPresses()]).toEqual(['two', false]);
  });

  test('when nothing is pressed does nothing', () => {
    const board = attempted(retry('a', 1_000));
    const group = board.waiting(['a'], 1_000);
    expect(board.takePress('a')).toBeUndefined();
    expect(board.due(group)).toEqual(['a']);
  });

  test('starts a delivery that this workflow has never seen', () => {
    const board = new Board();
    board.press('new', 'press');
    expect(board.takePress('new')).toBe('press');
    expect(board.open()).toEqual(['new']);
  });

  test('turns a delivery that was given up into one that succeeded', () => {
    const board = attempted(entry('a', 'exhausted'));
    board.press('a', 'press');
    board.takePress('a');
    board.attempted([entry('a', 'succeeded')]);
    expect(board.counts).toEqual({ succeeded: 1, exhausted: 0, cancelled: 0, left: 0 });
  });

  test('without an id means the only delivery there is', () => {
    expect(attempted(retry('a', 1)).onlyDelivery()).toBe('a');
    expect(attempted(retry('a', 1), retry('b', 1)).onlyDelivery()).toBeUndefined();
    expect(new Board().onlyDelivery()).toBeUndefined();
  });
});
