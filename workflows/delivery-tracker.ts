/**
 * State of a workflow's deliveries: plain, without Temporal, so that it can be read and tested by itself. One activity at a time attempts
 * a delivery; presses wait in line behind it.
 */
import type { AttemptEntry, Carried, DeliverCounts, DeliveryState } from './contract.ts';

/** Deliveries that wait for the same time. */
export type Group = {
  deliveryIds: Set<string>;
  dueAtMs: number;
  /** ends the wait when no delivery is left in the group */
  interrupt?: () => void;
};

type TrackedDelivery = {
  doing: 'attempting' | 'waiting' | 'telling' | 'ended';
  group?: Group;
  presses: string[];
  outcome?: keyof DeliverCounts;
};

/** Deliveries of one endpoint are retried together if their retries are due within this factor and this time. */
const TOGETHER_FACTOR = 1.1;
const TOGETHER_MS = 1_000;

export class DeliveryTracker {
  readonly #deliveries = new Map<string, TrackedDelivery>();
  readonly #earlier: DeliverCounts;
  #retries: { deliveryIds: string[]; afterMs: number }[] = [];
  #exhausted: string[][] = [];

  /** @param earlier counts of the previous run of the same workflow */
  constructor(earlier: DeliverCounts = { succeeded: 0, exhausted: 0, cancelled: 0, left: 0 }) {
    this.#earlier = earlier;
  }

  #tracked(id: string): TrackedDelivery {
    let tracked = this.#deliveries.get(id);
    if (tracked === undefined) {
      tracked = { doing: 'ended', presses: [] };
      this.#deliveries.set(id, tracked);
    }
    return tracked;
  }

  /** Notes that the scheduled attempt of these deliveries begins. */
  attempting(ids: string[]): void {
    for (const id of ids) {
      const tracked = this.#tracked(id);
      tracked.doing = 'attempting';
      delete tracked.group;
    }
  }

  /** Notes that an attempt of these deliveries has ended; `takeRetries` and `takeExhausted` then return the next steps. */
  attempted(entries: AttemptEntry[]): void {
    const retries: AttemptEntry[] = [];
    const exhausted = new Map<number, string[]>();
    for (const entry of entries) {
      const tracked = this.#tracked(entry.id);
      tracked.doing = 'ended';
      if (entry.outcome === 'retry') {
        tracked.doing = 'waiting';
        // With a press in line the next attempt begins at once, and its outcome decides the delay after it.
        if (tracked.presses.length === 0) retries.push(entry);
      } else if (entry.outcome === 'exhausted') {
        tracked.outcome = 'exhausted';
        exhausted.set(entry.group, [...(exhausted.get(entry.group) ?? []), entry.id]);
      } else if (entry.outcome === 'succeeded') {
        tracked.outcome = 'succeeded';
      } else {
        tracked.outcome ??= entry.outcome === 'left' ? 'left' : 'cancelled';
      }
    }
    this.#retries.push(...together(retries));
    this.#exhausted.push(...exhausted.values());
  }

  takeRetries(): { deliveryIds: string[]; afterMs: number }[] {
    return this.#retries.splice(0);
  }

  takeExhausted(): string[][] {
    return this.#exhausted.splice(0);
  }

  waiting(ids: string[], dueAtMs: number): Group {
    const group: Group = { deliveryIds: new Set(ids), dueAtMs };
    for (const id of ids) Object.assign(this.#tracked(id), { doing: 'waiting', group });
    return group;
  }

  /** The deliveries of the group that still wait for its time. */
  due(group: Group): string[] {
    return [...group.deliveryIds];
  }

  press(id: string, pressId: string): void {
    this.#tracked(id).presses.push(pressId);
  }

  /** Takes the delivery's next press, if it may be carried out now; the delivery then leaves its group. */
  takePress(id: string): string | undefined {
    const tracked = this.#tracked(id);
    if (tracked.doing === 'attempting') return undefined;
    const pressId = tracked.presses.shift();
    if (pressId === undefined) return undefined;
    this.#leaveGroup(tracked, id);
    tracked.doing = 'attempting';
    return pressId;
  }

  #leaveGroup(tracked: TrackedDelivery, id: string): void {
    const { group } = tracked;
    delete tracked.group;
    group?.deliveryIds.delete(id);
    if (group?.deliveryIds.size === 0) group.interrupt?.();
  }

  notifying(ids: string[]): void {
    for (const id of ids) {
      const tracked = this.#tracked(id);
      if (tracked.doing === 'ended') tracked.doing = 'telling';
    }
  }

  notified(ids: string[]): void {
    for (const id of ids) {
      const tracked = this.#tracked(id);
      if (tracked.doing === 'telling') tracked.doing = 'ended';
    }
  }

  forgetPresses(ids: string[]): void {
    for (const id of ids) this.#tracked(id).presses = [];
  }

  cancelled(ids: string[]): void {
    for (const id of ids) {
      const tracked = this.#tracked(id);
      tracked.outcome ??= 'cancelled';
      // An attempt in flight ends by itself and then finds the delivery cancelled.
      if (tracked.doing !== 'waiting') continue;
      this.#leaveGroup(tracked, id);
      tracked.doing = 'ended';
    }
  }

  /** Deliveries that have not ended. */
  open(): string[] {
    return [...this.#deliveries]
      .filter(([, { doing }]) => doing === 'attempting' || doing === 'waiting')
      .map(([id]) => id);
  }

  /** The workflow's only delivery, which a press without an id means; `undefined` when there are several. */
  onlyDelivery(): string | undefined {
    const [id, second] = this.#deliveries.keys();
    return second === undefined ? id : undefined;
  }

  hasPresses(): boolean {
    return [...this.#deliveries.values()].some(({ presses }) => presses.length > 0);
  }

  /** Whether no attempt is in flight: timers can be carried over to a new run. */
  isCalm(): boolean {
    return [...this.#deliveries.values()].every(({ doing }) => doing !== 'attempting');
  }

  get counts(): DeliverCounts {
    const counts = { ...this.#earlier };
    for (const { outcome } of this.#deliveries.values()) if (outcome !== undefined) counts[outcome] += 1;
    return counts;
  }

  /** The open work for the next run. */
  carry(): Carried {
    const groups = new Set<Group>();
    const presses: Carried['presses'] = [];
    const untold: string[] = [];
    for (const [deliveryId, { doing, group, presses: waiting }] of this.#deliveries) {
      if (group !== undefined) groups.add(group);
      if (doing === 'telling') untold.push(deliveryId);
      for (const pressId of waiting) presses.push({ deliveryId, pressId });
    }
    return {
      waiting: [...groups].map(({ deliveryIds, dueAtMs }) => ({ deliveryIds: [...deliveryIds], dueAtMs })),
      presses,
      untold: untold.length > 0 ? [untold] : [],
      counts: this.counts,
    };
  }

  view(): DeliveryState[] {
    return [...this.#deliveries].map(([deliveryId, { doing, group, presses }]) => ({
      deliveryId,
      doing,
      ...(group !== undefined && { dueAt: new Date(group.dueAtMs).toISOString() }),
      ...(presses.length > 0 && { presses: presses.length }),
    }));
  }
}

/** Groups the deliveries of one endpoint that are due at about the same time; the group's time is the latest of theirs. */
function together(entries: AttemptEntry[]): { deliveryIds: string[]; afterMs: number }[] {
  const sorted = [...entries].sort((a, b) => a.group - b.group || after(a) - after(b));
  const groups: { group: number; first: number; deliveryIds: string[]; afterMs: number }[] = [];
  for (const entry of sorted) {
    const current = groups.at(-1);
    if (current?.group === entry.group && after(entry) <= current.first * TOGETHER_FACTOR + TOGETHER_MS) {
      current.deliveryIds.push(entry.id);
      current.afterMs = after(entry);
    } else {
      groups.push({
        group: entry.group,
        first: after(entry),
        deliveryIds: [entry.id],
        afterMs: after(entry),
      });
    }
  }
  return groups.map(({ deliveryIds, afterMs }) => ({ deliveryIds, afterMs }));
}

const after = (entry: AttemptEntry): number => entry.retryAfterMs ?? 0;
