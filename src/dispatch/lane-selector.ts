/**
 * Chooses the lane of an endpoint from its last attempts in this process. They are kept in memory only: a wrong guess costs a little
 * time, a database row per attempt would cost it always.
 */

import { LRUCache } from 'lru-cache';
import type { Lane } from '../domain/lane.ts';

export type LaneSelector = {
  /** Notes that an attempt begins. @returns the function to call when it has ended */
  observe(endpointId: string): (succeeded: boolean) => void;
  laneOf(endpointId: string, timeoutMs: number): Lane;
};

/** The longest timeout of an unknown endpoint in the quick lane, so that two heartbeats of a workflow task cover it. */
const UNPROVEN_TIMEOUT_MS = 8_000;
const SLOW_MS = 1_000;
/** A process that is busier than this share of the time cannot tell whether the receiver or it is slow: it waits for longer once. */
const BUSY = 0.9;
const SLOW_WHEN_BUSY_MS = 4_000;
const WINDOW = 100;
/** Slow attempts allowed in a full window, so that the p99 is quick. In a shorter one, none is allowed. */
const SLOW_ALLOWED = 1;
const MAX_ENDPOINTS = 20_000;

type EndpointHistory = {
  /** whether each of the last attempts was slow, oldest first */
  recent: boolean[];
  slow: number;
  failing: boolean;
  /** how many attempts in flight are slow already */
  hanging: number;
};

/** Begins to measure. @returns a function that tells how busy this process has been since, from 0 to 1 */
type Busyness = () => () => number;

const busynessOfLoop: Busyness = () => {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization;
};

/** @param busyness default: that of the event loop */
export function createLaneSelector(busyness = busynessOfLoop): LaneSelector {
  const histories = new LRUCache<string, EndpointHistory>({ max: MAX_ENDPOINTS });

  function touch(endpointId: string): EndpointHistory {
    const known = histories.get(endpointId);
    if (known !== undefined) return known;
    const history: EndpointHistory = { recent: [], slow: 0, failing: false, hanging: 0 };
    histories.set(endpointId, history);
    return history;
  }

  return {
    observe(endpointId) {
      let isSlow = false;
      const hangs = () => {
        isSlow = true;
        touch(endpointId).hanging += 1;
      };
      const busySince = busyness();
      // An endpoint that hangs is known as slow before its timeout is over.
      let timer = setTimeout(() => {
        if (busySince() > BUSY) timer = setTimeout(hangs, SLOW_WHEN_BUSY_MS - SLOW_MS);
        else hangs();
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
      const history = histories.peek(endpointId);
      if (history === undefined) return timeoutMs <= UNPROVEN_TIMEOUT_MS ? 'quick' : 'unproven';
      const allowed = history.recent.length === WINDOW ? SLOW_ALLOWED : 0;
      if (history.hanging > 0 || history.slow > allowed) return 'suspect';
      return history.failing ? 'failing' : 'quick';
    },
  };
}
