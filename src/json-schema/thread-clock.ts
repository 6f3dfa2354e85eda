/**
 * How long a thread has had a processor. On a busy machine more time passes than a thread gets, and nobody's schema is to blame
 * for that. Linux says it of each thread; elsewhere the time that passes has to do.
 */
import { openSync, readFileSync, readlinkSync, readSync } from 'node:fs';

/** This thread's clock: `id` is what others find it by, 0 where they cannot. */
export type ThreadClock = { id: number; nowMs(): number };

const NS_PER_MS = 1_000_000;
/** The first of its numbers: nanoseconds on a processor. */
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
    // Not Linux, or one that does not say.
  }
  return { id: 0, nowMs: () => performance.now() };
}

/** What the clock of a thread of this process shows; `null` where nobody can tell, or the thread has ended. */
export function readThreadClock(id: number): number | null {
  if (id === 0) return null;
  try {
    return millisecondsIn(readFileSync(`/proc/self/task/${id}/${CLOCK_FILE}`, 'latin1'));
  } catch {
    return null;
  }
}

const millisecondsIn = (text: string) => Number(text.split(' ')[0]) / NS_PER_MS;
