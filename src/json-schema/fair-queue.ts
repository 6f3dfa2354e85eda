/**
 * A queue in which nobody waits behind all that another has brought: whoever waits gets a place in turn, one piece of work
 * each, and nobody gets all places.
 */

export type FairQueue = {
  /**
   * Runs `work` when there is a place for it.
   * @param key whose work it is
   * @param size what it holds in memory while it waits
   * @throws QueueFullError; what `work` throws
   */
  run<Result>(key: string, size: number, work: () => Promise<Result>): Promise<Result>;
};

export type QueueRules = {
  places: number;
  placesPerKey: number;
  /** that may wait of one key */
  maxWaiting: number;
  maxSize: number;
};

/** So much waits of this key already that no more is taken. */
export class QueueFullError extends Error {}

type Line = { running: number; size: number; waiting: { size: number; begin: () => void }[] };

export function createFairQueue(rules: QueueRules): FairQueue {
  // In the order of turns: whose turn it was goes to the end.
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
    // Those who came meanwhile have not had a turn yet.
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
