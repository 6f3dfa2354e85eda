/** The machine's own speed: a fixed piece of work for Node, so that runs at different moments can be told apart. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROUNDS = 20_000;

/**
 * Measures in a process of its own, whose compiler has seen nothing else.
 * @returns rounds of the fixed work a second, on one core
 */
export async function machineSpeed(): Promise<number> {
  const { stdout } = await run(process.execPath, [import.meta.filename]);
  return Number(stdout);
}

/** Numbers, objects, text and a hash: what a service does between its calls. */
function work(rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) {
    const text = JSON.stringify({
      id: `evt_${round}`,
      data: Array.from({ length: 20 }, (_, at) => at * round),
    });
    sum += createHash('sha256').update(text).digest()[0] ?? 0;
    sum += (JSON.parse(text) as { data: number[] }).data.length;
  }
  return sum;
}

if (process.argv[1] === import.meta.filename) {
  work(ROUNDS / 10);
  const began = performance.now();
  work(ROUNDS);
  console.log((ROUNDS * 1000) / (performance.now() - began));
}
