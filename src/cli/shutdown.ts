/** Ends a process in order on Ctrl-C or SIGTERM; a second Ctrl-C does not wait. */

const LEFT_AT_ONCE = 130;

/** Resolves on the first signal. A supervisor may repeat SIGTERM as often as it likes: what is in flight is finished. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    process.on('SIGTERM', (signal) => {
      isStopping = true;
      resolve(signal);
    });
    process.on('SIGINT', (signal) => {
      if (isStopping) process.exit(LEFT_AT_ONCE);
      isStopping = true;
      resolve(signal);
    });
  });
}
