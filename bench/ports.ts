/** Ports for the parts. */
import { freePort } from '../src/embedded/free-port.ts';

/** Below those that the system gives away, and below 32,768: Temporal keeps its ports in a `smallint`. */
const FIRST = 15_000;
const LAST = 30_000;

/** @returns so many free ports, each another one: a port that was just tried is free again */
export async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const wanted = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if ((await freePort(wanted)) === wanted) ports.add(wanted);
  }
  return [...ports];
}
