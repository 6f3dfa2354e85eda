/**
 * One in-memory queue per lane. Deliveries of a crowded endpoint stay in it, and others pass them: claimed, they would only wait for
 * their endpoint's concurrency cap. A failing or crowded endpoint may fill only part of its lane; the rest waits in the database.
 */
import type { Lane } from '../domain/lane.ts';
import type { DispatchableDelivery } from '../store/leases.ts';

const LANE_LIMIT = 10_000;
/** Most deliveries of one failing or crowded endpoint; more wait in the database. */
const ENDPOINT_LIMIT = 1_000;
/** Lanes in which the endpoints take turns. */
const IN_TURNS: Lane[] = ['failing', 'suspect'];
/** Most deliveries of a group in the failing lane: a larger group of failures would occupy the process for longer at a time. */
const FAILING_GROUP = 100;
/** Most bytes of a group's bodies: an attempt holds them all in memory. */
const GROUP_BYTES = 8 * 1024 * 1024;

/** Endpoints that have as many deliveries claimed and waiting as they may. */
export type Crowds = { isCrowded(endpointId: string): boolean; hasCrowds(): boolean };
const NO_CROWDS: Crowds = { isCrowded: () => false, hasCrowds: () => false };

export class DispatchQueue {
  readonly #crowds: Crowds;
  #lanes: Record<Lane, DispatchableDelivery[]> = {
    quick: [],
    unproven: [],
    failing: [],
    suspect: [],
  };
  /** how many deliveries of each endpoint wait in the failing lane */
  readonly #failing = new Counts();
  readonly #all = new Counts();

  constructor(crowds: Crowds = NO_CROWDS) {
    this.#crowds = crowds;
  }

  hasRoomFor(lane: Lane, row: DispatchableDelivery): boolean {
    return this.#lanes[lane].length < LANE_LIMIT && !this.hasShareFilled(lane, row);
  }

  /** Whether the delivery's endpoint has as many deliveries here as a failing or crowded one may have. */
  hasShareFilled(lane: Lane, { endpointId }: DispatchableDelivery): boolean {
    if (lane === 'failing' && this.#failing.of(endpointId) >= ENDPOINT_LIMIT) return true;
    return this.#crowds.isCrowded(endpointId) && this.#all.of(endpointId) >= ENDPOINT_LIMIT;
  }

  /** Whether `count` more may be fetched: only while fewer than that wait here, to leave some to other processes. */
  hasRoom(count: number): boolean {
    return this.count('quick') + this.count('unproven') < count;
  }

  /** Endpoints of which no more deliveries should be fetched. In a lane that is full, these are all its endpoints. */
  crowdedEndpoints(): string[] {
    const crowded = [
      ...this.#failing.from(ENDPOINT_LIMIT),
      ...this.#all.from(ENDPOINT_LIMIT).filter((endpointId) => this.#crowds.isCrowded(endpointId)),
    ];
    const full = IN_TURNS.filter((lane) => this.#lanes[lane].length >= LANE_LIMIT);
    return [
      ...new Set([
        ...crowded,
        ...full.flatMap((lane) => this.#lanes[lane].map(({ endpointId }) => endpointId)),
      ]),
    ];
  }

  push(lane: Lane, row: DispatchableDelivery): void {
    this.#lanes[lane].push(row);
    this.#all.add(row.endpointId, 1);
    if (lane === 'failing') this.#failing.add(row.endpointId, 1);
  }

  /**
   * Takes the deliveries of one workflow: those of a lone event, or in a burst those of several events, up to `burstSize` and
   * `GROUP_BYTES`. Empty when nothing waits, or only what its endpoint is too crowded for.
   */
  takeGroup(lane: Lane, burstSize: number): DispatchableDelivery[] {
    const free = this.#freeIn(lane);
    const rows = IN_TURNS.includes(lane) ? inTurns(free) : free;
    const [first] = rows;
    if (first === undefined) return [];
    const isLone = burstSize === 1 || rows.every((row) => areSiblings(row, first));
    const group = isLone
      ? this.#lanes[lane]
          .filter((row) => areSiblings(row, first))
          .slice(0, Math.max(burstSize, first.siblings))
      : withinBytes(rows.slice(0, lane === 'failing' ? Math.min(burstSize, FAILING_GROUP) : burstSize));
    const taken = new Set(group);
    return this.#takeFrom(lane, (row) => taken.has(row));
  }

  /** How many could go now. */
  count(lane: Lane): number {
    return this.#freeIn(lane).length;
  }

  #freeIn(lane: Lane): DispatchableDelivery[] {
    if (!this.#crowds.hasCrowds()) return this.#lanes[lane];
    // For a test's outcome a person waits.
    return this.#lanes[lane].filter(
      ({ endpointId, isTest }) => isTest || !this.#crowds.isCrowded(endpointId),
    );
  }

  takeAll(): DispatchableDelivery[] {
    return this.#takeWhere(() => true);
  }

  remove(ids: Set<string>): void {
    if (ids.size > 0) this.#takeWhere((row) => ids.has(row.id));
  }

  ids(): string[] {
    return Object.values(this.#lanes).flatMap((rows) => rows.map((row) => row.id));
  }

  #takeWhere(wanted: (row: DispatchableDelivery) => boolean): DispatchableDelivery[] {
    return (Object.keys(this.#lanes) as Lane[]).flatMap((lane) => this.#takeFrom(lane, wanted));
  }

  #takeFrom(lane: Lane, wanted: (row: DispatchableDelivery) => boolean): DispatchableDelivery[] {
    const taken: DispatchableDelivery[] = [];
    const left: DispatchableDelivery[] = [];
    for (const row of this.#lanes[lane]) (wanted(row) ? taken : left).push(row);
    this.#lanes[lane] = left;
    for (const { endpointId } of taken) {
      this.#all.add(endpointId, -1);
      if (lane === 'failing') this.#failing.add(endpointId, -1);
    }
    return taken;
  }
}

class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: 1 | -1): void {
    const count = this.of(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }

  /** The keys with a count of at least `least`. */
  from(least: number): string[] {
    return [...this.#counts].flatMap(([key, count]) => (count < least ? [] : [key]));
  }
}

/** Orders rows by turns: each endpoint's first, then each endpoint's second, and so on. An endpoint with many gains nothing by it. */
function inTurns(rows: DispatchableDelivery[]): DispatchableDelivery[] {
  const seen = new Map<string, number>();
  return rows
    .map((row) => {
      const turn = seen.get(row.endpointId) ?? 0;
      seen.set(row.endpointId, turn + 1);
      return { row, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ row }) => row);
}

function withinBytes(rows: DispatchableDelivery[]): DispatchableDelivery[] {
  let bytes = 0;
  const end = rows.findIndex((row, at) => {
    const before = rows[at - 1];
    // An event's body is held once, however many deliveries it has.
    if (before === undefined || !areSiblings(row, before)) bytes += row.bytes;
    return at > 0 && bytes > GROUP_BYTES;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/** Whether both are of the same event. Ids that callers chose are unique only within their tenant. */
const areSiblings = (one: DispatchableDelivery, other: DispatchableDelivery): boolean =>
  one.eventId === other.eventId && one.tenantId === other.tenantId;

export const countEvents = (rows: DispatchableDelivery[]): number =>
  new Set(rows.map((row) => `${row.tenantId} ${row.eventId}`)).size;
