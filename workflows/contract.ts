/**
 * What the outside must know of the workflow: its name, its signals and query, its input, and the activities that it
 * calls. Everything here may stand in histories for weeks: fields are added, never renamed or removed.
 */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Trigger } from '../src/domain/delivery.ts';
import type { AttemptErrorCode } from '../src/domain/errors.ts';

export const WORKFLOW_TYPE = 'deliver';

export const OPERATION_TYPE = 'operate';

export type OperateInput = { operationId: string };

/** Attempts that may take long have a task queue of their own: the workflows' queue and this. */
export const ATTEMPTS_QUEUE_SUFFIX = '-attempts';

export type DeliverInput = {
  /** attempted at once, each group in one activity */
  groups?: string[][];
  /** the endpoints are quick: the first attempt is a local activity of the first workflow task */
  quick?: boolean;
  /** a single delivery that a signal is for: `signal-with-start` by hand names it here */
  deliveryId?: string;
  /** exhausted deliveries of which nobody was told */
  untold?: string[];
  /** what a run that continued as new has left to do */
  carried?: Carried;
};

export type Carried = {
  waiting: { deliveryIds: string[]; dueAtMs: number }[];
  presses: Press[];
  untold: string[][];
  counts: DeliverCounts;
};

export type DeliverCounts = { succeeded: number; exhausted: number; cancelled: number; left: number };

/** A person pressing retry. Without a `pressId` (a signal by hand) the workflow makes one. */
export type Press = { deliveryId?: string; pressId?: string };

/** Send this delivery now, or again. */
export const retryNow = defineSignal<[Press?]>('retryNow');
/** End this delivery; without an id, all of the workflow's. */
export const cancel = defineSignal<[{ deliveryId?: string }?]>('cancel');
/** What the workflow is doing with each of its deliveries. */
export const state = defineQuery<DeliveryState[]>('state');

export type DeliveryState = {
  deliveryId: string;
  doing: 'attempting' | 'waiting' | 'telling' | 'ended';
  /** when the next scheduled attempt is due */
  dueAt?: string;
  /** presses that wait for the attempt under way to end */
  presses?: number;
};

export type AttemptInput = {
  deliveryIds: string[];
  trigger: Trigger;
  /** with the trigger `manual`: which press this is */
  pressId?: string;
};

/**
 * What became of one delivery in one call of `attempt`; at most about 300 bytes in the history.
 *
 * succeeded  delivered
 * retry      to be attempted again after `retryAfterMs`
 * exhausted  failed for good: people are to be told
 * ended      it had ended, or ends, and nobody needs to be told
 * left       held, or in the care of another workflow
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
  /** a press that could not be carried out yet: again after `retryAfterMs` */
  pressAgain?: boolean;
  /** a number for each endpoint in this call: those of one endpoint go on together */
  group: number;
};

export type AttemptOutput = {
  entries: AttemptEntry[];
  /** some attempts were made but could not be recorded: `record` must write them */
  unrecorded?: true;
};

export type NotifyOutput = { done: true } | { done: false; waitMs: number };

export const PRUNE_TYPE = 'prune';

/** `after` is an event's sort id; null: the next tenant after this one. */
export type PruneCursor = { tenantId: string; after: string | null };

export type PrunedPage = { erased: number /** null: there is no more */; next: PruneCursor | null };

/** One page of an operation; the next one after `waitMs`. */
export type OperationStep = { done: true } | { done: false; waitMs: number; doing: string };

export type Activities = {
  attempt(input: AttemptInput): Promise<AttemptOutput>;
  record(input: AttemptOutput): Promise<AttemptOutput>;
  notify(input: { deliveryIds: string[] }): Promise<NotifyOutput>;
  advanceOperation(input: OperateInput): Promise<OperationStep>;
  prunePayloads(input: PruneCursor): Promise<PrunedPage>;
  cancelDeliveries(input: { deliveryIds: string[] }): Promise<{ cancelled: string[] }>;
};
