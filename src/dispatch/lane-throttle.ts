/**
 * When the next workflow of a lane may be started. What comes meanwhile gathers, and goes together: the longer the gate is
 * shut, the fuller are the groups, and it is the workflow that costs, not the delivery.
 */
import type { Lane } from '../domain/lane.ts';

type Until = 'begun' | 'gathered' | 'ended' | 'rested';

/**
 * Until when an attempt keeps the gate shut. Where events come one by one the next may go as soon as it has begun; where
 * they come in groups, it is worth gathering until it has ended. Where attempts fail it rests three times as long as it took:
 * however much is sent there, three quarters of the time are for the others.
 */
const SHUT_UNTIL: Record<Lane, Until> = {
  quick: 'begun',
  unproven: 'ended',
  failing: 'rested',
  suspect: 'begun',
};

const START_LIMIT_MS = 30_000;
/** Where the worker that begins the attempt is another process, nobody says so. */
const BEGIN_LIMIT_MS = 1_000;
const REST_FACTOR = 3;
/** What fails is waited for longer, so that it rests too; but not for one that hangs. */
const FAILING_LIMIT_MS = 3_000;
/** So many events in a group are a burst. */
const BURST_EVENTS = 8;
/** Longest that the others of a burst wait for its attempts: they may be of other endpoints. */
const GATHER_MS = 100;

type Passage = {
  since: number;
  until: Until;
  /** its attempt has begun */
  began: boolean;
  timer: NodeJS.Timeout;
};

export class LaneGate {
  readonly lane: Lane;
  readonly #full: number;
  readonly #opened: () => void;
  readonly #passages = new Map<string, Passage>();

  /**
   * @param options.full so many deliveries are a full group: it waits for no more
   * @param options.opened called whenever the answer of `mayPass` may have changed
   */
  constructor(lane: Lane, options: { full: number; opened: () => void }) {
    this.lane = lane;
    this.#full = options.full;
    this.#opened = options.opened;
  }

  /** @param waiting how many deliveries would go next */
  mayPass(waiting: number): boolean {
    if (waiting === 0) return false;
    if (this.#passages.size === 0) return true;
    // What has gathered to a full group need not gather any longer.
    return (
      waiting >= this.#full &&
      [...this.#passages.values()].every(({ began, until }) => began && until === 'gathered')
    );
  }

  /** @param events how many events the workflow's deliveries are of */
  starting(workflowId: string, events: number): void {
    const until = this.lane === 'quick' && events >= BURST_EVENTS ? 'gathered' : SHUT_UNTIL[this.lane];
    const timer = this.#openAfter(workflowId, START_LIMIT_MS);
    this.#passages.set(workflowId, { since: performance.now(), until, began: false, timer });
  }

  started(workflowId: string): void {
    const passage = this.#passages.get(workflowId);
    // Its attempt may have begun before the answer came.
    if (passage !== undefined && !passage.began) this.#shut(workflowId, passage, BEGIN_LIMIT_MS);
  }

  attemptBegan(workflowId: string): void {
    const passage = this.#passages.get(workflowId);
    if (passage === undefined) return;
    passage.began = true;
    if (passage.until === 'begun') this.open(workflowId);
    if (passage.until === 'rested') this.#shut(workflowId, passage, FAILING_LIMIT_MS);
    if (passage.until === 'gathered') {
      this.#shut(workflowId, passage, GATHER_MS);
      this.#opened();
    }
  }

  attemptEnded(workflowId: string): void {
    const passage = this.#passages.get(workflowId);
    if (passage === undefined) return;
    if (passage.until === 'rested')
      this.#shut(workflowId, passage, REST_FACTOR * (performance.now() - passage.since));
    else this.open(workflowId);
  }

  open(workflowId: string): void {
    clearTimeout(this.#passages.get(workflowId)?.timer);
    if (this.#passages.delete(workflowId)) this.#opened();
  }

  /** Forgets what is under way, and calls nobody any more. */
  forget(): void {
    for (const { timer } of this.#passages.values()) clearTimeout(timer);
    this.#passages.clear();
  }

  #shut(workflowId: string, passage: Passage, ms: number): void {
    clearTimeout(passage.timer);
    passage.timer = this.#openAfter(workflowId, ms);
  }

  #openAfter(workflowId: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.open(workflowId), ms);
  }
}
