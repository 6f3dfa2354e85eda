/**
 * Clock of the processor time that a thread has had. On a busy machine a thread runs for less time than passes, and its schema is
 * not to blame for the rest. Linux counts the time of each thread; elsewhere elapsed time takes its place.
 */
import { openSync, readFileSync, readlinkSync, readSync } from 'node:fs';

/** This thread's clock. Other threads find it by `id`; 0: they cannot. */
export type ThreadClock = { id: number; nowMs(): number };

const NS_PER_MS = 1_000_000;
/** Its first number is the nanoseconds on a processor. */
const CLOCK_FILE = 'schedstat';

/** @returns the clock of the thread that calls this */
export function openThreadClock(): ThreadClock {
  try {
    const id = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    const file = openSync(`/proc/thread-self/${CLOCK_FILE}`, 'r');
    const buffer = Buffer.alloc(100);
    const nowMs = () =>
      millisecondsIn(buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0)));
    if (Number.isFinite(nowMs())) return { id, nowMs };
  } catch {
    // Not Linux, or a kernel without this file.
  }
  return { id: 0, nowMs: () => performance.now() };
}

/** Processor time of a thread of this process, in ms; `null`: it is not known, or the thread has ended. */
export function readThreadClock(id: number): number | null {
  if (id === 0) return null;
  try {
    return millisecondsIn(readFileSync(`/proc/self/task/${id}/${CLOCK_FILE}`, 'latin1'));
  } catch {
    return null;
  }
}

const millisecondsIn = (text: string) => Number(text.split(' ')[0]) / NS_PER_MS;
