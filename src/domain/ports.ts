/** What the parts ask of the engine, in words without Temporal: implemented in the runtime. */
import type { Trigger } from './delivery.ts';
import type { AttemptErrorCode } from './errors.ts';

/** The runs that a delivery's log is read from. */
export type RunRef = { workflowId: string; runId: string | null };

/** What a workflow's history says about one delivery. Times are Unix ms. */
export type HistoryEntry =
  | {
      kind: 'attempt';
      number: number;
      trigger: Trigger;
      pressId: string | null;
      atMs: number;
      durationMs: number;
      status: number | null;
      error: AttemptErrorCode | null;
      /** what was decided: retried after so many ms, or over */
      outcome: string;
      retryAfterMs: number | null;
    }
  | { kind: 'press'; pressId: string | null; atMs: number; by: string }
  | { kind: 'cancel'; atMs: number; by: string }
  | { kind: 'told'; atMs: number }
  | { kind: 'closed'; atMs: number; how: string };

export type RunHistory = { ref: { workflowId: string; runId: string }; entries: HistoryEntry[] };

/** How a workflow stands; `unknown`: Temporal has never heard of it, or has forgotten it. */
export type RunStatus = 'running' | 'closed' | 'unknown';

export type Engine = {
  /** whether Temporal can be reached now */
  isAvailable(): boolean;
  /**
   * Has the delivery sent now, or again.
   * @throws Problem temporal_unavailable
   */
  signalRetry(delivery: { id: string; workflowId: string | null }, pressId: string): Promise<void>;
  /**
   * Has an operation carried out. One that is under way goes on as it is.
   * @throws Problem temporal_unavailable
   */
  startOperation(operationId: string): Promise<void>;
  /** Tells the delivery's workflow that it has been cancelled. The row says so already: best effort. */
  signalCancel(delivery: { id: string; workflowId: string | null }): Promise<void>;
  /**
   * What the run's history says about the delivery; `null` when there is no such history (any more), or it is too large to read.
   * @throws Problem temporal_unavailable
   */
  readHistory(run: RunRef, deliveryId: string): Promise<RunHistory | null>;
  /** Where people see the run in Temporal's Web UI; `null` when that is not known. */
  webUrl(run: RunRef): string | null;
};
