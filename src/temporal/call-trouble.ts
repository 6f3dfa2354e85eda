/** Classifies a failed call to Temporal: Temporal is away, denies us access, is busy, or has given an answer. */
import { isGrpcServiceError } from '@temporalio/client';

/**
 * - `away`: it could not be reached, or the server there is not Temporal
 * - `denied`: it refuses our credentials; no call works until somebody mends them
 * - `busy`: it is there and did not take this call; a later one will work
 */
export type TemporalTrouble = 'away' | 'denied' | 'busy';

/** Every status of gRPC (https://grpc.io/docs/guides/status-codes). `null`: an answer to the call. */
export const TROUBLE_OF_STATUS: Record<number, TemporalTrouble | null> = {
  1: 'away', // CANCELLED
  2: 'busy', // UNKNOWN
  3: null, // INVALID_ARGUMENT
  4: 'away', // DEADLINE_EXCEEDED
  5: null, // NOT_FOUND
  6: null, // ALREADY_EXISTS
  7: 'denied', // PERMISSION_DENIED
  8: 'busy', // RESOURCE_EXHAUSTED: beyond the namespace's rate
  9: 'busy', // FAILED_PRECONDITION: the namespace is being moved
  10: 'busy', // ABORTED
  11: 'busy', // OUT_OF_RANGE
  12: 'away', // UNIMPLEMENTED: another kind of server, or a proxy before it
  13: 'busy', // INTERNAL
  14: 'away', // UNAVAILABLE
  15: 'busy', // DATA_LOSS
  16: 'denied', // UNAUTHENTICATED
};

const NO_CONNECTION = /transport error|Connection failed|connection (closed|refused)|tcp connect error/i;

/** @returns `null`: Temporal has answered the call, if only with a refusal of its content */
export function troubleOf(error: unknown): TemporalTrouble | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) {
      const trouble = TROUBLE_OF_STATUS[cause.code];
      return trouble === undefined ? 'busy' : trouble;
    }
    if (NO_CONNECTION.test(cause.message)) return 'away';
  }
  return null;
}
