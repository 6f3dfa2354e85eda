/** Batched look-ups: one runs at a time, and the next one looks up together all that was asked for meanwhile. */
import { setTimeout } from 'node:timers/promises';

type Waiting<Value> = { name: string; resolve(value: Value | undefined): void; reject(error: unknown): void };

/**
 * @param rules.work looks up at most `size` names, none of them twice
 * @param rules.everyMs pause after each look-up; default: none
 * @param rules.maxWaiting names that may wait; one more rejects with `full()`
 * @returns a function that looks one name up; `undefined`: there is none. Rejects with the error of its batch
 */
export function createBatchedLookup<Value>(rules: {
  work(names: string[]): Promise<Map<string, Value>>;
  size: number;
  everyMs?: number;
  maxWaiting: number;
  full(): Error;
}): (name: string) => Promise<Value | undefined> {
  let waiting: Waiting<Value>[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, rules.size);
      waiting = waiting.slice(rules.size);
      try {
        const found = await rules.work([...new Set(batch.map(({ name }) => name))]);
        for (const { name, resolve } of batch) resolve(found.get(name));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      if (rules.everyMs !== undefined) await setTimeout(rules.everyMs, undefined, { ref: false });
    }
    isRunning = false;
  }

  return (name) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= rules.maxWaiting) return reject(rules.full());
      waiting.push({ name, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      void run();
    });
}
