/** Errors of the client: what the API refused, and answers that never came. */

/** A field of the request that the API refused; `path` is like `auth.password`. */
export type FieldError = { path: string; message: string };

/** Codes beside the API's own: no answer came; what came is not an answer of Tidings. */
export type ClientErrorCode = 'no_answer' | 'unexpected_answer';

/** The API's problem (RFC 9457) as an error: `message` says what to do. */
export class TidingsError extends Error {
  override readonly name = 'TidingsError';
  /** of the response; 0: none came */
  readonly status: number;
  /** stable, such as `validation_failed` */
  readonly code: string;
  readonly fields: readonly FieldError[];
  /** names the request in the server's log; `null`: none came */
  readonly requestId: string | null;
  /** seconds to wait before the request is made again; `null`: the answer named none */
  readonly retryAfterS: number | null;

  constructor(
    message: string,
    given: {
      status: number;
      code: string;
      fields?: readonly FieldError[];
      requestId?: string | null;
      retryAfterS?: number | null;
      cause?: unknown;
    },
  ) {
    super(message, { cause: given.cause });
    this.status = given.status;
    this.code = given.code;
    this.fields = given.fields ?? [];
    this.requestId = given.requestId ?? null;
    this.retryAfterS = given.retryAfterS ?? null;
  }

  /** Whether the same request may succeed later. */
  get mayPass(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The wait that a response asks for. The API gives seconds. @returns `null`: it asks for none, or names a date */
export function retryAfterSecondsOf({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : null;
}

/** The error that a response of 400 or more stands for. */
export async function errorOf(response: Response): Promise<TidingsError> {
  const text = await response.text().catch(() => '');
  const retryAfterS = retryAfterSecondsOf(response);
  try {
    const { detail, code, errors, request_id } = JSON.parse(text);
    if (typeof detail === 'string' && typeof code === 'string')
      return new TidingsError(detail, {
        status: response.status,
        code,
        fields: errors ?? [],
        requestId: request_id ?? null,
        retryAfterS,
      });
  } catch {
    // It is no problem of ours: said below.
  }
  return new TidingsError(
    `The answer is not one of Tidings: ${response.status} ${response.statusText}. Something between here and the server may have given it.`,
    { status: response.status, code: 'unexpected_answer', retryAfterS },
  );
}

/** The error that stands for a request without an answer. */
export const noAnswer = (cause: unknown): TidingsError =>
  new TidingsError('No answer came from Tidings. Check the connection, and whether the service runs.', {
    status: 0,
    code: 'no_answer',
    cause,
  });
