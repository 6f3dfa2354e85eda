/** Progress of a request: its phase, which a timeout's message names, and its route, which the log shows. */
import type { Route } from './route.ts';

export type Phase = 'name' | 'connect' | 'tunnel' | 'tls' | 'request' | 'answer' | 'head';

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

const WAITED_FOR: Record<Phase, string> = {
  name: 'its name was not resolved',
  connect: 'nothing accepted the connection',
  tunnel: 'the egress proxy opened no way to it',
  tls: 'the TLS handshake did not end',
  request: 'the receiver did not take the whole request',
  answer: 'the receiver had the request and said nothing',
  head: 'the headers of its response did not end',
};

/** The reason for a timeout in this phase, as a clause. */
export const waitedFor = ({ phase }: Progress): string => WAITED_FOR[phase];
