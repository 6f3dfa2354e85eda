/** Maps statuses and errors of sockets, TLS and DNS to the error codes that people see. */
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../domain/errors.ts';
import { AddressBlockedError } from './address-guard.ts';
import { isTlsError, tlsReason } from './tls-reasons.ts';

export type AttemptFailure = {
  code: AttemptErrorCode;
  message: string;
};

/** A failure that already has its code and its message. */
export class AttemptFailedError extends Error {
  readonly code: AttemptErrorCode;
  /** the bytes that came where they are no valid HTTP response */
  readonly received: Buffer | null;
  /** whether the cause may be a silent egress proxy instead of the receiver */
  readonly isSilence: boolean;
  constructor(
    failure: AttemptFailure,
    more: { received?: Buffer | null; isSilence?: boolean; cause?: unknown } = {},
  ) {
    super(failure.message, { cause: more.cause });
    this.code = failure.code;
    this.received = more.received ?? null;
    this.isSilence = more.isSilence ?? false;
  }
}

export function statusFailure(status: number): AttemptFailure | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return { code: 'redirect_refused', message: `${status}: ${ATTEMPT_ERRORS.redirect_refused}` };
  }
  return { code: 'http_status', message: `The receiver answered ${status}.` };
}

const CODES: [RegExp, AttemptErrorCode][] = [
  [/^(ENOTFOUND|EAI_|EDNS|ENODATA|ESERVFAIL)/, 'dns_error'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL|EACCES|EPERM)$/, 'connection_refused'],
  [/^ETIMEDOUT$/, 'timeout'],
];

/** The failure for an error that came before any response. */
export function errorFailure(error: unknown): AttemptFailure {
  if (error instanceof AttemptFailedError) return { code: error.code, message: error.message };
  const { name, message } = error as Error;
  if (error instanceof AddressBlockedError) return { code: 'address_blocked', message };
  const code = String((error as { code?: unknown }).code ?? '');
  if (isTlsError(code)) return { code: 'tls_error', message: tlsReason(error as Error) };
  const known = CODES.find(([pattern]) => pattern.test(code))?.[1] ?? 'connection_reset';
  const sign = code === '' && name === 'Error' ? '' : ` (${code || name})`;
  return { code: known, message: `${ATTEMPT_ERRORS[known]}${sign}` };
}
