/**
 * Contract of the workflows: their names, signals, query and inputs, and the activities that they call. Everything here may stand in
 * histories for weeks: fields are added, never renamed or removed.
 */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Trigger } from '../src/domain/delivery.ts';
import type { AttemptErrorCode } from '../src/domain/errors.ts';

export const WORKFLOW_TYPE = 'deliver';

/** `operate` until 0.1.0, whose workers must not carry out what they do not know: they would leave out the half of a selection. */
export const OPERATION_TYPE = 'runOperation';

export type OperateInput = { operationId: string };

/** The suffix of the task queue for attempts that may take long. The rest of its name is that of the workflows' queue. */
export const ATTEMPTS_QUEUE_SUFFIX = '-attempts';

export type DeliverInput = {
  /** deliveries to attempt at once, each group in one activity */
  groups?: string[][];
  /** whether the endpoints are quick, so that the first attempt is a local activity of the first workflow task */
  quick?: boolean;
  /** the delivery that a signal without an id means; `signal-with-start` by hand names it here */
  deliveryId?: string;
  /** exhausted deliveries that people have not been notified of */
  untold?: string[];
  /** the open work of the run that continued as this one */
  carried?: Carried;
};

export type Carried = {
  waiting: { deliveryIds: string[]; dueAtMs: number }[];
  presses: Press[];
  untold: string[][];
  counts: DeliverCounts;
};

export type DeliverCounts = { succeeded: number; exhausted: number; cancelled: number; left: number };

/** One request for a manual retry. Without a `pressId` (a signal by hand) the workflow makes one. */
export type Press = { deliveryId?: string; pressId?: string };

/** Sends this delivery now, or again. */
export const retryNow = defineSignal<[Press?]>('retryNow');
/** Cancels this delivery; without an id, all of the workflow's. */
export const cancel = defineSignal<[{ deliveryId?: string }?]>('cancel');
/** Returns the state of each of the workflow's deliveries. */
export const state = defineQuery<DeliveryState[]>('state');

export type DeliveryState = {
  deliveryId: string;
  doing: 'attempting' | 'waiting' | 'telling' | 'ended';
  /** when the next scheduled attempt is due */
  dueAt?: string;
  /** presses that wait for the end of an attempt in flight */
  presses?: number;
};

export type AttemptInput = {
  deliveryIds: string[];
  trigger: Trigger;
  /** the press, with the trigger `manual` */
  pressId?: string;
};

/**
 * The outcome of one delivery in one call of `attempt`; at most about 300 bytes in the history.
 *
 * succeeded  delivered
 * retry      to be attempted again after `retryAfterMs`
 * exhausted  failed for good, and people must be notified
 * ended      it had ended before or ends now, and nobody needs to be notified
 * left       held, or another workflow continues it
 */
export type AttemptEntry = {
  id: string;
  outcome: 'succeeded' | 'retry' | 'exhausted' | 'ended' | 'left';
  /** absent when nothing was sent */
  attempt?: {
    number: number;
    trigger: Trigger;
    pressId?: string;
    /** Unix ms */
    at: number;
    ms: number;
    status?: number;
    error?: AttemptErrorCode;
  };
  retryAfterMs?: number;
  /** the press could not be carried out yet: try it again after `retryAfterMs` */
  pressAgain?: boolean;
  /** numbers the endpoint in this call: deliveries of one endpoint are retried together */
  group: number;
};

export type AttemptOutput = {
  entries: AttemptEntry[];
  /** some attempts were made but could not be recorded: `record` must record them */
  unrecorded?: true;
};

export type NotifyOutput = { done: true } | { done: false; waitMs: number };

export const PRUNE_TYPE = 'prune';

/** `after` is an event's sort id; `null`: go on with the next tenant after this one. */
export type PruneCursor = { tenantId: string; after: string | null };

export type PrunedPage = {
  erased: number;
  /** null: there is no more */
  next: PruneCursor | null;
};

/** One page of an operation; the next one after `waitMs`. */
export type OperationStep = { done: true } | { done: false; waitMs: number; doing: string };

export type Activities = {
  attempt(input: AttemptInput): Promise<AttemptOutput>;
  record(input: AttemptOutput): Promise<AttemptOutput>;
  notify(input: { deliveryIds: string[] }): Promise<NotifyOutput>;
  /** of operations that 0.1.0 has started */
  advanceOperation(input: OperateInput): Promise<OperationStep>;
  runOperationPage(input: OperateInput): Promise<OperationStep>;
  prunePayloads(input: PruneCursor): Promise<PrunedPage>;
  cancelDeliveries(input: { deliveryIds: string[] }): Promise<{ cancelled: string[] }>;
};
