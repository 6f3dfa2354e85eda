/** Work that is asked for again and again, and done once in a while. */

export type Pacer = {
  /** Has it done: soon, or when it was done long enough ago. */
  ask(): void;
  /** Forgets what was asked for. */
  stop(): void;
};

/**
 * @param pace.pauseMs the time from when it was done until it is done again, at least
 * @param pace.gatherMs how long it waits in any case, for what is asked for at about the same time
 */
export function createPacer(work: () => void, pace: { pauseMs: number; gatherMs: number }): Pacer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let doneAt = Number.NEGATIVE_INFINITY;
  const now = () => performance.now();
  function run(): void {
    timer = undefined;
    doneAt = now();
    work();
  }
  return {
    ask: () => {
      timer ??= setTimeout(run, Math.max(pace.gatherMs, doneAt + pace.pauseMs - now()));
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
