/**
 * What this process has lately seen of each endpoint: enough to choose its lane. Kept in memory on purpose: a wrong
 * guess costs a little time, a database row per attempt would cost it always.
 */

import type { Lane } from '../domain/lane.ts';

export type EndpointPulse = {
  /** An attempt begins. @returns what to call when it has ended, with how it did */
  watch(endpointId: string): (succeeded: boolean) => void;
  laneOf(endpointId: string, timeoutMs: number): Lane;
};

/** Two workflow-task heartbeats fit into this; a longer timeout must not be waited for in the quick lane. */
const UNPROVEN_TIMEOUT_MS = 8_000;
const SLOW_MS = 1_000;
const WINDOW = 100;
/** With a full window the p99 is the slowest but one; with fewer, the slowest. */
const SLOW_ALLOWED = 1;
const MAX_ENDPOINTS = 20_000;

type Pulse = {
  /** whether each of the last attempts was slow, oldest first */
  recent: boolean[];
  slow: number;
  failing: boolean;
  /** how many that are under way take long */
  hanging: number;
};

export function createEndpointPulse(): EndpointPulse {
  const pulses = new Map<string, Pulse>();

  function touch(endpointId: string): Pulse {
    const pulse = pulses.get(endpointId) ?? { recent: [], slow: 0, failing: false, hanging: 0 };
    // Re-inserting keeps the map in the order of last use, so the first key is the one to forget.
    pulses.delete(endpointId);
    pulses.set(endpointId, pulse);
    if (pulses.size > MAX_ENDPOINTS) {
      const [oldest] = pulses.keys();
      if (oldest !== undefined) pulses.delete(oldest);
    }
    return pulse;
  }

  return {
    watch(endpointId) {
      let isSlow = false;
      // Whoever hangs is known as such before the timeout is over.
      const timer = setTimeout(() => {
        isSlow = true;
        touch(endpointId).hanging += 1;
      }, SLOW_MS);
      return (succeeded) => {
        clearTimeout(timer);
        const pulse = touch(endpointId);
        pulse.recent.push(isSlow);
        if (isSlow) {
          pulse.slow += 1;
          pulse.hanging = Math.max(0, pulse.hanging - 1);
        }
        if (pulse.recent.length > WINDOW && pulse.recent.shift()) pulse.slow -= 1;
        pulse.failing = !succeeded;
      };
    },
    laneOf(endpointId, timeoutMs) {
      const pulse = pulses.get(endpointId);
      if (pulse === undefined) return timeoutMs <= UNPROVEN_TIMEOUT_MS ? 'quick' : 'unproven';
      const allowed = pulse.recent.length === WINDOW ? SLOW_ALLOWED : 0;
      if (pulse.hanging > 0 || pulse.slow > allowed) return 'suspect';
      return pulse.failing ? 'failing' : 'quick';
    },
  };
}
