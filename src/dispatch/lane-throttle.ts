/**
 * Throttles the starts of workflows in one lane. While a start is in flight, further deliveries gather and later share a workflow: a
 * workflow costs the same however many deliveries it has.
 */
import type { Lane } from '../domain/lane.ts';

type Until = 'begun' | 'rested' | 'gathered' | 'ended' | 'cooledDown';

/**
 * The event until which a start holds back the next one in its lane. `begun`: its attempt has begun. `rested`: after that the lane has
 * rested for three times as long as the attempt began late, so that on a busy machine deliveries that come close together share a workflow.
 * `ended`: its attempt has ended, so that more deliveries gather. `cooledDown`: after its attempt the lane has rested for three times as
 * long as the attempt took, so that three quarters of the time are left to the other lanes. `gathered`: in a burst, at most `GATHER_MS`
 * after it has begun.
 */
const HOLD_UNTIL: Record<Lane, Until> = {
  quick: 'rested',
  unproven: 'ended',
  failing: 'cooledDown',
  suspect: 'begun',
};

/** Those that hold back a group only until it is full. */
const FULL_MAY_PASS: Until[] = ['rested', 'gathered'];

const START_LIMIT_MS = 30_000;
/** The wait for an attempt to begin: if the worker is another process, this one never hears of it. */
const BEGIN_LIMIT_MS = 1_000;
const COOL_DOWN_FACTOR = 3;
/** The time of a start on a machine with time to spare. Only what it takes beyond that is a reason for a rest. */
const QUIET_START_MS = 10;
const REST_FACTOR = 3;
/** The wait for an attempt in the failing lane to end. An attempt that hangs is not waited for. */
const FAILING_LIMIT_MS = 3_000;
/** Number of events from which a group is a burst. */
const BURST_EVENTS = 8;
/** The longest wait of a burst's next group for the attempts of the one before: its endpoints may be others. */
const GATHER_MS = 100;

type InFlightStart = {
  since: number;
  until: Until;
  /** whether its attempt has begun */
  began: boolean;
  timer: NodeJS.Timeout;
};

export class LaneThrottle {
  readonly lane: Lane;
  readonly #full: number;
  readonly #restMs: number;
  readonly #onRelease: () => void;
  readonly #inFlight = new Map<string, InFlightStart>();

  /**
   * @param options.full number of deliveries that make a full group, which does not wait for more
   * @param options.restMs the longest rest of the quick lane after a start
   * @param options.onRelease called whenever the answer of `mayStart` may have changed
   */
  constructor(lane: Lane, options: { full: number; restMs: number; onRelease: () => void }) {
    this.lane = lane;
    this.#full = options.full;
    this.#restMs = options.restMs;
    this.#onRelease = options.onRelease;
  }

  /** @param waiting how many deliveries would go next */
  mayStart(waiting: number): boolean {
    if (waiting === 0) return false;
    if (this.#inFlight.size === 0) return true;
    // A full group need not gather any longer.
    return (
      waiting >= this.#full &&
      [...this.#inFlight.values()].every(({ began, until }) => began && FULL_MAY_PASS.includes(until))
    );
  }

  /** @param events number of distinct events among the workflow's deliveries */
  starting(workflowId: string, events: number): void {
    const until = this.lane === 'quick' && events >= BURST_EVENTS ? 'gathered' : HOLD_UNTIL[this.lane];
    const timer = this.#releaseAfter(workflowId, START_LIMIT_MS);
    this.#inFlight.set(workflowId, { since: performance.now(), until, began: false, timer });
  }

  started(workflowId: string): void {
    const start = this.#inFlight.get(workflowId);
    // The attempt may have begun before Temporal answered the start.
    if (start !== undefined && !start.began) this.#hold(workflowId, start, BEGIN_LIMIT_MS);
  }

  attemptBegan(workflowId: string): void {
    const start = this.#inFlight.get(workflowId);
    if (start === undefined) return;
    start.began = true;
    if (start.until === 'begun') this.release(workflowId);
    if (start.until === 'rested') this.#rest(workflowId, start);
    if (start.until === 'cooledDown') this.#hold(workflowId, start, FAILING_LIMIT_MS);
    if (start.until === 'gathered') {
      this.#hold(workflowId, start, GATHER_MS);
      this.#onRelease();
    }
  }

  attemptEnded(workflowId: string): void {
    const start = this.#inFlight.get(workflowId);
    if (start === undefined) return;
    if (start.until === 'cooledDown')
      this.#hold(workflowId, start, COOL_DOWN_FACTOR * (performance.now() - start.since));
    // A rest takes its time, whatever the attempts take.
    else if (start.until !== 'rested' || !start.began) this.release(workflowId);
  }

  release(workflowId: string): void {
    clearTimeout(this.#inFlight.get(workflowId)?.timer);
    if (this.#inFlight.delete(workflowId)) this.#onRelease();
  }

  /** Forgets the starts in flight; `onRelease` is not called any more. */
  forget(): void {
    for (const { timer } of this.#inFlight.values()) clearTimeout(timer);
    this.#inFlight.clear();
  }

  #rest(workflowId: string, start: InFlightStart): void {
    const lateMs = performance.now() - start.since - QUIET_START_MS;
    const restMs = Math.min(this.#restMs, REST_FACTOR * lateMs);
    if (restMs <= 0) {
      this.release(workflowId);
      return;
    }
    this.#hold(workflowId, start, restMs);
    this.#onRelease();
  }

  #hold(workflowId: string, start: InFlightStart, ms: number): void {
    clearTimeout(start.timer);
    start.timer = this.#releaseAfter(workflowId, ms);
  }

  #releaseAfter(workflowId: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.release(workflowId), ms);
  }
}
