/** Says in words what happens next to a delivery. It never advises an action that would be refused. */
import type { Delivery } from './delivery.ts';
import type { AttemptErrorCode, ProblemCode } from './errors.ts';
import type { OpenPress } from './open-presses.ts';

/** Conditions beside the delivery's own state that decide whether it can be sent now. */
export type Sendability = {
  endpoint: 'enabled' | 'disabled' | 'deleted';
  secretsOpen: boolean;
  profileKnown: boolean;
  payloadErased: boolean;
  /** the time, in Unix ms; absent: no planned time counts as over */
  nowMs?: number;
  /** whether a retry may have to wait for the endpoint's rate limit; absent: no */
  isRateLimited?: boolean;
};

export type RetryRefusal = Extract<
  ProblemCode,
  'endpoint_deleted' | 'endpoint_disabled' | 'payload_erased' | 'secret_unreadable' | 'profile_unknown'
>;

/** Why a retry is refused now; `null`: it is not. A test may be sent to an endpoint that is disabled. */
export function retryRefusal({ isTest }: Pick<Delivery, 'isTest'>, now: Sendability): RetryRefusal | null {
  if (now.endpoint === 'deleted') return 'endpoint_deleted';
  if (now.payloadErased) return 'payload_erased';
  if (now.endpoint === 'disabled' && !isTest) return 'endpoint_disabled';
  if (!now.secretsOpen) return 'secret_unreadable';
  return now.profileKnown ? null : 'profile_unknown';
}

/** An action that a person can take. `enable_endpoint` comes before `retry`. */
export type Advice = 'enable_endpoint' | 'retry';

export type NextStep = { words: string; advice: Advice[] };

type Asked = Pick<
  Delivery,
  | 'isTest'
  | 'status'
  | 'heldReason'
  | 'lastError'
  | 'lastResponseStatus'
  | 'attemptCount'
  | 'nextAttemptAt'
  | 'isAttempted'
>;

/** @param presses those that are still to be carried out, oldest first; where the history cannot be read, none is known */
export function nextStep(delivery: Asked, now: Sendability, presses: readonly OpenPress[] = []): NextStep {
  const refusal = retryRefusal(delivery, now);
  const { state, retry } = describeState(delivery, refusal, now.nowMs ?? 0);
  if (refusal === null) {
    const pressed = pressedWords(delivery, now, presses);
    if (pressed !== null) return step(`${state.replace(NOTHING, 'At present: ')} ${pressed}`);
    return retry === null ? step(state) : step(`${state} ${limited(retry, now)}`, 'retry');
  }
  if (refusal !== 'endpoint_disabled') return step(`${state} ${OBSTACLES[refusal]}`);
  // Enabling the endpoint permits a retry only if there is no other obstacle.
  const behind = retryRefusal(delivery, { ...now, endpoint: 'enabled' });
  return behind === null
    ? step(`${state} Its endpoint is disabled: enable it, then retry sends it.`, 'enable_endpoint', 'retry')
    : step(`${state} Its endpoint is disabled.`);
}

const step = (words: string, ...advice: Advice[]): NextStep => ({ words, advice });

const OBSTACLES: Record<Exclude<RetryRefusal, 'endpoint_disabled'>, string> = {
  endpoint_deleted: 'Its endpoint is deleted: it cannot be sent any more.',
  payload_erased: 'Its payload is erased: it cannot be sent any more.',
  secret_unreadable:
    'The secrets of its endpoint cannot be opened: it can be sent when their key is in TIDINGS_ENCRYPTION_KEYS again.',
  profile_unknown: "Its tenant's profile is not known to this version: it can be sent when that is so again.",
};

const limited = (retry: string, { isRateLimited }: Sendability) =>
  isRateLimited ? `${retry.slice(0, -1)}, as soon as the endpoint's rate limit leaves room.` : retry;

const NOTHING = /^Nothing: /;

/** What becomes of the presses; `null`: there is none but that of the attempt under way. */
function pressedWords(
  { status, isAttempted }: Asked,
  { isRateLimited }: Sendability,
  presses: readonly OpenPress[],
): string | null {
  const isUnderWay = status === 'delivering' || isAttempted === true;
  const open = isUnderWay ? presses.filter(({ step }) => step !== 'taken') : presses;
  const [first] = open;
  if (first === undefined) return null;
  const asked =
    open.length === 1
      ? `A retry was asked for at ${new Date(first.atMs).toISOString()} and is still to be made`
      : `${open.length} retries were asked for, the first at ${new Date(first.atMs).toISOString()}, and are still to be made`;
  if (isUnderWay) {
    const when = isRateLimited
      ? "after this attempt, as soon as the endpoint's rate limit leaves room"
      : 'right after this attempt';
    return `${asked}: ${when}.`;
  }
  if (first.step !== 'deferred') {
    const when = isRateLimited
      ? "when a worker is free and the endpoint's rate limit leaves room"
      : 'now, or when a worker is free';
    return `${asked}: ${when}.`;
  }
  return `${asked}: as soon as the endpoint's rate limit, and the number of attempts that it may have at once, leave room.`;
}

/** A timer of Temporal's is exact to about a second, and an endpoint's attempts wait for each other. */
const LATE_MS = 30_000;
const LATE = 'much waits before it, no worker runs, or Temporal is away.';

function whenDue({ attemptCount, nextAttemptAt }: Asked, nowMs: number): string {
  if (nextAttemptAt === null) return `Attempt ${attemptCount + 1} is due.`;
  const at = nextAttemptAt.toISOString();
  return nextAttemptAt.getTime() < nowMs - LATE_MS
    ? `Attempt ${attemptCount + 1} was due at ${at} and is late: ${LATE}`
    : `Attempt ${attemptCount + 1} is due at ${at}.`;
}

/** The delivery's state in words, and what a retry would do; `null`: nothing worth saying. */
function describeState(
  delivery: Asked,
  refusal: RetryRefusal | null,
  nowMs: number,
): { state: string; retry: string | null } {
  const { status, heldReason } = delivery;
  const isOver =
    refusal === 'endpoint_deleted' || refusal === 'endpoint_disabled' || refusal === 'payload_erased';
  switch (status) {
    case 'pending':
    case 'retrying':
    case 'held':
      if (isOver) return { state: 'It is about to end without another attempt.', retry: null };
      break;
    case 'delivering':
      return { state: 'An attempt is under way, or about to be made.', retry: null };
    case 'succeeded':
      return { state: 'Nothing: it was delivered.', retry: 'Retry sends it again, once.' };
    case 'failed':
      return { state: `Nothing: ${whyFailed(delivery)}.`, retry: 'Retry sends it once more.' };
    case 'cancelled':
      if (delivery.isAttempted)
        return {
          state:
            'It was cancelled while an attempt was under way: if that gets through, it counts as delivered; otherwise it stays cancelled.',
          retry: 'Retry sends it once more.',
        };
      return { state: 'Nothing: it was cancelled.', retry: 'Retry sends it once.' };
    default:
      return {
        state: 'Nothing: its status is not one that this version knows.',
        retry: 'Retry sends it now.',
      };
  }
  if (status === 'retrying') return { state: whenDue(delivery, nowMs), retry: 'Retry sends it now.' };
  if (status === 'pending') {
    const slow =
      'Where that takes long, much waits before it, its endpoint fails and much is sent to it, no worker runs, or Temporal is away.';
    return { state: `It is about to be sent. ${slow}`, retry: null };
  }
  switch (heldReason) {
    case 'ordered':
      return { state: 'It waits for an earlier delivery to this endpoint to end.', retry: null };
    case 'rate_limited':
      return { state: "It waits for its place in the endpoint's rate limit.", retry: null };
    case 'stalled':
      return {
        state: 'It waits until a new event gets through to this endpoint.',
        retry: 'Retry sends it now.',
      };
    default:
      return {
        state: 'It waits for a reason that this version does not know.',
        retry: 'Retry sends it now.',
      };
  }
}

/** Holds for every way to fail: at the schedule's end, at once after a 410, without an attempt, or after a retry that failed, too. */
function whyFailed({ lastError, lastResponseStatus, attemptCount }: Asked): string {
  if (lastError === null) return 'it has failed, and no reason is recorded';
  if (lastError === 'http_status' && lastResponseStatus === 410)
    return 'its last attempt was answered with 410 (Gone), and no other is planned';
  const isRefused = UNSENT.some((each) => each === lastError);
  const when = isRefused ? ` before its ${attemptCount === 0 ? 'first' : 'next'} attempt` : '';
  return `${FAILURES[lastError] ?? ATTEMPT_FAILED}${when}`;
}

/** The errors of a delivery that ends between attempts. */
const UNSENT = ['endpoint_disabled', 'endpoint_deleted', 'payload_erased'] as const;
const ATTEMPT_FAILED = 'its last attempt failed, and no other is planned';

const FAILURES: Record<AttemptErrorCode, string> = {
  dns_error: ATTEMPT_FAILED,
  address_blocked: ATTEMPT_FAILED,
  connection_refused: ATTEMPT_FAILED,
  connection_reset: ATTEMPT_FAILED,
  tls_error: ATTEMPT_FAILED,
  timeout: ATTEMPT_FAILED,
  invalid_response: ATTEMPT_FAILED,
  redirect_refused: ATTEMPT_FAILED,
  http_status: ATTEMPT_FAILED,
  authorization_failed:
    'the credentials for its last attempt could not be obtained, so that sent nothing, and no other attempt is planned',
  outcome_unknown:
    'the sender stopped during its last attempt, whether the request arrived is not known, and no other attempt is planned',
  secret_unreadable: 'the secrets of its endpoint could not be opened, so its last attempt sent nothing',
  profile_unknown: "its tenant's profile was not known, so its last attempt sent nothing",
  unsendable: 'a stored value of it or of its endpoint is not valid, so it could not be sent',
  endpoint_disabled: 'its endpoint was disabled',
  endpoint_deleted: 'its endpoint was deleted',
  payload_erased: 'its payload was erased',
};
