/** Presses that are still to be carried out, read from a workflow's history. */
import type { HistoryEntry, PressStep } from './ports.ts';

/** A press whose attempt has not been made. */
export type OpenPress = {
  atMs: number;
  /** `waiting`: for an attempt that is under way, or for a worker */
  step: 'waiting' | Exclude<PressStep, 'done'>;
};

/** The open presses of one run, oldest first. */
export function openPresses(entries: readonly HistoryEntry[]): OpenPress[] {
  const open: (OpenPress & { pressId: string | null })[] = [];
  for (const entry of entries) {
    if (entry.kind === 'press') {
      open.push({ pressId: entry.pressId, atMs: entry.atMs, step: 'waiting' });
    } else if (entry.kind === 'press step') {
      // A press by Temporal's own command line gets its id in the workflow. Presses are taken in their order.
      const press =
        open.find(({ pressId }) => pressId === entry.pressId) ?? open.find(({ pressId }) => pressId === null);
      if (press === undefined) continue;
      press.pressId = entry.pressId;
      if (entry.step === 'done') open.splice(open.indexOf(press), 1);
      else press.step = entry.step;
    } else if (entry.kind === 'cancel') {
      // A cancellation ends the presses before it that are not being carried out.
      for (const press of open.filter(({ step }) => step === 'waiting')) open.splice(open.indexOf(press), 1);
    } else if (entry.kind === 'closed') open.length = 0;
  }
  return open.map(({ atMs, step }) => ({ atMs, step }));
}
