/** A delivery: one event for one endpoint, from acceptance to its end. */
import type { AttemptErrorCode } from './errors.ts';

/**
 * pending    accepted, and not yet claimed by a workflow
 * delivering an attempt is being made
 * retrying   an attempt failed or was deferred, and its workflow waits for the next one
 * held       it waits for something other than time (`held_reason`)
 * succeeded, failed, cancelled: it has ended, until somebody retries it
 */
export const DELIVERY_STATUSES = [
  'pending',
  'delivering',
  'retrying',
  'held',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const ENDED_STATUSES = ['succeeded', 'failed', 'cancelled'] as const satisfies DeliveryStatus[];
export type EndedStatus = (typeof ENDED_STATUSES)[number];

export const UNENDED_STATUSES = [
  'pending',
  'delivering',
  'retrying',
  'held',
] as const satisfies DeliveryStatus[];

export const HELD_REASONS = ['ordered', 'rate_limited', 'stalled'] as const;
export type HeldReason = (typeof HELD_REASONS)[number];

/** The cause of an attempt: the schedule, a person, a redelivery (recover, replay, bulk retry), or the endpoint's test button. */
export const TRIGGERS = ['schedule', 'manual', 'recovery', 'test'] as const;
export type Trigger = (typeof TRIGGERS)[number];

export type Delivery = {
  id: string;
  tenantId: string;
  eventId: string;
  endpointId: string;
  eventType: string;
  isTest: boolean;
  status: DeliveryStatus;
  heldReason: HeldReason | null;
  attemptCount: number;
  nextAttemptAt: Date | null;
  endedAt: Date | null;
  lastError: AttemptErrorCode | null;
  lastResponseStatus: number | null;
  workflowId: string | null;
  runId: string | null;
  createdAt: Date;
  /** whether an attempt is being made, as far as is known, also of one that was cancelled meanwhile; absent: not asked for */
  isAttempted?: boolean;
};

export function isEnded(status: DeliveryStatus): status is EndedStatus {
  return ENDED_STATUSES.some((each) => each === status);
}
