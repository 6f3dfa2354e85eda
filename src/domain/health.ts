/** Health of an endpoint: the rule for warning about one that only fails and for switching it off (product.md, promise 7), and its words. */
import type { Endpoint } from './endpoint.ts';

/** Two failures far apart, with no attempt between them, say little about the time between them. */
export const MIN_FAILURES_TO_DISABLE = 3;

/** Warnings, in percent of the time until an endpoint is switched off. */
const WARNINGS = [90, 50];

/** The last warning that is due for an endpoint which has failed for `failedMs`: 50 or 90 percent, or 0 for none. */
export function warningDue(failedMs: number, disableAfterMs: number): number {
  return WARNINGS.find((percent) => failedMs * 100 >= disableAfterMs * percent) ?? 0;
}

/** From the worst: nothing can be sent to it; it is switched off; it waits for a new event; its attempts fail; none of these. */
export const HEALTH_STATES = ['unreadable', 'disabled', 'stalled', 'failing', 'healthy'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export type Health = {
  state: HealthState;
  /** in a sentence or two */
  summary: string;
  /** from when on a failed attempt switches it off, if none succeeds before; `null`: it is not failing */
  disablesAt: Date | null;
};

type Asked = Pick<
  Endpoint,
  | 'secrets'
  | 'enabled'
  | 'disabledReason'
  | 'disabledNote'
  | 'disabledAt'
  | 'stalledAt'
  | 'failingSince'
  | 'consecutiveFailures'
>;

/** @param disableAfterMs how long all attempts must have failed before the endpoint is switched off */
export function healthOf(endpoint: Asked, disableAfterMs: number): Health {
  const { secrets, enabled, stalledAt, failingSince } = endpoint;
  if (secrets === null) {
    const summary =
      'Nothing can be sent: no key of TIDINGS_ENCRYPTION_KEYS decrypts its URL and secrets. The operator must add the key again.';
    return { state: 'unreadable', summary, disablesAt: null };
  }
  if (!enabled) return { state: 'disabled', summary: whyDisabled(endpoint), disablesAt: null };
  const disablesAt = failingSince === null ? null : timeAt(failingSince.getTime() + disableAfterMs);
  if (stalledAt !== null) {
    const summary = `Stalled${since(stalledAt)}: a delivery was exhausted, and the others wait until a new event arrives for it.`;
    return { state: 'stalled', summary, disablesAt };
  }
  if (failingSince === null) return { state: 'healthy', summary: FINE, disablesAt: null };
  return { state: 'failing', summary: howFailing(endpoint, disablesAt), disablesAt };
}

/** What `failingSince` says, and no more: of deliveries that have failed before it says nothing. */
const FINE = 'It is enabled, and its last attempt has not failed, or none was made since it was enabled.';
const TESTS_ALONE = 'Until it is enabled again, it gets test events alone.';

function whyDisabled({ disabledReason, disabledNote, disabledAt }: Asked): string {
  const when = since(disabledAt);
  const note = disabledNote === null ? '' : ` Reason given: “${disabledNote}”`;
  if (disabledReason === 'gone')
    return `Disabled${when}: the receiver answered 410 Gone.${note} ${TESTS_ALONE}`;
  if (disabledReason === 'failing')
    return `Disabled${when}: all attempts had failed for too long.${note} ${TESTS_ALONE}`;
  return `Disabled${when} on request, through the API or the pages.${note} ${TESTS_ALONE}`;
}

function howFailing({ failingSince, consecutiveFailures }: Asked, disablesAt: Date | null): string {
  const count = Math.max(1, consecutiveFailures);
  const attempts = count === 1 ? 'The last attempt has failed' : `The last ${count} attempts have failed`;
  const until = disablesAt === null ? '' : ` after ${disablesAt.toISOString()}`;
  const atLeast =
    count + 1 < MIN_FAILURES_TO_DISABLE
      ? `; but not before ${MIN_FAILURES_TO_DISABLE} in a row have failed`
      : '';
  return `${attempts}${since(failingSince)}. It is disabled at the first failure${until}, unless one succeeds before${atLeast}.`;
}

const since = (at: Date | null) =>
  at === null || timeAt(at.getTime()) === null ? '' : ` since ${at.toISOString()}`;

/** `null` where no date can hold it, as a damaged row may have it. */
function timeAt(unixMs: number): Date | null {
  const time = new Date(unixMs);
  return Number.isNaN(time.getTime()) ? null : time;
}
