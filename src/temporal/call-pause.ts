/** The pause in calls to a Temporal that answers but refuses them: each refusal after a pause makes the next one twice as long. */
import type { Logger } from '../observability/logger.ts';

type Refusal = 'denied' | 'busy';

export type CallPause = {
  /** whether calls that can wait should be made now */
  isOver(): boolean;
  begin(refusal: Refusal, error: unknown): void;
  /** Notes that a call has succeeded. */
  end(): void;
};

/** More calls would make it worse. */
const PAUSE_MS = { from: 1_000, to: 30_000 };

export function createCallPause(logger: Logger): CallPause {
  let current: { refusal: Refusal; pauseMs: number; untilMs: number } | null = null;
  return {
    isOver: () => current === null || Date.now() >= current.untilMs,
    begin(refusal, error) {
      if (current?.refusal !== refusal) {
        const reason = (error as Error).message;
        if (refusal === 'denied')
          logger.error(
            { reason },
            'Temporal refuses our credentials: events are accepted, and deliveries wait',
          );
        else
          logger.warn(
            { reason },
            'Temporal refuses some calls, because it is too busy: deliveries are slower',
          );
      }
      // Calls that fail at the same time lengthen the pause once.
      if (current !== null && Date.now() < current.untilMs) return;
      const pauseMs = current === null ? PAUSE_MS.from : Math.min(current.pauseMs * 2, PAUSE_MS.to);
      current = { refusal, pauseMs, untilMs: Date.now() + pauseMs };
    },
    end() {
      if (current !== null) logger.info('Temporal accepts our calls again');
      current = null;
    },
  };
}
