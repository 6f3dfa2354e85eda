/** What the status of a failed call says of Temporal: that it cannot be used now, and for how long, or that it has answered. */
import { isGrpcServiceError } from '@temporalio/client';

/**
 * - `away`: it could not be reached, or what is there is not Temporal
 * - `denied`: it does not take our credentials: nothing will work until somebody mends them
 * - `busy`: it is there, and did not take this call: later it will
 */
export type TemporalTrouble = 'away' | 'denied' | 'busy';

/** Every status of gRPC (https://grpc.io/docs/guides/status-codes). Null: an answer to what was asked. */
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

/** @returns null: Temporal has answered, however unwelcome the answer is */
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
