/** Progress of a request: its phase, which a timeout's message names, and its route, which the log shows. */
import { type Phase, WAITED_FOR } from '../domain/attempt-phase.ts';
import type { Route } from './route.ts';

export type Progress = {
  /** ends when the request's time is up */
  signal: AbortSignal;
  /** ms until then */
  leftMs(): number;
  phase: Phase;
  route: Route | null;
  /** whether it went over a connection that had carried another request before */
  reused: boolean;
  /** whether it was sent a second time, because the reused connection was closed before the first byte of a response */
  resent: boolean;
};

export function startProgress(timeoutMs: number): Progress {
  const endsAtMs = performance.now() + timeoutMs;
  return {
    signal: AbortSignal.timeout(timeoutMs),
    leftMs: () => Math.max(0, endsAtMs - performance.now()),
    phase: 'name',
    route: null,
    reused: false,
    resent: false,
  };
}

/** The reason for a timeout in this phase, as a clause. */
export const waitedFor = ({ phase }: Progress): string => WAITED_FOR[phase];
