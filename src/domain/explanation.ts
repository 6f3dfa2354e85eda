/** Explains a failed attempt: what happened, why as far as it was seen, who must act, and what to do. */
import { CAUSES, type Cause, type Failure, type Responsible } from './causes.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode } from './errors.ts';

export type Explanation = {
  /** what happened, in a sentence */
  summary: string;
  /** from the table of causes; stable */
  cause: string;
  who: Responsible;
  /** what to do */
  action: string;
  /** where the cause is described: a path on the server of the API */
  docsUrl: string;
};

/** Where the API serves the page of causes. */
export const ERROR_CODES_PATH = '/docs/error-codes';

/** The first cause of the failure's code that fits what was seen. */
export function causeOf(failure: Failure): Cause {
  const causes = CAUSES[failure.code];
  // The last one of each code fits always, which a test holds.
  return causes.find(({ when }) => when?.(failure) ?? true) ?? (causes.at(-1) as Cause);
}

/** `null` for a code that another version has written and this one does not know. */
export function explain(failure: Failure): Explanation | null {
  if (!Object.hasOwn(ATTEMPT_ERRORS, failure.code)) return null;
  const { cause, who, summary, action } = causeOf(failure);
  return {
    summary: typeof summary === 'string' ? summary : summary(failure),
    cause,
    who,
    action,
    docsUrl: `${ERROR_CODES_PATH}#${cause}`,
  };
}

/** The failure that is the example of a cause in the table. */
export function exampleOf(code: AttemptErrorCode, { example = {} }: Cause): Failure {
  const { message = null, status = null, body = '', url = null, rotatedAt = null } = example;
  return {
    code,
    message,
    status,
    body,
    url,
    rotatedAt,
    ...(example.endpointNow !== undefined && { endpointNow: example.endpointNow }),
    ...(example.obstacle !== undefined && { obstacle: example.obstacle }),
    headers: new Map(Object.entries(example.headers ?? {})),
  };
}
