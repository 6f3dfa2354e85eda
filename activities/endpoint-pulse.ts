/**
 * What this process has lately seen of each endpoint: enough to choose its lane. Kept in memory on purpose: a wrong
 * guess costs a little time, a database row per attempt would cost it always.
 */

export type EndpointPulse = {
  observe(endpointId: string, attempt: { durationMs: number; succeeded: boolean }): void;
  /**
   * Whether a first attempt may run inside the workflow's first task. A hanging endpoint would pin that task, so one
   * whose timeout is long must first have shown that it is quick.
   */
  isQuick(endpointId: string, timeoutMs: number): boolean;
};

/** Two workflow-task heartbeats fit into this; a longer timeout must not be waited for in the quick lane. */
const UNPROVEN_TIMEOUT_MS = 8_000;
const QUICK_P99_MS = 1_000;
const WINDOW = 100;
const MAX_ENDPOINTS = 20_000;

export function createEndpointPulse(): EndpointPulse {
  const recent = new Map<string, { durationsMs: number[]; failing: boolean }>();
  return {
    observe(endpointId, { durationMs, succeeded }) {
      const pulse = recent.get(endpointId) ?? { durationsMs: [], failing: false };
      pulse.durationsMs.push(durationMs);
      if (pulse.durationsMs.length > WINDOW) pulse.durationsMs.shift();
      pulse.failing = !succeeded;
      // Re-inserting keeps the map in the order of last use, so the first key is the one to forget.
      recent.delete(endpointId);
      recent.set(endpointId, pulse);
      if (recent.size > MAX_ENDPOINTS) {
        const [oldest] = recent.keys();
        if (oldest !== undefined) recent.delete(oldest);
      }
    },
    isQuick(endpointId, timeoutMs) {
      const pulse = recent.get(endpointId);
      if (pulse === undefined) return timeoutMs <= UNPROVEN_TIMEOUT_MS;
      if (pulse.failing) return false;
      // With a window of 100 the p99 is the slowest but one; with fewer, the slowest.
      const slowest = [...pulse.durationsMs].sort((a, b) => b - a);
      const p99 = slowest[slowest.length === WINDOW ? 1 : 0] ?? 0;
      return p99 < QUICK_P99_MS;
    },
  };
}
