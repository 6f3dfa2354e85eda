/** A channel with its circuit breaker: how many messages go through it at the same time, and none for a while when it does not work. */
import type { Channel } from '../domain/notification.ts';

/** Messages that one process sends at the same time through one channel. */
const SIDE_BY_SIDE = 5;
/** Seconds between probes of a channel that does not work, doubling. One message at a time is the probe. */
const AWAY_S = { first: 2, last: 60 };

export type ChannelRoute = {
  /** whether another message may be sent through it now */
  hasRoom(): boolean;
  send: Channel['send'];
  /** whether this reason differs from the last one */
  isNews(reason: string): boolean;
};

export function createChannelRoute(channel: Channel): ChannelRoute {
  let inFlight = 0;
  let failures = 0;
  let openAtMs = 0;
  let lastReason: string | undefined;
  return {
    hasRoom: () => inFlight < (failures === 0 ? SIDE_BY_SIDE : 1) && performance.now() >= openAtMs,
    async send(message, signal) {
      inFlight += 1;
      try {
        const result = await channel.send(message, signal);
        if (result.outcome === 'away') {
          // A single failure may be the fault of its message.
          if (failures > 0)
            openAtMs = performance.now() + Math.min(AWAY_S.last, AWAY_S.first * 2 ** (failures - 1)) * 1_000;
          failures += 1;
        } else {
          failures = 0;
          lastReason = undefined;
        }
        return result;
      } finally {
        inFlight -= 1;
      }
    },
    isNews(reason) {
      const isNew = reason !== lastReason;
      lastReason = reason;
      return isNew;
    },
  };
}
