/** Answers to requests that reach no route: broken HTTP, unknown paths, wrong methods. They are problems, too. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import { answerAndClose } from './body/early-responses.ts';
import { PROBLEM_TYPE, problemBody, sendProblem } from './problems.ts';

/** Longer than any id, even with each of its characters escaped. */
const MAX_PARAM_LENGTH = 1_024;

/** Options that Fastify takes only when the application is made. */
export const malformedRequests = {
  routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
  frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    const problem =
      error.code === 'FST_ERR_BAD_URL'
        ? new Problem('invalid_request', 'The path is not percent-encoded UTF-8.')
        : unknownPath(request.method, `${pathOf(request).slice(0, 100)}…`);
    sendProblem(problem, request, reply);
  },
  clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
    if (error.code === 'ECONNRESET') return void socket.destroy();
    answerAndClose(socket, () => {
      const problem = transportProblem(error.code ?? '');
      const body = Buffer.from(JSON.stringify(problemBody(problem, newId('request'))));
      const head = [
        `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
        `content-type: ${PROBLEM_TYPE}`,
        `content-length: ${body.length}`,
        'connection: close',
      ];
      return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
    });
  },
};

function transportProblem(code: string): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Problem('headers_too_large', 'The URL and the headers together may be at most 16 KiB.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem('request_timeout', 'The request was not complete in time. Send it again.');
  }
  return new Problem('invalid_request', `This is not a valid HTTP/1.1 request (${code}).`);
}

/**
 * Answers 404 for an unknown path and 405 for a method that a path does not take, before a body is read. Call it after the hook
 * that checks keys, and before routes are added.
 */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  const methodsAt = rememberRoutes(app);
  app.setNotFoundHandler(async (request) => {
    throw unknownPath(request.method, pathOf(request));
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const allowed = methodsAt(pathOf(request)).join(', ');
    if (allowed === '') throw unknownPath(request.method, pathOf(request));
    reply.header('allow', allowed);
    throw new Problem('method_not_allowed', `${pathOf(request)} takes ${allowed}, not ${request.method}.`);
  });
  // No id has a NUL in it, and PostgreSQL refuses a query that has.
  app.addHook('preValidation', async (request) => {
    const values = Object.values((request.params ?? {}) as Record<string, string>);
    if (values.some((value) => value.includes('\0'))) throw unknownPath(request.method, pathOf(request));
  });
}

const pathOf = (request: FastifyRequest) => request.raw.url?.split('?')[0] ?? '';

function unknownPath(method: string, path: string): Problem {
  return new Problem('not_found', `There is no ${method} ${path}. The routes are listed at /docs.`);
}

/** @returns a function that gives the methods of a path */
function rememberRoutes(app: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const parts = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll('.', '\\.')));
    routes.push({ pattern: new RegExp(`^${parts.join('/')}$`), methods: [method].flat() });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}
