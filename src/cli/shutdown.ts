/** Ends a process in order on Ctrl-C, SIGTERM or a closed terminal; a second Ctrl-C does not wait. */
import { EXIT } from './failures.ts';

/**
 * Resolves on the first signal: Ctrl-C, SIGTERM, or SIGHUP of a terminal that closes. A repeated SIGTERM changes nothing: what is
 * in flight is finished.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals) => {
      isStopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
    process.on('SIGINT', (signal) => {
      if (isStopping) process.exit(EXIT.leftAtOnce);
      stop(signal);
    });
  });
}
