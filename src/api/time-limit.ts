/** Ends synchronous work that takes too long: what a stranger's schema can make of it must not stand still for all. */
import { createContext, Script } from 'node:vm';

/** The work did not end in time, twice. */
export class TimeLimitError extends Error {}

const holder: { work?: () => unknown } = {};
const context = createContext(holder);
const script = new Script('work()');

/**
 * Runs `work`, which must not wait for anything. It costs some 60 µs: a thread that watches.
 * @throws TimeLimitError when it has not ended after `limitMs`; and what `work` throws
 */
export function withinTime<Result>(limitMs: number, work: () => Result): Result {
  try {
    return run(limitMs, work);
  } catch (error) {
    if (!isTimeout(error)) throw error;
  }
  // A process that was put to sleep for a while has not had its time: only the second time counts.
  try {
    return run(limitMs, work);
  } catch (error) {
    if (isTimeout(error)) throw new TimeLimitError(`not done after ${limitMs} ms`, { cause: error });
    throw error;
  }
}

function run<Result>(limitMs: number, work: () => Result): Result {
  holder.work = work;
  try {
    return script.runInContext(context, { timeout: limitMs }) as Result;
  } finally {
    delete holder.work;
  }
}

function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
