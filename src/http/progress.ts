/** Progress of a request: its phase, which a timeout's message names, and its route and times, which the log shows. */
import { type Phase, WAITED_FOR } from '../domain/attempt-phase.ts';
import type { Peer } from '../domain/peer.ts';
import { deadlineAfter } from './deadline.ts';
import type { Route } from './route.ts';

/** ms; `null`: it did not come to that, or a connection that was there already was used */
export type Timings = {
  resolveMs: number | null;
  /** until an address had accepted the connection, the egress proxy's tunnel included */
  connectMs: number | null;
  tlsMs: number | null;
  /** from the beginning of the request to the first byte of the response */
  firstByteMs: number | null;
  /** from there to the end of what was read */
  bodyMs: number | null;
};

export type Progress = {
  /** ends when the request's time is up */
  signal: AbortSignal;
  /** ms until then */
  leftMs(): number;
  /** frees the timer, when the request has ended */
  end(): void;
  phase: Phase;
  route: Route | null;
  timings: Timings;
  /** the address that took the connection; while there is none, the one that was dialled last */
  dialled: { address: string; port: number } | null;
  /** `null`: no TLS, or the receiver showed no certificate yet */
  peer: Peer | null;
  /** whether it went over a connection that had carried another request before */
  reused: boolean;
  /** whether it was sent a second time, because the reused connection was closed before the first byte of a response */
  resent: boolean;
};

export function startProgress(timeoutMs: number): Progress {
  const endsAtMs = performance.now() + timeoutMs;
  const { signal, clear } = deadlineAfter(timeoutMs);
  return {
    signal,
    end: clear,
    leftMs: () => Math.max(0, endsAtMs - performance.now()),
    phase: 'name',
    route: null,
    timings: { resolveMs: null, connectMs: null, tlsMs: null, firstByteMs: null, bodyMs: null },
    dialled: null,
    peer: null,
    reused: false,
    resent: false,
  };
}

/** The reason for a timeout in this phase, as a clause. */
export const waitedFor = ({ phase }: Progress): string => WAITED_FOR[phase];
