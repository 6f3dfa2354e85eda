/**
 * The reasons why an endpoint got nothing of an event, as far as they can be known. An endpoint's row holds its present state alone. What it was at the
 * time follows from the changes on record since, and where these do not say, the answer is that it is not known.
 */
import type { Delivery } from './delivery.ts';
import { ATTEMPT_ERRORS } from './errors.ts';
import { isSubscribed } from './event.ts';

/** In the order in which they are named, where several hold. */
export const MISSED_REASONS = [
  'test',
  'created_later',
  'deleted',
  'disabled',
  'not_subscribed',
  'erased',
  'failed',
  'cancelled',
  'unknown',
] as const;
export type MissedReason = (typeof MISSED_REASONS)[number];

export type MissedEvent = { type: string; createdAt: Date; isTest: boolean };

/** The facts of an endpoint's row. */
export type MissingEndpoint = {
  createdAt: Date;
  deletedAt: Date | null;
  /** of a deleted one: before it was deleted */
  enabled: boolean;
  disabledAt: Date | null;
  /** `null`: all */
  eventTypes: string[] | null;
};

/** A change of an endpoint that is on record. `undefined`: the record does not say. */
export type EndpointChange = {
  at: Date;
  /** present if it was enabled or disabled */
  switched?: { to: boolean | undefined; was: boolean | undefined };
  /** present if its event types were set */
  retyped?: { was: string[] | null | undefined };
};

/** Changes of an endpoint in their order, without a gap: the last ones before the event, and those after it. */
export type EndpointHistory = {
  changes: readonly EndpointChange[];
  /** whether there is no change after the last one */
  isWhole: boolean;
};

export type Missed = {
  reason: MissedReason;
  /** when that came to be; `null`: not known */
  since: Date | null;
};

/** An emit that was under way may have seen an endpoint as it was up to so long after the event's time. */
export const UNDER_WAY_MS = 30_000;

/** `undefined`: not known */
type State = { enabled: boolean | undefined; types: string[] | null | undefined };

/**
 * Why an endpoint has no delivery of an event.
 */
export function whyMissed(event: MissedEvent, endpoint: MissingEndpoint, history: EndpointHistory): Missed {
  if (event.isTest) return { reason: 'test', since: null };
  const fromMs = event.createdAt.getTime();
  if (endpoint.createdAt.getTime() > fromMs) return { reason: 'created_later', since: endpoint.createdAt };
  const within = (time: Date | null) =>
    time !== null && time.getTime() > fromMs && time.getTime() <= fromMs + UNDER_WAY_MS
      ? [time.getTime()]
      : [];
  const moments = [fromMs, ...within(endpoint.deletedAt), ...history.changes.flatMap(({ at }) => within(at))];
  // At one of these moments the emit looked. It was none at which the endpoint wanted the event.
  const possible = moments
    .map((ms) => reasonsAt(ms, event, endpoint, history))
    .filter((reasons) => reasons.length > 0);
  const common = MISSED_REASONS.find(
    (reason) => possible.length > 0 && possible.every((reasons) => reasons.includes(reason)),
  );
  const reason = common ?? 'unknown';
  return { reason, since: sinceWhen(reason, fromMs, endpoint, history.changes) };
}

/** Each reason that held at a moment; none: the endpoint wanted the event. */
function reasonsAt(
  ms: number,
  event: MissedEvent,
  endpoint: MissingEndpoint,
  history: EndpointHistory,
): MissedReason[] {
  if (endpoint.deletedAt !== null && ms >= endpoint.deletedAt.getTime()) return ['deleted'];
  const { enabled, types } = stateAt(ms, endpoint, history);
  const known: MissedReason[] = [
    ...(enabled === false ? (['disabled'] as const) : []),
    ...(types !== undefined && !isSubscribed(types, event.type) ? (['not_subscribed'] as const) : []),
  ];
  if (known.length > 0) return known;
  return enabled === undefined || types === undefined ? ['unknown'] : [];
}

/** The state that the first change afterwards found, or that is found now if there was none. */
function stateAt(ms: number, endpoint: MissingEndpoint, { changes, isWhole }: EndpointHistory): State {
  const later = changes.filter(({ at }) => at.getTime() > ms);
  const switched = later.find((change) => change.switched)?.switched;
  const retyped = later.find((change) => change.retyped)?.retyped;
  const now: State = isWhole
    ? { enabled: endpoint.enabled, types: endpoint.eventTypes }
    : { enabled: undefined, types: undefined };
  return {
    enabled: switched === undefined ? now.enabled : (switched.was ?? lastSwitch(ms, changes)?.switched?.to),
    types: retyped === undefined ? now.types : retyped.was,
  };
}

const lastSwitch = (ms: number, changes: readonly EndpointChange[]) =>
  changes.findLast(({ at, switched }) => at.getTime() <= ms && switched !== undefined);

function sinceWhen(
  reason: MissedReason,
  fromMs: number,
  endpoint: MissingEndpoint,
  changes: readonly EndpointChange[],
): Date | null {
  if (reason === 'deleted') return endpoint.deletedAt;
  if (reason !== 'disabled') return null;
  const last = lastSwitch(fromMs, changes);
  if (last?.switched?.to === false) return last.at;
  const { disabledAt } = endpoint;
  return disabledAt !== null && disabledAt.getTime() <= fromMs ? disabledAt : null;
}

/** The reasons why a replay to an endpoint would not send the event as things are now, in the order in which they are named. */
export const REPLAY_OBSTACLES = ['test', 'erased', 'deleted', 'not_subscribed', 'disabled'] as const;
export type ReplayObstacle = (typeof REPLAY_OBSTACLES)[number];

/**
 * What keeps a replay to the endpoint from sending the event now; `null`: nothing.
 * @param hadDelivery whether the event has a delivery to it: that is sent again whatever the endpoint's types are now
 */
export function replayObstacle(
  event: { type: string; isTest: boolean; erasedAt: Date | null },
  endpoint: Pick<MissingEndpoint, 'deletedAt' | 'enabled' | 'eventTypes'>,
  hadDelivery: boolean,
): ReplayObstacle | null {
  if (event.isTest) return 'test';
  if (event.erasedAt !== null) return 'erased';
  if (endpoint.deletedAt !== null) return 'deleted';
  if (!hadDelivery && !isSubscribed(endpoint.eventTypes, event.type)) return 'not_subscribed';
  return endpoint.enabled ? null : 'disabled';
}

/** The facts of a delivery that has ended without success. */
export type EndedDelivery = Pick<Delivery, 'status' | 'lastError' | 'attemptCount' | 'endedAt'>;

/** Why a delivery that has ended brought nothing. */
export function whyFailed({ status, lastError, endedAt }: EndedDelivery): Missed {
  const reasons = {
    endpoint_disabled: 'disabled',
    endpoint_deleted: 'deleted',
    payload_erased: 'erased',
  } as const satisfies Record<string, MissedReason>;
  const reason =
    reasons[lastError as keyof typeof reasons] ?? (status === 'cancelled' ? 'cancelled' : 'failed');
  return { reason, since: endedAt };
}

/** The reason in a sentence. @param delivery the one that has ended; `null`: there was none */
export function missedInWords(
  { reason, since }: Missed,
  event: MissedEvent,
  delivery: EndedDelivery | null,
): string {
  const when = since === null ? '' : `, ${since.toISOString()}`;
  const tried = attemptsInWords(delivery);
  switch (reason) {
    case 'test':
      return 'The event is a test of another endpoint, and goes to that one alone.';
    case 'created_later':
      return `The endpoint was created after the event${when}.`;
    case 'deleted':
      return delivery === null
        ? `The endpoint was deleted by the time the event was stored${when}.`
        : `The endpoint was deleted while the delivery waited${when}.${tried}`;
    case 'disabled':
      return delivery === null
        ? `The endpoint was disabled when the event came${since === null ? '' : `, since ${since.toISOString()}`}.`
        : `The endpoint was disabled while the delivery waited${when}.${tried}`;
    case 'not_subscribed':
      return `The event types of the endpoint did not include ${event.type} when the event came.`;
    case 'erased':
      return `The payload was erased before it was delivered${when}.${tried}`;
    case 'cancelled':
      return `The delivery was cancelled${when}.${tried}`;
    case 'failed':
      return `The receiver has never accepted it.${tried}`;
    case 'unknown':
      return 'Nothing on record says why.';
  }
}

function attemptsInWords(delivery: EndedDelivery | null): string {
  if (delivery === null) return '';
  const { attemptCount, lastError } = delivery;
  if (attemptCount === 0) return ' No attempt was made.';
  const cause = lastError === null ? '' : ` ${ATTEMPT_ERRORS[lastError] ?? lastError}`;
  return ` ${attemptCount === 1 ? 'One attempt was' : `${attemptCount} attempts were`} made.${cause}`;
}
