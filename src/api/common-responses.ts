/** Error responses that many routes share, added to the OpenAPI document here. A route names only its own. */
import type { FastifyInstance } from 'fastify';
import { PROBLEMS } from '../domain/errors.ts';
import { PROBLEM_TYPE, problemSchema } from './problems.ts';

const ALWAYS = [400, 408, 431, 500];
const WITH_KEY = [401, 403, 429, 503];
const WITH_BODY = [413, 415];

type RouteSchema = {
  hide?: boolean;
  security?: unknown[];
  body?: unknown;
  params?: unknown;
  querystring?: unknown;
  headers?: unknown;
  response?: Record<number, unknown>;
};

/** Adds the shared error responses to the schema of each route that is registered after this call. */
export function declareCommonResponses(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const schema = route.schema as RouteSchema | undefined;
    if (schema === undefined || schema.hide === true) return;
    const statuses = [
      ...ALWAYS,
      ...(schema.security?.length === 0 ? [] : WITH_KEY),
      ...(schema.params === undefined ? [] : [404]),
      ...((schema.params ?? schema.querystring ?? schema.headers ?? schema.body) ? [422] : []),
      ...(schema.body === undefined ? [] : WITH_BODY),
    ];
    const response: Record<number, unknown> = { ...schema.response };
    for (const status of statuses) response[status] ??= problemSchema;
    for (const [status, each] of Object.entries(response)) {
      if (each === problemSchema) response[Number(status)] = asProblemContent(Number(status));
    }
    route.schema = { ...schema, response } as typeof route.schema;
  });
}

function asProblemContent(status: number) {
  const titles = Object.values(PROBLEMS).filter((each) => each.status === status);
  return {
    description: titles.map(({ title }) => title).join('; '),
    content: { [PROBLEM_TYPE]: { schema: problemSchema } },
  };
}

type Operation = {
  responses?: Record<string, unknown>;
  requestBody?: {
    required?: boolean;
    content: Record<string, { schema?: { anyOf?: { type?: unknown }[] } }>;
  };
};
type Document = {
  paths?: Record<string, Record<string, Operation>>;
  components?: { responses?: Record<string, unknown> };
};

/** Moves each error response of the OpenAPI document to its components, and marks the bodies that may be left out. */
export function tidyDocument<Given>(given: Given): Given {
  const document = given as Document;
  const shared: Record<string, unknown> = {};
  for (const operation of Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods))) {
    const { responses = {}, requestBody } = operation;
    for (const [status, response] of Object.entries(responses)) {
      if (!(PROBLEM_TYPE in ((response as { content?: object }).content ?? {}))) continue;
      shared[`Refusal${status}`] = response;
      responses[status] = { $ref: `#/components/responses/Refusal${status}` };
    }
    // The validator takes a missing body for null.
    const alternatives = requestBody?.content['application/json']?.schema?.anyOf ?? [];
    if (requestBody && alternatives.some(({ type }) => type === 'null')) requestBody.required = false;
  }
  return { ...given, components: { ...document.components, responses: shared } };
}
