/**
 * Fair queue: keys take turns, one piece of work each, so that no key waits behind all the work of another. No key gets all
 * places.
 */

export type FairQueue = {
  /**
   * Runs `work` once it gets a place.
   * @param key whose work it is
   * @param size memory that it holds while it waits
   * @throws QueueFullError; what `work` throws
   */
  run<Result>(key: string, size: number, work: () => Promise<Result>): Promise<Result>;
};

export type QueueRules = {
  /** pieces of work that may run at once */
  places: number;
  /** those of them that one key may have */
  placesPerKey: number;
  /** pieces of work of one key that may wait */
  maxWaiting: number;
  /** their sizes together */
  maxSize: number;
};

/** Too much work of this key waits already. */
export class QueueFullError extends Error {}

type Line = { running: number; size: number; waiting: { size: number; begin: () => void }[] };

export function createFairQueue(rules: QueueRules): FairQueue {
  // In the order of turns: a key goes to the end when it has had its turn.
  const lines = new Map<string, Line>();
  let running = 0;

  function fill(): void {
    while (running < rules.places) {
      const next = [...lines].find(
        ([, line]) => line.waiting.length > 0 && line.running < rules.placesPerKey,
      );
      if (next === undefined) return;
      const [key, line] = next;
      toTheEnd(key, line);
      const { size, begin } = line.waiting.shift() as Line['waiting'][number];
      line.size -= size;
      running += 1;
      line.running += 1;
      begin();
    }
  }

  function toTheEnd(key: string, line: Line): void {
    lines.delete(key);
    lines.set(key, line);
  }

  function leave(key: string, line: Line): void {
    running -= 1;
    line.running -= 1;
    // Keys that came meanwhile have had no turn yet and go first.
    toTheEnd(key, line);
    if (line.running === 0 && line.waiting.length === 0) lines.delete(key);
    fill();
  }

  async function run<Result>(key: string, size: number, work: () => Promise<Result>): Promise<Result> {
    const line = lines.get(key) ?? { running: 0, size: 0, waiting: [] };
    if (line.waiting.length >= rules.maxWaiting || line.size + size > rules.maxSize)
      throw new QueueFullError();
    lines.set(key, line);
    const begun = new Promise<void>((resolve) => {
      line.waiting.push({ size, begin: resolve });
    });
    line.size += size;
    fill();
    await begun;
    try {
      return await work();
    } finally {
      leave(key, line);
    }
  }
  return { run };
}
