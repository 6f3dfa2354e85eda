/**
 * The delivery workflow: it carries the deliveries of one event, or in a burst of several events, from the first POST to their end.
 *
 * It knows only ids and outcomes. The activity decides what an outcome means, from the endpoint's current settings. The workflow waits
 * for the next attempt, receives presses and cancellations, and has people notified of exhausted deliveries.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Activities,
  ATTEMPTS_QUEUE_SUFFIX,
  type AttemptInput,
  type AttemptOutput,
  cancel,
  type DeliverCounts,
  type DeliverInput,
  retryNow,
  state,
} from './contract.ts';
import { DeliveryTracker, type Group } from './delivery-tracker.ts';

// Temporal retries the activity without limit. It may have failed before or after a POST; the claim prevents a second POST.
const SENDING = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
} as const;
const activities = proxyActivities<Activities>(SENDING);
const patient = proxyActivities<Pick<Activities, 'notify'>>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '5 seconds', maximumInterval: '5 minutes' },
});
const local = proxyLocalActivities<Pick<Activities, 'attempt'>>({
  startToCloseTimeout: '90 seconds',
  retry: { maximumAttempts: 1 },
});

/** @throws ApplicationFailure DeliveryExhausted when every delivery failed for good */
// Long because signals, waits and attempts share one tracker, and a replay runs them as one piece.
export async function deliver(input: DeliverInput): Promise<DeliverCounts> {
  const tracker = new DeliveryTracker(input.carried?.counts);
  const background = new Set<Promise<void>>();
  let failure: unknown;
  let draining = false;
  let cancelling = 0;

  // The tracker is restored before the signal handlers are set: signals that came meanwhile are delivered at that moment.
  const quick = input.quick === true;
  for (const ids of input.groups ?? []) runInBackground(() => attempt(ids, quick));
  if (input.untold) runInBackground(() => notifyExhausted(input.untold ?? []));
  for (const { deliveryIds, dueAtMs } of input.carried?.waiting ?? [])
    runInBackground(() => waitAndRetry(deliveryIds, dueAtMs));
  for (const ids of input.carried?.untold ?? []) runInBackground(() => notifyExhausted(ids));
  for (const { deliveryId, pressId } of input.carried?.presses ?? []) {
    tracker.press(deliveryId ?? '', pressId ?? uuid4());
    carryOutPresses(deliveryId ?? '');
  }
  setHandler(state, () => tracker.view());
  setHandler(retryNow, (press = {}) => {
    const deliveryId = press.deliveryId ?? input.deliveryId ?? tracker.onlyDelivery();
    if (deliveryId === undefined)
      return log.warn(
        'A press without a deliveryId was ignored, because this workflow has several deliveries.',
      );
    tracker.press(deliveryId, press.pressId ?? uuid4());
    carryOutPresses(deliveryId);
  });
  setHandler(cancel, ({ deliveryId } = {}) => {
    const ids = deliveryId === undefined ? tracker.open() : [deliveryId];
    // Earlier presses are cancelled with the delivery; later ones are carried out.
    tracker.forgetPresses(ids);
    runInBackground(() => cancelDeliveries(ids));
  });

  try {
    await condition(() => failure !== undefined || background.size === 0 || timeToContinue());
  } catch (error) {
    // The whole workflow was cancelled, from the Web UI or Temporal's CLI: its open deliveries are cancelled.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancelDeliveries(tracker.open()));
    throw error;
  }
  if (failure !== undefined) throw failure;
  if (background.size > 0 || tracker.hasPresses())
    return continueAsNew<typeof deliver>({ ...identity(input), carried: tracker.carry() });
  return conclude(tracker.counts);

  function runInBackground(work: () => Promise<void>): void {
    const running: Promise<void> = work()
      .catch((error) => {
        // A press or a cancellation interrupts a wait by cancelling it. Every other error must surface.
        if (!isCancellation(error)) failure ??= error;
      })
      .finally(() => background.delete(running));
    background.add(running);
  }

  /** A history is bounded: when the server suggests it, the workflow finishes the attempts in flight and continues in a new run. */
  function timeToContinue(): boolean {
    draining ||= workflowInfo().continueAsNewSuggested;
    return draining && tracker.isCalm() && cancelling === 0;
  }

  async function attempt(ids: string[], quickly: boolean): Promise<void> {
    tracker.attempting(ids);
    applyOutcomes(await attemptAndRecord({ deliveryIds: ids, trigger: 'schedule' }, quickly));
  }

  function applyOutcomes({ entries }: AttemptOutput): void {
    tracker.attempted(entries);
    for (const group of tracker.takeRetries())
      runInBackground(() => waitAndRetry(group.deliveryIds, Date.now() + group.afterMs));
    for (const ids of tracker.takeExhausted()) runInBackground(() => notifyExhausted(ids));
    for (const { id } of entries) carryOutPresses(id);
  }

  async function waitAndRetry(deliveryIds: string[], dueAtMs: number): Promise<void> {
    const group: Group = tracker.waiting(deliveryIds, dueAtMs);
    const seconds = Math.max(0, Math.round((dueAtMs - Date.now()) / 1000));
    await CancellationScope.cancellable(async () => {
      group.interrupt = CancellationScope.current().cancel.bind(CancellationScope.current());
      await sleep(Math.max(1, dueAtMs - Date.now()), {
        summary: `next attempt of ${describe(deliveryIds)} in ${seconds} s`,
      });
    });
    const ids = tracker.due(group);
    if (ids.length > 0) await attempt(ids, false);
  }

  /** Carries out the next press: one attempt for each, one after the other. */
  function carryOutPresses(deliveryId: string): void {
    if (draining) return;
    const pressId = tracker.takePress(deliveryId);
    if (pressId === undefined) return;
    runInBackground(async () => {
      const press: AttemptInput = { deliveryIds: [deliveryId], trigger: 'manual', pressId };
      let output = await attemptAndRecord(press, false);
      while (output.entries[0]?.pressAgain === true) {
        await sleep(Math.max(100, output.entries[0].retryAfterMs ?? 0), {
          summary: 'another attempt is under way',
        });
        output = await attemptAndRecord(press, false);
      }
      applyOutcomes(
        output.entries.length > 0 ? output : { entries: [{ id: deliveryId, outcome: 'left', group: 0 }] },
      );
    });
  }

  async function notifyExhausted(ids: string[]): Promise<void> {
    tracker.notifying(ids);
    for (;;) {
      const step = await patient.notify({ deliveryIds: ids });
      if (step.done) break;
      if (step.waitMs > 0) await sleep(step.waitMs, { summary: 'the next digest' });
    }
    tracker.notified(ids);
  }

  async function cancelDeliveries(ids: string[]): Promise<void> {
    cancelling += 1;
    await activities.cancelDeliveries({ deliveryIds: ids });
    cancelling -= 1;
    tracker.cancelled(ids);
  }
}

/** In the quick lane the first try is a local activity. If it is lost, the normal activity sees in the claim how far it got. */
async function attemptAndRecord(input: AttemptInput, quickly: boolean): Promise<AttemptOutput> {
  let output: AttemptOutput | undefined;
  if (quickly) {
    try {
      output = await local.attempt(input);
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
  output ??= await activities.attempt.executeWithOptions(
    {
      ...SENDING,
      taskQueue: workflowInfo().taskQueue + ATTEMPTS_QUEUE_SUFFIX,
      summary: `${input.trigger === 'manual' ? 'manual retry' : 'attempt'} of ${describe(input.deliveryIds)}`,
    },
    [input],
  );
  return output.unrecorded === true ? activities.record(output) : output;
}

function describe(ids: string[]): string {
  return ids.length === 1 ? String(ids[0]) : `${ids.length} deliveries`;
}

function identity({ deliveryId }: DeliverInput): DeliverInput {
  return deliveryId === undefined ? {} : { deliveryId };
}

function conclude(counts: DeliverCounts): DeliverCounts {
  const { succeeded, exhausted, cancelled, left } = counts;
  if (exhausted > 0 && succeeded + cancelled + left === 0) {
    throw ApplicationFailure.nonRetryable(
      exhausted === 1 ? 'The delivery was exhausted.' : `All ${exhausted} deliveries were exhausted.`,
      'DeliveryExhausted',
    );
  }
  return counts;
}
