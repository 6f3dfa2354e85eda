/** Answers every error with an RFC 9457 problem: a stable code, the path of each bad field, what to do. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type FieldError, PROBLEMS, Problem, type ProblemCode } from '../domain/errors.ts';
import { isDataError } from '../store/data-error.ts';
import { isDatabaseAway, isPassing, isSchemaMismatch, isUnstorableText } from '../store/pool.ts';

export const PROBLEM_TYPE = 'application/problem+json';
const STORAGE_RETRY_AFTER_S = 5;
/** Codes that come in great numbers while they come: they get no log line each. */
const NOT_LOGGED: readonly ProblemCode[] = ['temporal_unavailable', 'overloaded'];
const CONTENDED_RETRY_AFTER_S = 1;
const MAX_FIELD_ERRORS = 20;
const MAX_SHOWN = 300;

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    request_id: z.string(),
  })
  .meta({ id: 'Problem', description: 'What went wrong and what to do about it (RFC 9457).' });

/**
 * Makes every error of the app a problem, also those of Fastify itself.
 * @param onProblem called with the code of each error
 * @param schemaProblem checks whether the schema fits; called when a query names a table or column that does not exist
 */
export function answerWithProblems(
  app: FastifyInstance,
  onProblem: (code: ProblemCode) => void,
  schemaProblem: () => Promise<Problem | null>,
): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const problem = (isSchemaMismatch(error) ? await schemaProblem() : null) ?? asProblem(error);
    onProblem(problem.code);
    const isOurs = problem.status >= 500 || problem.code === 'stored_value_invalid';
    if (isOurs && !NOT_LOGGED.includes(problem.code)) {
      request.log.error({ err: error, problem: problem.code }, 'a request failed');
    }
    return sendProblem(problem, request, reply);
  });
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.retryAfterS !== undefined) reply.header('retry-after', String(problem.retryAfterS));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  // Bytes pass by the serializer of the route.
  return reply
    .status(problem.status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problemBody(problem, request.id))));
}

/** The JSON of a problem. */
export function problemBody(problem: Problem, requestId: string): z.infer<typeof problemSchema> {
  const { title, status } = PROBLEMS[problem.code];
  return {
    type: `https://tidings.dev/problems/${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    ...(problem.fieldErrors && { errors: problem.fieldErrors }),
    request_id: requestId,
  };
}

function asProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error.validation) return validationProblem(error);
  if (isDatabaseAway(error)) {
    return new Problem(
      'storage_unavailable',
      'The database cannot be reached at the moment. Try again in a few seconds.',
      {
        retryAfterS: STORAGE_RETRY_AFTER_S,
        cause: error,
      },
    );
  }
  if (isPassing(error)) {
    return new Problem(
      'overloaded',
      'Another request is changing the same object. Nothing was stored; send this request again in a second.',
      { retryAfterS: CONTENDED_RETRY_AFTER_S, cause: error },
    );
  }
  if (isUnstorableText(error)) {
    return new Problem('validation_failed', 'A text may not hold the character NUL (U+0000).', {
      cause: error,
    });
  }
  if (isDataError(error)) {
    return new Problem(
      'stored_value_invalid',
      'A stored value of this object is not valid. Change it if you can; otherwise tell the operator.',
      { cause: error },
    );
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Problem('unsupported_media_type', 'Send the body as content-type: application/json.');
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Problem('payload_too_large', 'The request body is larger than this route takes.');
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Problem('invalid_request', error.message, { cause: error });
  }
  return new Problem(
    'internal_error',
    'Something failed inside Tidings. Try again; if it fails again, send the request_id of this answer to the operator.',
    {
      cause: error,
    },
  );
}

function validationProblem(error: FastifyError): Problem {
  const issues = error.validation ?? [];
  // One body can have a hundred thousand issues, or one issue that lists as many unknown keys.
  const fieldErrors: FieldError[] = issues.slice(0, MAX_FIELD_ERRORS).map((issue) => ({
    path: shortened(issue.instancePath.replace(/^\//, '').replaceAll('/', '.')),
    message: shortened(issue.message ?? 'is not valid'),
  }));
  const where = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'body');
  const summary = fieldErrors
    .map(({ path, message }) => (path === '' ? `It ${message}` : `${path}: ${message}`))
    .join('; ');
  const more = issues.length > fieldErrors.length ? ` And ${issues.length - fieldErrors.length} more.` : '';
  const detail = `The ${where} is not valid. ${summary}${more}`;
  return new Problem('validation_failed', detail, { fieldErrors });
}

const shortened = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
