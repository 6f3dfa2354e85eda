/** Waiting for something to become true, not for ever. */

/**
 * @param {() => Promise<boolean> | boolean} isTrue
 * @param {{ withinMs: number, everyMs: number, ended?: Promise<unknown>, failure: () => string }} options
 *   `ended`: resolves when it cannot become true any more
 * @throws Error with `failure()` when it did not become true in time
 */
export async function until(isTrue, { withinMs, everyMs, ended, failure }) {
  let over = false;
  void ended?.then(() => {
    over = true;
  });
  const deadline = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (over || Date.now() > deadline) throw new Error(failure());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
