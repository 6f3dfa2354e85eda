/** Presses that are still to be carried out, as a workflow's history tells of them. */
import { openPresses } from '../../src/domain/open-presses.ts';
import type { HistoryEntry, PressStep } from '../../src/domain/ports.ts';

let atMs = 0;
const press = (pressId: string | null): HistoryEntry => {
  atMs += 1;
  return { kind: 'press', pressId, atMs, by: 'test' };
};
const step = (pressId: string, what: PressStep): HistoryEntry => ({
  kind: 'press step',
  pressId,
  step: what,
  atMs,
});
const cancel: HistoryEntry = { kind: 'cancel', atMs, by: 'test' };
const closed: HistoryEntry = { kind: 'closed', atMs, how: 'completed' };

test.each<[string, HistoryEntry[], string[]]>([
  ['none', [], []],
  ['one that nobody has taken', [press('a')], ['waiting']],
  ['one in line behind another', [press('a'), press('b'), step('a', 'taken')], ['taken', 'waiting']],
  ['one that is carried out', [press('a'), step('a', 'taken'), step('a', 'done')], []],
  ['one that found no place', [press('a'), step('a', 'taken'), step('a', 'deferred')], ['deferred']],
  [
    'one that is tried again',
    [press('a'), step('a', 'taken'), step('a', 'deferred'), step('a', 'taken')],
    ['taken'],
  ],
  [
    'one without an id, which gets one when it is taken',
    [press(null), step('x', 'taken'), step('x', 'done')],
    [],
  ],
  ['two without an id', [press(null), press(null), step('x', 'taken'), step('x', 'done')], ['waiting']],
  [
    'those before a cancellation that are not being carried out',
    [press('a'), press('b'), step('a', 'taken'), cancel, press('c')],
    ['taken', 'waiting'],
  ],
  ['those of a workflow that has ended', [press('a'), press('b'), closed], []],
  ['a step of a press from an earlier run', [step('old', 'taken'), step('old', 'done')], []],
])('%s', (_name, entries, expected) => {
  expect(openPresses(entries).map((each) => each.step)).toEqual(expected);
});
