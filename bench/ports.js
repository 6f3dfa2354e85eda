/** Ports for the parts. */
import { freePort } from '../dist/src/embedded/free-port.js';

/** Below those that the system gives away, and below 32,768: Temporal keeps its ports in a `smallint`. */
const FIRST = 15_000;
const LAST = 30_000;

/** @returns {Promise<number[]>} so many free ports, each another one: a port that was just tried is free again */
export async function distinctPorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const wanted = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if ((await freePort(wanted)) === wanted) ports.add(wanted);
  }
  return [...ports];
}
