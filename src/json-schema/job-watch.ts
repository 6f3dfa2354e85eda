/** Watches one job in a thread from outside: a thread that is busy cannot say that it is. */
import { readThreadClock, type ThreadClock } from './thread-clock.ts';

/** What a thread shows of the job that it is given, in memory that both see. */
export type JobSigns = Int32Array;

const PHASE = 0;
const THREAD = 1;
const CLOCK_AT_BEGIN = 2;

/** What it does: each has a time of its own. A thread may have to start before it begins. */
const PHASES = { compile: 1, check: 2 } as const;
export type JobPhase = keyof typeof PHASES;

const TICK_MS = 25;
/** However little of a processor a thread gets, and however long it takes to start: then something else is wrong. */
const MAX_WAIT_MS = 30_000;

export function newSigns(): JobSigns {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

/** In the thread, when it begins with a phase. */
export function showPhase(signs: JobSigns, phase: JobPhase, clock: ThreadClock): void {
  Atomics.store(signs, THREAD, clock.id);
  Atomics.store(signs, CLOCK_AT_BEGIN, Math.floor(clock.nowMs()));
  Atomics.store(signs, PHASE, PHASES[phase]);
}

export type JobWatch = { spentMs(): number; end(): void };

/**
 * @param limitMs of a processor, that each phase may have
 * @param overrun called when a phase has had them (`cost`), or the job gets nowhere (`stuck`)
 */
export function watchJob(
  signs: JobSigns,
  limitMs: Record<JobPhase, number>,
  overrun: (why: 'cost' | 'stuck') => void,
): JobWatch {
  let waitedMs = 0;
  const ranMs: Record<JobPhase, number> = { compile: 0, check: 0 };
  function tick(): void {
    waitedMs += TICK_MS;
    const phase = Atomics.load(signs, PHASE) === PHASES.check ? 'check' : 'compile';
    if (Atomics.load(signs, PHASE) > 0) {
      const clockMs = readThreadClock(Atomics.load(signs, THREAD));
      // Without a clock, turns are counted and not the time: a process that was put to sleep has not had its time.
      ranMs[phase] =
        clockMs === null ? ranMs[phase] + TICK_MS : clockMs - Atomics.load(signs, CLOCK_AT_BEGIN);
    }
    if (ranMs[phase] > limitMs[phase]) overrun('cost');
    else if (waitedMs > MAX_WAIT_MS) overrun('stuck');
  }
  const timer = setInterval(tick, TICK_MS);
  return { spentMs: () => ranMs.compile + ranMs.check, end: () => clearInterval(timer) };
}
