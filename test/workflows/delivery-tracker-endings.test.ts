/** How deliveries leave a workflow: cancelled, told of, or carried over into its next run. */

import type { AttemptEntry } from '../../workflows/contract.ts';
import { Board } from '../../workflows/delivery-tracker.ts';

const entry = (id: string, outcome: AttemptEntry['outcome']): AttemptEntry => ({ id, outcome, group: 0 });
const none = { succeeded: 0, exhausted: 0, cancelled: 0, left: 0 };
const doing = (board: Board) => Object.fromEntries(board.view().map((each) => [each.deliveryId, each.doing]));

function waiting(...ids: string[]) {
  const board = new Board();
  board.attempting(ids);
  board.attempted(ids.map((id) => entry(id, 'retry')));
  board.takeRetries();
  return { board, group: board.waiting(ids, 1_000) };
}

describe('cancelling', () => {
  test('ends a waiting delivery and leaves the others', () => {
    const { board, group } = waiting('a', 'b');
    board.cancelled(['a']);
    expect(doing(board)).toEqual({ a: 'ended', b: 'waiting' });
    expect(board.due(group)).toEqual(['b']);
    expect(board.counts).toEqual({ ...none, cancelled: 1 });
  });

  test('interrupts the wait when it was the last', () => {
    const { board, group } = waiting('a');
    let interrupted = false;
    group.interrupt = () => {
      interrupted = true;
    };
    board.cancelled(['a']);
    expect(interrupted).toBe(true);
  });

  test('forgets the presses in line, but not one that comes after it', () => {
    const { board } = waiting('a');
    board.attempting(['a']);
    board.press('a', 'before');
    board.forgetPresses(['a']);
    board.press('a', 'after');
    board.cancelled(['a']);
    board.attempted([entry('a', 'ended')]);
    expect([board.takePress('a'), board.hasPresses()]).toEqual(['after', false]);
  });

  test('an attempt under way that still succeeds counts as a success', () => {
    const board = new Board();
    board.attempting(['a']);
    board.cancelled(['a']);
    expect(doing(board)).toEqual({ a: 'attempting' });
    board.attempted([entry('a', 'succeeded')]);
    expect(board.counts).toEqual({ ...none, succeeded: 1 });
  });

  test('does not rewrite how a delivery has ended', () => {
    const board = new Board();
    board.attempting(['a']);
    board.attempted([entry('a', 'succeeded')]);
    board.cancelled(['a']);
    expect(board.counts).toEqual({ ...none, succeeded: 1 });
  });
});

describe('telling people', () => {
  const exhausted = () => {
    const board = new Board();
    board.attempting(['a']);
    board.attempted([entry('a', 'exhausted')]);
    board.telling(['a']);
    return board;
  };

  test('is shown, and over when they are told', () => {
    const board = exhausted();
    expect(doing(board)).toEqual({ a: 'telling' });
    board.told(['a']);
    expect(doing(board)).toEqual({ a: 'ended' });
    expect(board.counts).toEqual({ ...none, exhausted: 1 });
  });

  test('does not stand in the way of a press', () => {
    const board = exhausted();
    board.press('a', 'press');
    expect(board.takePress('a')).toBe('press');
    board.told(['a']);
    expect(doing(board)).toEqual({ a: 'attempting' });
  });

  test('does not hide an attempt that has begun meanwhile', () => {
    const board = new Board();
    board.attempting(['a']);
    board.telling(['a']);
    expect(doing(board)).toEqual({ a: 'attempting' });
  });
});

describe('what the next run has left to do', () => {
  test('is nothing when all has ended, but the counts', () => {
    const board = new Board();
    board.attempting(['a']);
    board.attempted([entry('a', 'succeeded')]);
    expect(board.carry()).toEqual({
      waiting: [],
      presses: [],
      untold: [],
      counts: { ...none, succeeded: 1 },
    });
  });

  test('is each group once, with its time', () => {
    const { board } = waiting('a', 'b');
    board.attempting(['c']);
    board.attempted([entry('c', 'retry')]);
    board.waiting(['c'], 2_000);
    expect(board.carry().waiting).toEqual([
      { deliveryIds: ['a', 'b'], dueAtMs: 1_000 },
      { deliveryIds: ['c'], dueAtMs: 2_000 },
    ]);
  });

  test('is every press that was not carried out, in order', () => {
    const { board } = waiting('a');
    board.press('a', 'one');
    board.press('a', 'two');
    board.press('b', 'three');
    expect(board.carry().presses).toEqual([
      { deliveryId: 'a', pressId: 'one' },
      { deliveryId: 'a', pressId: 'two' },
      { deliveryId: 'b', pressId: 'three' },
    ]);
  });

  test('is whom nobody was told of', () => {
    const board = new Board();
    board.attempting(['a', 'b']);
    board.attempted([entry('a', 'exhausted'), entry('b', 'exhausted')]);
    board.telling(['a', 'b']);
    board.told(['b']);
    expect(board.carry().untold).toEqual([['a']]);
  });

  test('goes on counting where the run before left off', () => {
    const board = new Board({ ...none, succeeded: 3, exhausted: 1 });
    board.attempting(['a']);
    board.attempted([entry('a', 'succeeded')]);
    expect(board.carry().counts).toEqual({ ...none, succeeded: 4, exhausted: 1 });
  });

  test('is everything that was open: nothing is lost between two runs', () => {
    const { board } = waiting('a', 'b', 'c');
    board.press('a', 'press');
    board.attempting(['d']);
    board.attempted([entry('d', 'exhausted')]);
    board.telling(['d']);
    const { waiting: groups, presses, untold } = board.carry();
    const carried = [
      ...groups.flatMap(({ deliveryIds }) => deliveryIds),
      ...presses.map(({ deliveryId }) => deliveryId),
      ...untold.flat(),
    ];
    expect(new Set(carried)).toEqual(new Set(['a', 'b', 'c', 'd']));
  });
});
