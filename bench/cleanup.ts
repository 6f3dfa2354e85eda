/** What must be stopped before the bench ends, however it ends. What still runs when it dies suddenly ends by itself. */

type Stop = () => Promise<unknown>;

export type Cleanup = {
  /** @returns stops it now instead of at the end */
  add(stop: Stop): () => Promise<void>;
  /** Stops everything, the newest first. A second call waits for the first. */
  end(): Promise<void>;
  /** whether `end` was called: what fails from then on fails because of it */
  isEnding(): boolean;
};

export function createCleanup(): Cleanup {
  const stops = new Set<Stop>();
  let ending: Promise<void> | null = null;
  async function stopAll(): Promise<void> {
    for (const stop of [...stops].reverse()) {
      if (stops.delete(stop)) await stop();
    }
  }
  return {
    add(stop) {
      stops.add(stop);
      return async () => {
        if (stops.delete(stop)) await stop();
      };
    },
    end() {
      ending ??= stopAll();
      return ending;
    },
    isEnding: () => ending !== null,
  };
}
