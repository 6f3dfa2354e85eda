/** Decides why a POST got no response: its time was up, the receiver failed, or the operator's egress proxy did. */
import { AttemptFailedError, type AttemptFailure, errorFailure } from './attempt-failure.ts';
import { triedText } from './connector.ts';
import { EgressFaultError, type EgressProxy } from './egress-proxy.ts';
import { NoAnswerError, UnfinishedHeadError } from './exchange.ts';
import { type Progress, waitedFor } from './progress.ts';

/** The operator's egress proxy does not work: no attempt was made, and none may be counted. */
export type EgressFault = { fault: string };

type Failed = { error: AttemptFailure; received: Buffer | null };

/** The failure of a POST without a response, or the fault of the operator's proxy. */
export async function failureOf(
  thrown: unknown,
  timeoutMs: number,
  progress: Progress,
  proxy: EgressProxy | null,
): Promise<Failed | EgressFault> {
  if (thrown instanceof EgressFaultError) return { fault: thrown.message };
  const { isSilence, ...failed } = failedWith(thrown, timeoutMs, progress);
  // The proxy may be silent as well as the destination.
  if (proxy === null || !isSilence || (await proxy.answers())) return failed;
  return { fault: `The egress proxy has stopped answering (${failed.error.code}).` };
}

function failedWith(thrown: unknown, timeoutMs: number, progress: Progress): Failed & { isSilence: boolean } {
  if (
    progress.signal.aborted &&
    (thrown === progress.signal.reason || thrown instanceof UnfinishedHeadError)
  ) {
    const received = thrown instanceof UnfinishedHeadError ? thrown.received : null;
    const tried = progress.route?.address === null ? ` ${triedText(progress.route.others)}` : '';
    const message = `No response within ${timeoutMs} ms: ${waitedFor(progress)}.${tried}`;
    return { error: { code: 'timeout', message }, received, isSilence: true };
  }
  if (thrown instanceof NoAnswerError) {
    const error = errorFailure(thrown.cause ?? thrown);
    return { error, received: null, isSilence: error.code === 'connection_reset' };
  }
  const error = errorFailure(thrown);
  const { received = null, isSilence = false } = thrown instanceof AttemptFailedError ? thrown : {};
  return {
    error,
    received,
    isSilence: isSilence || error.code === 'timeout' || error.code === 'connection_reset',
  };
}
