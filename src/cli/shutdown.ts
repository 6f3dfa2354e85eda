/** Ends a process in order on Ctrl-C, SIGTERM or a closed terminal; a second Ctrl-C does not wait. */
import { EXIT } from './failures.ts';

/** A Ctrl-C under `npm start` comes twice, of the terminal and of npm. What comes so soon is no second one. */
const ONE_PRESS_MS = 500;

/**
 * Resolves on the first signal: Ctrl-C, SIGTERM, or SIGHUP of a terminal that closes. A repeated SIGTERM changes nothing: what is
 * in flight is finished.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stoppedAt: number | null = null;
    const stop = (signal: NodeJS.Signals) => {
      stoppedAt ??= performance.now();
      resolve(signal);
    };
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
    process.on('SIGINT', (signal) => {
      if (stoppedAt !== null && performance.now() - stoppedAt > ONE_PRESS_MS) process.exit(EXIT.leftAtOnce);
      stop(signal);
    });
  });
}
