/** Time slices for long work on the main thread: each round of the event loop runs one slice of it, and serves the other requests. */

/** Length of a slice. */
const TURN_MS = 5;

const waiting: (() => void)[] = [];
let isPlanned = false;

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  // An immediate that is set inside of one runs in the next round.
  setImmediate(() => {
    isPlanned = false;
    waiting.shift()?.();
    if (waiting.length > 0) plan();
  });
}

/** Resolves in a round of the event loop in which no other slice runs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    plan();
  });
}

/** @returns a function to await between two pieces of work; it waits for the next slice when this one is used up */
export function takeTurns(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < TURN_MS) return;
    await nextTurn();
    begun = performance.now();
  };
}
