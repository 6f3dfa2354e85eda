/** The engine's port: what API and dispatcher ask of the engine, without importing Temporal's SDK. src/temporal implements it. */
import type { Trigger } from './delivery.ts';
import type { AttemptErrorCode } from './errors.ts';

/** A workflow run; a delivery's log is read from its history. */
export type RunRef = { workflowId: string; runId: string | null };

/**
 * taken    its attempt is being made, or is about to be
 * deferred there was no place for its attempt: it is tried again in some seconds
 * done     its attempt was made, or there was none to make any more
 */
export type PressStep = 'taken' | 'deferred' | 'done';

/** An entry of a workflow's history about one delivery. Times are Unix ms. */
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
      /** the decision; a retry comes after `retryAfterMs` */
      outcome: string;
      retryAfterMs: number | null;
    }
  | { kind: 'press'; pressId: string | null; atMs: number; by: string }
  | { kind: 'press step'; pressId: string; step: PressStep; atMs: number }
  | { kind: 'cancel'; atMs: number; by: string }
  | { kind: 'told'; atMs: number }
  | { kind: 'closed'; atMs: number; how: string };

export type RunHistory = { ref: { workflowId: string; runId: string }; entries: HistoryEntry[] };

/** The status of a workflow; `unknown`: Temporal has never had it, or does not keep it any more. */
export type RunStatus = 'running' | 'closed' | 'unknown';

export type Engine = {
  /** whether Temporal can be reached now */
  isAvailable(): boolean;
  /**
   * Has the delivery sent now, or sent again.
   * @throws Problem temporal_unavailable
   */
  signalRetry(delivery: { id: string; workflowId: string | null }, pressId: string): Promise<void>;
  /**
   * Starts the workflow of an operation. One that runs already goes on as it is.
   * @throws Problem temporal_unavailable
   */
  startOperation(operationId: string): Promise<void>;
  /** Tells the delivery's workflow that it has been cancelled. Best effort, because the row says so already. */
  signalCancel(delivery: { id: string; workflowId: string | null }): Promise<void>;
  /**
   * Reads the run's history of the delivery; `null` when there is no such history (any more), or it is too large to read.
   * @throws Problem temporal_unavailable
   */
  readHistory(run: RunRef, deliveryId: string): Promise<RunHistory | null>;
  /** The version of the Temporal server; `null`: it is away, or does not say. */
  serverVersion(): Promise<string | null>;
  /** The URL of the run in Temporal's Web UI; `null` when the UI is not configured. */
  webUrl(run: RunRef): string | null;
};
