/** Long work on the main thread is done in turns: in each round of the event loop one piece of it, and everybody else. */

/** A piece of work looks at the clock this often, and ends after so long. */
const TURN_MS = 5;

const waiting: (() => void)[] = [];
let isPlanned = false;

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  // What is planned inside of one comes in the next round.
  setImmediate(() => {
    isPlanned = false;
    waiting.shift()?.();
    if (waiting.length > 0) plan();
  });
}

/** Resolves in a round of the event loop in which no other long work goes on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    plan();
  });
}

/** @returns to be awaited between two pieces of work: waits when the turn is over */
export function takeTurns(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < TURN_MS) return;
    await nextTurn();
    begun = performance.now();
  };
}
