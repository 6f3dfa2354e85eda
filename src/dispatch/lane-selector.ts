/**
 * What this process has lately seen of each endpoint: enough to choose its lane. Kept in memory on purpose: a wrong
 * guess costs a little time, a database row per attempt would cost it always.
 */

import type { Lane } from '../domain/lane.ts';

export type LaneSelector = {
  /** An attempt begins. @returns what to call when it has ended, with how it did */
  observe(endpointId: string): (succeeded: boolean) => void;
  laneOf(endpointId: string, timeoutMs: number): Lane;
};

/** Two workflow-task heartbeats fit into this; a longer timeout must not be waited for in the quick lane. */
const UNPROVEN_TIMEOUT_MS = 8_000;
const SLOW_MS = 1_000;
const WINDOW = 100;
/** With a full window the p99 is the slowest but one; with fewer, the slowest. */
const SLOW_ALLOWED = 1;
const MAX_ENDPOINTS = 20_000;

type EndpointHistory = {
  /** whether each of the last attempts was slow, oldest first */
  recent: boolean[];
  slow: number;
  failing: boolean;
  /** how many that are under way take long */
  hanging: number;
};

export function createLaneSelector(): LaneSelector {
  const histories = new Map<string, EndpointHistory>();

  function touch(endpointId: string): EndpointHistory {
    const history = histories.get(endpointId) ?? { recent: [], slow: 0, failing: false, hanging: 0 };
    // Re-inserting keeps the map in the order of last use, so the first key is the one to forget.
    histories.delete(endpointId);
    histories.set(endpointId, history);
    if (histories.size > MAX_ENDPOINTS) {
      const [oldest] = histories.keys();
      if (oldest !== undefined) histories.delete(oldest);
    }
    return history;
  }

  return {
    observe(endpointId) {
      let isSlow = false;
      // Whoever hangs is known as such before the timeout is over.
      const timer = setTimeout(() => {
        isSlow = true;
        touch(endpointId).hanging += 1;
      }, SLOW_MS);
      return (succeeded) => {
        clearTimeout(timer);
        const history = touch(endpointId);
        history.recent.push(isSlow);
        if (isSlow) {
          history.slow += 1;
          history.hanging = Math.max(0, history.hanging - 1);
        }
        if (history.recent.length > WINDOW && history.recent.shift()) history.slow -= 1;
        history.failing = !succeeded;
      };
    },
    laneOf(endpointId, timeoutMs) {
      const history = histories.get(endpointId);
      if (history === undefined) return timeoutMs <= UNPROVEN_TIMEOUT_MS ? 'quick' : 'unproven';
      const allowed = history.recent.length === WINDOW ? SLOW_ALLOWED : 0;
      if (history.hanging > 0 || history.slow > allowed) return 'suspect';
      return history.failing ? 'failing' : 'quick';
    },
  };
}
