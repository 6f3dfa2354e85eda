/**
 * Authentication and access: every route but the public ones needs an API key, sent as `X-API-Key` or as a bearer token. The route
 * names the scope that the key must have; a route that names none stops the start.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Access, type Caller, mayDo } from '../domain/access.ts';
import { Problem } from '../domain/errors.ts';
import { type CallerLookup, createCallerLookup } from './caller-lookup.ts';
import type { ApiDeps } from './deps.ts';

const PUBLIC =
  /^\/(healthz|readyz|metrics|openapi\.json|docs(\/|$)|contacts\/(verify|unsubscribe|resubscribe)\/|$)/;

const callers = new WeakMap<FastifyRequest, Caller>();

/** The caller whose key came with the request. @throws Error on a public route, which asks for no key */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('A public route has no caller');
  return caller;
}

/** @throws Problem forbidden */
export function requireAccess(request: FastifyRequest, access: Access): void {
  if (mayDo(callerOf(request), access)) return;
  throw new Problem(
    'forbidden',
    access === 'admin'
      ? 'Only an admin key may do this.'
      : `This key lacks the scope "${access}". Use a key that has it, or ask the operator for one.`,
  );
}

/** Guards every route of the app but the public ones. */
export async function requireKey(app: FastifyInstance, deps: ApiDeps): Promise<CallerLookup> {
  const callerLookup = createCallerLookup(deps);
  app.addHook('onRoute', ({ url, config }) => {
    if (!isPublic(url) && accessOf(config) === undefined) throw new Error(`The route ${url} names no access`);
  });
  app.addHook('onRequest', async (request) => {
    if (isPublic(request.url)) return;
    const key = keyOf(request);
    if (key === null) {
      throw new Problem(
        'unauthorized',
        'Send an API key in the X-API-Key header, or as Authorization: Bearer <key>.',
      );
    }
    const caller = await callerLookup.findCaller(key, request.ip);
    if (caller === null) {
      throw new Problem(
        'unauthorized',
        'This API key is not valid, or it was revoked. `tidings start` names the file that holds its admin key.',
      );
    }
    callers.set(request, caller);
    const access = accessOf(request.routeOptions.config);
    if (access !== undefined) requireAccess(request, access);
  });
  await app.register(rateLimit, {
    timeWindow: 1_000,
    keyGenerator: (request) => callers.get(request)?.id ?? '',
    max: (request) => Math.max(1, Math.floor(rateOf(request, deps) ?? 1)),
    allowList: (request) => rateOf(request, deps) === null,
    addHeaders: { 'retry-after': false },
    errorResponseBuilder: (_request, { max }) =>
      new Problem(
        'too_many_requests',
        `This key may make at most ${max} requests a second. Send this one again in a second.`,
        {
          retryAfterS: 1,
        },
      ),
  });
  return callerLookup;
}

/** Requests a second that the caller may make; `null`: no limit. */
function rateOf(request: FastifyRequest, deps: ApiDeps): number | null {
  const caller = callers.get(request);
  if (caller === undefined) return null;
  return caller.ratePerSecond ?? (caller.tenantId === null ? null : deps.tenantKeyRatePerS);
}

/** Whether a route needs no key. */
export const isPublic = (url: string) => PUBLIC.test(url.split('?')[0] ?? '');

/** What a route's configuration demands of the key; undefined on a public route. */
export const accessOf = (config: unknown): Access | undefined =>
  (config as { access?: Access } | undefined)?.access;

function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
