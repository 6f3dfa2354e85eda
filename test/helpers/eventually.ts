/** Waits for what comes by itself, without knowing when. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Reads again and again until the value is as it should be. @throws Error that shows what it was to the last */
export async function eventually<Value>(
  read: () => Promise<Value> | Value,
  isDone: (value: Value) => boolean,
  withinMs = 20_000,
): Promise<Value> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > deadline) throw new Error(`It never came to that: ${JSON.stringify(value)}`);
    await sleep(50);
  }
}
