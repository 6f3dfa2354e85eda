/**
 * Where each delivery of a workflow stands: plain state without Temporal, so that it can be read and tested by itself.
 * A delivery is attempted by one activity at a time; presses queue up behind it.
 */
import type { AttemptEntry, Carried, DeliverCounts, DeliveryState } from './contract.ts';

/** Deliveries that wait for the same moment. */
export type Group = {
  deliveryIds: Set<string>;
  dueAtMs: number;
  /** ends the wait when nobody waits any more */
  interrupt?: () => void;
};

type Standing = {
  doing: 'attempting' | 'waiting' | 'telling' | 'ended';
  group?: Group;
  presses: string[];
  outcome?: keyof DeliverCounts;
};

/** Deliveries of one endpoint whose retries are due within this factor go on together. */
const TOGETHER_FACTOR = 1.1;
const TOGETHER_MS = 1_000;

export class Board {
  readonly #standings = new Map<string, Standing>();
  readonly #earlier: DeliverCounts;
  #retries: { deliveryIds: string[]; afterMs: number }[] = [];
  #exhausted: string[][] = [];

  /** @param earlier what a previous run of the same workflow had counted */
  constructor(earlier: DeliverCounts = { succeeded: 0, exhausted: 0, cancelled: 0, left: 0 }) {
    this.#earlier = earlier;
  }

  #standing(id: string): Standing {
    let standing = this.#standings.get(id);
    if (standing === undefined) {
      standing = { doing: 'ended', presses: [] };
      this.#standings.set(id, standing);
    }
    return standing;
  }

  /** The scheduled attempt of these begins. */
  attempting(ids: string[]): void {
    for (const id of ids) {
      const standing = this.#standing(id);
      standing.doing = 'attempting';
      delete standing.group;
    }
  }

  /** An attempt of these is over; `takeRetries` and `takeExhausted` say what follows. */
  attempted(entries: AttemptEntry[]): void {
    const retries: AttemptEntry[] = [];
    const exhausted = new Map<number, string[]>();
    for (const entry of entries) {
      const standing = this.#standing(entry.id);
      standing.doing = 'ended';
      if (entry.outcome === 'retry') {
        standing.doing = 'waiting';
        // With presses in line the next attempt comes at once, and its outcome says how long to wait then.
        if (standing.presses.length === 0) retries.push(entry);
      } else if (entry.outcome === 'exhausted') {
        standing.outcome = 'exhausted';
        exhausted.set(entry.group, [...(exhausted.get(entry.group) ?? []), entry.id]);
      } else if (entry.outcome === 'succeeded') {
        standing.outcome = 'succeeded';
      } else {
        standing.outcome ??= entry.outcome === 'left' ? 'left' : 'cancelled';
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
    for (const id of ids) Object.assign(this.#standing(id), { doing: 'waiting', group });
    return group;
  }

  /** Those of the group that still wait for its moment. */
  due(group: Group): string[] {
    return [...group.deliveryIds];
  }

  press(id: string, pressId: string): void {
    this.#standing(id).presses.push(pressId);
  }

  /** The next press of the delivery, if it may be carried out now; the delivery then no longer waits. */
  takePress(id: string): string | undefined {
    const standing = this.#standing(id);
    if (standing.doing === 'attempting') return undefined;
    const pressId = standing.presses.shift();
    if (pressId === undefined) return undefined;
    this.#leaveGroup(standing, id);
    standing.doing = 'attempting';
    return pressId;
  }

  #leaveGroup(standing: Standing, id: string): void {
    const { group } = standing;
    delete standing.group;
    group?.deliveryIds.delete(id);
    if (group?.deliveryIds.size === 0) group.interrupt?.();
  }

  telling(ids: string[]): void {
    for (const id of ids) {
      const standing = this.#standing(id);
      if (standing.doing === 'ended') standing.doing = 'telling';
    }
  }

  told(ids: string[]): void {
    for (const id of ids) {
      const standing = this.#standing(id);
      if (standing.doing === 'telling') standing.doing = 'ended';
    }
  }

  forgetPresses(ids: string[]): void {
    for (const id of ids) this.#standing(id).presses = [];
  }

  cancelled(ids: string[]): void {
    for (const id of ids) {
      const standing = this.#standing(id);
      standing.outcome ??= 'cancelled';
      // An attempt under way ends by itself, and finds out.
      if (standing.doing !== 'waiting') continue;
      this.#leaveGroup(standing, id);
      standing.doing = 'ended';
    }
  }

  /** Deliveries that have not ended. */
  open(): string[] {
    return [...this.#standings]
      .filter(([, { doing }]) => doing === 'attempting' || doing === 'waiting')
      .map(([id]) => id);
  }

  /** The delivery that a press without an id can only mean. */
  onlyDelivery(): string | undefined {
    const [id, second] = this.#standings.keys();
    return second === undefined ? id : undefined;
  }

  hasPresses(): boolean {
    return [...this.#standings.values()].some(({ presses }) => presses.length > 0);
  }

  /** Nothing is in flight: what there is are timers, which can be carried over. */
  isCalm(): boolean {
    return [...this.#standings.values()].every(({ doing }) => doing !== 'attempting');
  }

  get counts(): DeliverCounts {
    const counts = { ...this.#earlier };
    for (const { outcome } of this.#standings.values()) if (outcome !== undefined) counts[outcome] += 1;
    return counts;
  }

  /** What a next run has left to do. */
  carry(): Carried {
    const groups = new Set<Group>();
    const presses: Carried['presses'] = [];
    const untold: string[] = [];
    for (const [deliveryId, { doing, group, presses: waiting }] of this.#standings) {
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
    return [...this.#standings].map(([deliveryId, { doing, group, presses }]) => ({
      deliveryId,
      doing,
      ...(group !== undefined && { dueAt: new Date(group.dueAtMs).toISOString() }),
      ...(presses.length > 0 && { presses: presses.length }),
    }));
  }
}

/** Deliveries of one endpoint that are due at about the same time, with the latest of their times. */
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
