/** Operations on many deliveries at once: rate-limited, with progress that can be watched. */
import type { DeliveryStatus } from './delivery.ts';
import type { AttemptErrorCode } from './errors.ts';

/**
 * recover     sends what failed for an endpoint, and what it has missed while it was disabled
 * replay      sends again what an endpoint got or should have got; or only what it never got
 * bulk_retry  sends deliveries that match a filter
 * bulk_cancel ends deliveries that match a filter and have not ended
 * erase       erases every payload of a tenant
 */
export const OPERATION_KINDS = ['recover', 'replay', 'bulk_retry', 'bulk_cancel', 'erase'] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** `failed`: its stored selection cannot be carried out, which the operator is told */
export const OPERATION_STATUSES = ['running', 'completed', 'cancelled', 'failed'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** The deliveries that an operation selects. Times are ISO 8601; `since` is inclusive, `until` exclusive. */
export type Selection = {
  statuses: DeliveryStatus[];
  /** bounds on the time at which the event was accepted, or the delivery failed */
  since: string | null;
  until: string | null;
  /** exact names or prefixes with `.*` */
  eventTypes: string[] | null;
  errorCode: AttemptErrorCode | null;
  /** whether events that the endpoint subscribes to and has no delivery of are selected, too */
  missing: boolean;
  /** of these events alone; absent: of all */
  eventIds?: string[];
  /** what a filter of a list says beyond that; absent: nothing */
  matching?: Matching;
};

/** The rest of a list's filter. Then the bounds on time are on acceptance alone. */
export type Matching = {
  /** of the response to the last attempt; `null`: any */
  responseStatus: number | null;
  /** whether deliveries that cannot be sent count, too: they are not to be sent */
  unsendable: boolean;
};

const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The same selection with times in UTC that the database can hold. A caller may write any offset and any year; nothing was accepted
 * before 1970.
 */
export function withStorableTimes<Of extends Pick<Selection, 'since' | 'until'>>(selection: Of): Of {
  const storable = (time: string | null) =>
    time === null ? null : new Date(Math.min(LAST_MS, Math.max(0, Date.parse(time)))).toISOString();
  return { ...selection, since: storable(selection.since), until: storable(selection.until) };
}

/** Selects the deliveries to an endpoint that failed in this time, and the events accepted in it without a delivery to the endpoint. */
export function recoverSelection(since: string, until: string | null): Selection {
  return { statuses: ['failed'], since, until, eventTypes: null, errorCode: null, missing: true };
}

/** Selects everything that an endpoint was or should have been sent in this time, or of these events; or only what it never got. */
export function replaySelection(
  since: string | null,
  until: string | null,
  filter: { eventTypes: string[] | null; onlyMissing: boolean; eventIds?: string[] },
): Selection {
  const never = ['failed', 'cancelled'] as const;
  return {
    statuses: filter.onlyMissing ? [...never] : [...never, 'succeeded'],
    since,
    until,
    eventTypes: filter.eventTypes,
    errorCode: null,
    missing: true,
    ...(filter.eventIds !== undefined && { eventIds: filter.eventIds }),
  };
}

/** The deliveries that match a filter. */
export function matchingSelection(
  filter: Pick<Selection, 'statuses' | 'since' | 'until' | 'eventTypes' | 'errorCode'> & Matching,
): Selection {
  const { responseStatus, unsendable, ...rest } = filter;
  return { ...rest, missing: false, matching: { responseStatus, unsendable } };
}

export type Operation = {
  id: string;
  kind: OperationKind;
  tenantId: string;
  endpointId: string | null;
  selection: Selection;
  perSecond: number;
  status: OperationStatus;
  /** how many deliveries it covers, as far as that is known: always the sum of `done`, `failed`, `open` and `skipped` */
  matched: number;
  /** whether there may be more than `matched`, which are counted as they are sent */
  atLeast: boolean;
  /** deliveries that have succeeded (for an erasure: payloads that are erased; for a bulk cancel: deliveries that are cancelled) */
  done: number;
  failed: number;
  /** those set going that have not ended and, while it looks for more, those whose turn is still to come */
  open: number;
  /** those that it leaves alone: they did not match any more when their turn came, or it had been stopped before */
  skipped: number;
  startedAt: Date;
  finishedAt: Date | null;
};
