/** Operations: what is done to many deliveries at once, paced, with progress that can be watched. */
import type { DeliveryStatus } from './delivery.ts';
import type { AttemptErrorCode } from './errors.ts';

/**
 * recover     what failed for an endpoint, and what it has missed while it was disabled
 * replay      what an endpoint got or should have got, again; or only what it never got
 * bulk_retry  deliveries by filter
 * erase       every payload of a tenant
 */
export const OPERATION_KINDS = ['recover', 'replay', 'bulk_retry', 'erase'] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** `failed`: what is stored of it cannot be carried out; the operator is told */
export const OPERATION_STATUSES = ['running', 'completed', 'cancelled', 'failed'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** Which deliveries an operation is about. Times are ISO 8601; `since` is inclusive, `until` exclusive. */
export type Selection = {
  statuses: DeliveryStatus[];
  /** when the event was accepted, or the delivery failed */
  since: string | null;
  until: string | null;
  /** exact names or prefixes with `.*` */
  eventTypes: string[] | null;
  errorCode: AttemptErrorCode | null;
  /** also events that the endpoint subscribes to and has no delivery of */
  missing: boolean;
};

/** What failed for an endpoint in this time, and what was accepted meanwhile without a delivery to it. */
export function recoverSelection(since: string, until: string | null): Selection {
  return { statuses: ['failed'], since, until, eventTypes: null, errorCode: null, missing: true };
}

/** What an endpoint was or should have been sent in this time; or only what it never got. */
export function replaySelection(
  since: string,
  until: string | null,
  filter: { eventTypes: string[] | null; onlyMissing: boolean },
): Selection {
  const never = ['failed', 'cancelled'] as const;
  return {
    statuses: filter.onlyMissing ? [...never] : [...never, 'succeeded'],
    since,
    until,
    eventTypes: filter.eventTypes,
    errorCode: null,
    missing: true,
  };
}

export type Operation = {
  id: string;
  kind: OperationKind;
  tenantId: string;
  endpointId: string | null;
  selection: Selection;
  perSecond: number;
  status: OperationStatus;
  /** how many deliveries it is about, as far as that is known */
  matched: number;
  /** there may be more: they are counted as they are set going */
  atLeast: boolean;
  /** of them: have succeeded (or, for an erasure, are done), and have failed */
  done: number;
  failed: number;
  startedAt: Date;
  finishedAt: Date | null;
};
