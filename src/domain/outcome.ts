/** What an attempt's result means for its delivery: the one place where that is decided. */
import type { EndedStatus, HeldReason, Trigger } from './delivery.ts';
import type { AttemptErrorCode } from './errors.ts';
import { nextDelayMs, RETRY_AFTER_CAP_MS, type RetrySchedule } from './schedule.ts';

/** What came of one POST. `status` is null when no response came; `error` is null exactly when it succeeded. */
export type AttemptResult = {
  status: number | null;
  error: AttemptErrorCode | null;
  /** what the receiver asked for with 429 or 503, in ms */
  retryAfterMs: number | null;
};

export type DeliveryBefore = {
  /** scheduled attempts made before this one */
  slotsUsed: number;
  /** ms from now until the attempt that the schedule already holds; null when none is waiting */
  scheduledInMs: number | null;
  /** how the delivery had ended, when this attempt was asked for after its end */
  ended: EndedStatus | null;
  /** a held delivery that somebody sent by hand returns to being held when that fails */
  held: HeldReason | null;
  isTest: boolean;
};

export type Decision =
  | { kind: 'succeeded' }
  | { kind: 'retry'; afterMs: number; slotsUsed: number }
  /** the schedule is used up: people are told */
  | { kind: 'exhausted'; slotsUsed: number; disableEndpoint: boolean }
  /** nothing changes: it stays ended, or held, as it was */
  | { kind: 'unchanged'; disableEndpoint: boolean };

/**
 * Decides what happens to a delivery after an attempt.
 *
 * - Any success ends it. A 410 ends it too and disables the endpoint, whatever the schedule still holds.
 * - A failed manual attempt uses up no slot: what the schedule had planned stays planned, and after the end there is
 *   one attempt and no new schedule.
 * - A test is one attempt.
 */
export function decide(
  result: AttemptResult,
  trigger: Trigger,
  before: DeliveryBefore,
  schedule: RetrySchedule,
  random: number,
): Decision {
  if (result.error === null) return { kind: 'succeeded' };
  if (before.isTest) return { kind: 'exhausted', slotsUsed: before.slotsUsed + 1, disableEndpoint: false };
  const gone = result.status === 410;
  if (before.ended !== null) return { kind: 'unchanged', disableEndpoint: gone };
  if (gone) return { kind: 'exhausted', slotsUsed: before.slotsUsed + 1, disableEndpoint: true };
  if (trigger === 'manual') {
    if (before.held !== null) return { kind: 'unchanged', disableEndpoint: false };
    const afterMs = Math.max(
      before.scheduledInMs ?? 0,
      Math.min(result.retryAfterMs ?? 0, RETRY_AFTER_CAP_MS),
    );
    return { kind: 'retry', afterMs, slotsUsed: before.slotsUsed };
  }
  const slotsUsed = before.slotsUsed + 1;
  const afterMs = nextDelayMs(schedule, slotsUsed, random, result.retryAfterMs);
  if (afterMs === null) return { kind: 'exhausted', slotsUsed, disableEndpoint: false };
  return { kind: 'retry', afterMs, slotsUsed };
}
