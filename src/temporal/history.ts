/** Reads one delivery's attempts, presses and cancellation from its workflow's history. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { AttemptInput, AttemptOutput, Press } from '../../workflows/contract.ts';
import type { HistoryEntry, PressStep } from '../domain/ports.ts';

type Event = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/** @returns the entries in the order of the history. An attempt appears when its activity has ended */
export function readEntries(events: readonly Event[], deliveryId: string): HistoryEntry[] {
  const scheduled: Scheduled = new Map();
  const entries: HistoryEntry[] = [];
  for (const event of events) entries.push(...entriesOf(event, scheduled, deliveryId));
  return entries;
}

/** Calls of `attempt` by the id of the event that scheduled them. */
type Scheduled = Map<string, AttemptInput>;

function entriesOf(event: Event, scheduled: Scheduled, deliveryId: string): HistoryEntry[] {
  const atMs = timeMs(event.eventTime);
  const call = event.activityTaskScheduledEventAttributes;
  if (call?.activityType?.name === 'attempt') {
    const input = decode<AttemptInput>(call.input);
    if (input === undefined) return [];
    scheduled.set(String(event.eventId), input);
    return ofPress(input, deliveryId, { step: 'taken', atMs });
  }
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) {
    const input = scheduled.get(String(completed.scheduledEventId));
    if (input === undefined) return [];
    const output = decode<AttemptOutput>(completed.result);
    const isDeferred = output?.entries.some(({ id, pressAgain }) => id === deliveryId && pressAgain === true);
    return [
      ...attempts(output, deliveryId),
      ...ofPress(input, deliveryId, { step: isDeferred ? 'deferred' : 'done', atMs }),
    ];
  }
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName === 'core_local_activity') {
    return attempts(decode<AttemptOutput>(marker.details?.result), deliveryId);
  }
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) {
    const press = decode<Press>(signal.input);
    if (press?.deliveryId !== undefined && press.deliveryId !== deliveryId) return [];
    const by = signal.identity ?? '';
    if (signal.signalName === 'retryNow')
      return [{ kind: 'press', pressId: press?.pressId ?? null, atMs, by }];
    return signal.signalName === 'cancel' ? [{ kind: 'cancel', atMs, by }] : [];
  }
  const how = closing(event);
  return how === null ? [] : [{ kind: 'closed', atMs, how }];
}

function ofPress(
  { trigger, pressId, deliveryIds }: AttemptInput,
  deliveryId: string,
  { step, atMs }: { step: PressStep; atMs: number },
): HistoryEntry[] {
  if (trigger !== 'manual' || pressId === undefined || !deliveryIds.includes(deliveryId)) return [];
  return [{ kind: 'press step', pressId, step, atMs }];
}

function attempts(output: AttemptOutput | undefined, deliveryId: string): HistoryEntry[] {
  return (output?.entries ?? [])
    .filter((entry) => entry.id === deliveryId)
    .flatMap(({ attempt, outcome, retryAfterMs }) =>
      attempt === undefined
        ? []
        : [
            {
              kind: 'attempt' as const,
              number: attempt.number,
              trigger: attempt.trigger,
              pressId: attempt.pressId ?? null,
              atMs: attempt.at,
              durationMs: attempt.ms,
              status: attempt.status ?? null,
              error: attempt.error ?? null,
              outcome,
              retryAfterMs: retryAfterMs ?? null,
            },
          ],
    );
}

const CLOSINGS = [
  ['workflowExecutionCompletedEventAttributes', 'completed'],
  ['workflowExecutionFailedEventAttributes', 'failed'],
  ['workflowExecutionCanceledEventAttributes', 'cancelled'],
  ['workflowExecutionTerminatedEventAttributes', 'terminated'],
  ['workflowExecutionTimedOutEventAttributes', 'timed out'],
  ['workflowExecutionContinuedAsNewEventAttributes', 'continued in a new run'],
] as const;

function closing(event: Event): string | null {
  return CLOSINGS.find(([attributes]) => event[attributes])?.[1] ?? null;
}

function decode<Value>(payloads: Payloads): Value | undefined {
  const [payload] = payloads?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload<Value>(payload) : undefined;
}

function timeMs(timestamp: Event['eventTime']): number {
  return Number(timestamp?.seconds ?? 0) * 1000 + Math.floor((timestamp?.nanos ?? 0) / 1e6);
}
