/** What went wrong with a POST, in the codes that people see: from statuses and from the errors of sockets, TLS and DNS. */
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../domain/errors.ts';
import { AddressBlockedError } from './address-guard.ts';
import { DestinationUnreachableError } from './egress-proxy.ts';

export type AttemptFailure = { code: AttemptErrorCode; message: string };

export function statusFailure(status: number): AttemptFailure | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return { code: 'redirect_refused', message: `${status}: ${ATTEMPT_ERRORS.redirect_refused}` };
  }
  return { code: 'http_status', message: `The receiver answered ${status}.` };
}

const CODES: [RegExp, AttemptErrorCode][] = [
  [/^(ENOTFOUND|EAI_|EDNS|ENODATA|ESERVFAIL)/, 'dns_error'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL)$/, 'connection_refused'],
  [/^(UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|ETIMEDOUT)$/, 'timeout'],
  [/^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/, 'tls_error'],
];

export function errorFailure(error: unknown, timeoutMs: number): AttemptFailure {
  const { name, message } = error as Error;
  const code = String((error as { code?: unknown }).code ?? '');
  if (error instanceof AddressBlockedError) return { code: 'address_blocked', message };
  if (error instanceof DestinationUnreachableError) return { code: error.code, message };
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { code: 'timeout', message: `No response within ${timeoutMs} ms.` };
  }
  const known = CODES.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined) return { code: known, message: `${ATTEMPT_ERRORS[known]} (${code})` };
  return { code: 'connection_reset', message: `${ATTEMPT_ERRORS.connection_reset} (${code || name})` };
}
