/**
 * The registry of errors. `PROBLEMS` are refusals of a request (RFC 9457 problem details); `ATTEMPT_ERRORS` are the reasons why an
 * attempt failed. Codes are stable: clients rely on them.
 */

type ProblemEntry = { status: number; title: string };

export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request cannot be read' },
  invalid_json: { status: 400, title: 'The body is not JSON' },
  invalid_encoding: { status: 400, title: 'The body is not UTF-8' },
  unauthorized: { status: 401, title: 'No valid API key' },
  forbidden: { status: 403, title: 'The API key does not permit this' },
  header_required: { status: 403, title: 'A request with a cookie lacks the header that no form can send' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request was not complete in time' },
  conflict: { status: 409, title: 'The request conflicts with what is stored' },
  idempotency_conflict: { status: 409, title: 'The idempotency key or event id cannot be used again' },
  already_ended: { status: 409, title: 'The delivery or operation has already ended' },
  endpoint_disabled: { status: 409, title: 'The endpoint is disabled' },
  endpoint_deleted: { status: 409, title: 'The endpoint is deleted' },
  payload_erased: { status: 409, title: 'The payload is erased' },
  secret_unreadable: { status: 409, title: 'The secrets of the endpoint cannot be opened' },
  profile_unknown: { status: 409, title: "This version does not know the tenant's profile" },
  stored_value_invalid: { status: 409, title: 'A stored value is not valid' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The content type or encoding is not supported' },
  validation_failed: { status: 422, title: 'A field is not valid' },
  unknown_event_type: { status: 422, title: 'Unknown event type' },
  schema_mismatch: { status: 422, title: 'The data does not match the schema of its event type' },
  duplicate_key: { status: 422, title: 'A JSON object has the same key twice' },
  limit_reached: { status: 422, title: 'A limit is reached' },
  profile_rule: { status: 422, title: "The tenant's profile does not allow this" },
  too_many_requests: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Internal error' },
  schema_outdated: { status: 503, title: 'The database has not been migrated yet' },
  schema_incompatible: { status: 503, title: 'The database is too new for this version' },
  storage_unavailable: { status: 503, title: 'The database cannot be reached' },
  overloaded: { status: 503, title: 'The service is too busy at the moment' },
  temporal_unavailable: { status: 503, title: 'Temporal cannot be reached, or refuses the call' },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;

/** An invalid field: `path` is dotted (`events.3.type`), `message` says what the field must be. */
export type FieldError = { path: string; message: string };

/** A refusal of a request. `detail` says what to do about it. It goes to the client as it is, so it never holds a secret. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly fieldErrors: FieldError[] | undefined;
  readonly retryAfterS: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { fieldErrors?: FieldError[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.fieldErrors = options.fieldErrors;
    this.retryAfterS = options.retryAfterS;
  }
}

/** A refusal because of one field. */
export function fieldProblem(
  path: string,
  message: string,
  code: ProblemCode = 'validation_failed',
): Problem {
  return new Problem(code, message, { fieldErrors: [{ path, message }] });
}

/** Most names that a message lists. */
export const NAMES_SHOWN = 30;

/** The first names of a list, for the message of a refusal. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and more` : shown;
}

export const secretsUnreadable = (endpointId: string): Problem =>
  new Problem(
    'secret_unreadable',
    `The secrets of the endpoint ${endpointId} cannot be opened. Put the key that sealed them back into ` +
      'TIDINGS_ENCRYPTION_KEYS; if it is lost, delete the endpoint and create it again.',
  );

/** The reasons why an attempt failed, with the text shown to people. */
export const ATTEMPT_ERRORS = {
  dns_error: 'The host name could not be resolved.',
  address_blocked: 'The address is not public, and the operator has not allowed it.',
  connection_refused: 'Nothing accepted the connection.',
  connection_reset: 'The connection was closed before a response came.',
  tls_error: 'The TLS certificate or handshake was not acceptable.',
  timeout: 'No response came in time.',
  invalid_response: 'The answer is not a valid HTTP response.',
  redirect_refused: 'The receiver answered with a redirect; redirects are never followed.',
  http_status: 'The receiver answered with a status outside 200–299.',
  authorization_failed: 'The credentials for the request could not be obtained, so nothing was sent.',
  outcome_unknown: 'The sender stopped during this attempt; whether the request arrived is not known.',
  secret_unreadable: 'The secrets of the endpoint cannot be opened, so nothing was sent.',
  profile_unknown: "This version does not know the tenant's profile, so nothing was sent.",
  unsendable: 'A stored value of the delivery or of its endpoint is not valid, so nothing was sent.',
  endpoint_disabled: 'The endpoint was disabled before the event was delivered.',
  payload_erased: 'The payload was erased before the event was delivered.',
  endpoint_deleted: 'The endpoint was deleted before the event was delivered.',
} as const;

export type AttemptErrorCode = keyof typeof ATTEMPT_ERRORS;

/** Failures of Tidings itself: no request was made, and the endpoint is not at fault. */
export const OWN_FAULTS: ReadonlySet<AttemptErrorCode> = new Set<AttemptErrorCode>([
  'secret_unreadable',
  'profile_unknown',
  'unsendable',
]);

/** Whether an attempt with this result has a known duration: that of a lost one is not known, and one without a request has none. */
export const hasDuration = (error: AttemptErrorCode | null): boolean =>
  error !== 'outcome_unknown' && (error === null || !OWN_FAULTS.has(error));
