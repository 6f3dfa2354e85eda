/** Watches a job in a thread from outside, because a busy thread cannot report that it is busy. */
import { readThreadClock, type ThreadClock } from './thread-clock.ts';

/** Shared memory in which a thread shows the state of its job. */
export type JobSigns = Int32Array;

const PHASE = 0;
const THREAD = 1;
const CLOCK_AT_BEGIN = 2;

/** Phases of a job, each with a time limit of its own; 0 before the first one, while the thread starts. */
const PHASES = { compile: 1, check: 2 } as const;
export type JobPhase = keyof typeof PHASES;

const TICK_MS = 25;
/** Elapsed time for a job, the start of its thread included. Even on a busy machine, a longer one means that something is wrong. */
const MAX_WAIT_MS = 30_000;

export function newSigns(): JobSigns {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

/** Called in the thread when it begins a phase. */
export function showPhase(signs: JobSigns, phase: JobPhase, clock: ThreadClock): void {
  Atomics.store(signs, THREAD, clock.id);
  Atomics.store(signs, CLOCK_AT_BEGIN, Math.floor(clock.nowMs()));
  Atomics.store(signs, PHASE, PHASES[phase]);
}

export type JobWatch = { spentMs(): number; end(): void };

/**
 * @param limitMs processor time that each phase may take
 * @param overrun called when a phase takes more (`cost`), or the job does not end (`stuck`)
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
      // Without a clock, ticks are counted instead of elapsed time, because a process may have been suspended meanwhile.
      ranMs[phase] =
        clockMs === null ? ranMs[phase] + TICK_MS : clockMs - Atomics.load(signs, CLOCK_AT_BEGIN);
    }
    if (ranMs[phase] > limitMs[phase]) overrun('cost');
    else if (waitedMs > MAX_WAIT_MS) overrun('stuck');
  }
  const timer = setInterval(tick, TICK_MS);
  return { spentMs: () => ranMs.compile + ranMs.check, end: () => clearInterval(timer) };
}
