/** A time limit that does not blame the receiver for a stall of this process. */

/**
 * A signal that aborts after `ms` with a `TimeoutError`. What has arrived by then is read first: after a stall of the process, Node runs
 * its timers before it reads the sockets.
 * @returns `clear`, to be called when the work has ended
 */
export function deadlineAfter(ms: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(
    () => setImmediate(() => controller.abort(new DOMException('The time is up.', 'TimeoutError'))),
    ms,
  );
  timer.unref();
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
