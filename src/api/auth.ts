/**
 * Authentication and access: every route but the public ones needs an API key, sent as `X-API-Key` or as a bearer token, the cookie
 * of a session, or the bearer of a portal session. The route names the scope that the key must have; a route that names none stops the start.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Access, type Caller, mayDo, mayReveal, mayUse } from '../domain/access.ts';
import { Problem } from '../domain/errors.ts';
import { type CallerLookup, createCallerLookup } from './caller-lookup.ts';
import type { ApiDeps } from './deps.ts';
import { CSRF_HEADER, cookieOf, isFromPage } from './session-cookie.ts';
import { createSessionLookup, PORTAL_PREFIX, type SessionLookup } from './session-lookup.ts';
import { createWrongKeyLimiter } from './wrong-key-limiter.ts';

const PUBLIC =
  /^\/(healthz|readyz|metrics|openapi\.json|(docs|dashboard|portal)(\/|$)|assets\/|contacts\/(verify|unsubscribe|resubscribe)\/|$)/;

const callers = new WeakMap<FastifyRequest, Caller>();

/** The caller whose key came with the request. @throws Error on a route that asks for no key */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('A public route has no caller');
  return caller;
}

/** Whom a request's memory counts to: its caller, or its address where the body holds the credential. */
export const payerOf = (request: FastifyRequest): string => callers.get(request)?.id ?? request.ip;

/** Names the caller of a request whose body held the credential. */
export function actAs(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** @throws Problem forbidden */
export function requireAccess(request: FastifyRequest, access: Access): void {
  if (!mayDo(callerOf(request), access)) throw forbidden(callerOf(request), access);
}

/** @throws Problem forbidden where the caller may not see what is masked */
export function requireReveal(request: FastifyRequest): void {
  if (!mayReveal(callerOf(request))) throw forbidden(callerOf(request), 'manage');
}

function forbidden({ capabilities }: Caller, access: Access): Problem {
  if (capabilities !== undefined) {
    return new Problem(
      'forbidden',
      `This portal session may not do this. Its capabilities: ${capabilities.join(', ')}.`,
    );
  }
  return new Problem(
    'forbidden',
    access === 'admin'
      ? 'Only an admin key may do this.'
      : `This key lacks the scope "${access}". Use a key that has it, or ask the operator for one.`,
  );
}

export type Lookups = {
  callers: CallerLookup;
  sessions: SessionLookup;
  /**
   * Whether the credential of a request that is still being answered is good.
   * @throws what a look-up throws when that cannot be told now
   */
  recheck(request: FastifyRequest): Promise<boolean>;
};

/** Guards every route of the app but the public ones, and those that look for a credential in the body. */
export async function requireKey(app: FastifyInstance, deps: ApiDeps): Promise<Lookups> {
  // Shared: wrong keys, cookies and codes of an address count together.
  const wrongKeys = createWrongKeyLimiter(deps.wrongKeysPerS);
  const lookups: Lookups = {
    callers: createCallerLookup(deps, wrongKeys),
    sessions: createSessionLookup(deps, wrongKeys),
    recheck: (request) =>
      authenticate(request, lookups, deps.publicUrl()).then(
        () => true,
        (error) => {
          if (error instanceof Problem && error.code === 'unauthorized') return false;
          throw error;
        },
      ),
  };
  app.addHook('onRoute', ({ url, config }) => {
    if (!isPublic(url) && accessOf(config) === undefined) throw new Error(`The route ${url} names no access`);
  });
  app.addHook('onRequest', async (request) => {
    const { config, url = '' } = request.routeOptions;
    const access = accessOf(config);
    if (isPublic(request.url) || access === 'credential') return;
    const caller = await authenticate(request, lookups, deps.publicUrl());
    callers.set(request, caller);
    if (access === undefined) return;
    // A HEAD is made with its GET.
    const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${url}`;
    if (!mayUse(caller, route, access)) throw forbidden(caller, access);
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
  return lookups;
}

/** @throws Problem unauthorized, header_required */
async function authenticate(
  request: FastifyRequest,
  { callers: keys, sessions }: Lookups,
  publicUrl: string,
): Promise<Caller> {
  const key = keyOf(request);
  const cookie = key === null ? cookieOf(request, publicUrl) : null;
  if (key === null && cookie === null) {
    throw new Problem(
      'unauthorized',
      'Send an API key in the X-API-Key header, or as Authorization: Bearer <key>.',
    );
  }
  if (cookie !== null) {
    const caller = await sessions.findSession(cookie, request.ip);
    if (caller === null) throw new Problem('unauthorized', 'This session has ended. Sign in again.');
    if (isFromPage(request)) return caller;
    throw new Problem(
      'header_required',
      `A request that is made with a cookie and changes something needs the header ${CSRF_HEADER}: 1.`,
    );
  }
  if (key?.startsWith(PORTAL_PREFIX)) {
    const caller = await sessions.findPortalSession(key, request.ip);
    if (caller !== null) return caller;
    throw new Problem(
      'unauthorized',
      'This portal session has ended. Open the portal again from where you got its link.',
    );
  }
  const caller = await keys.findCaller(key ?? '', request.ip);
  if (caller !== null) return caller;
  throw new Problem(
    'unauthorized',
    'This API key is not valid, or it was revoked. `tidings start` names the file that holds its admin key.',
  );
}

/** Requests a second that the caller may make; `null`: no limit. */
function rateOf(request: FastifyRequest, deps: ApiDeps): number | null {
  const caller = callers.get(request);
  if (caller === undefined) return null;
  return caller.ratePerSecond ?? (caller.tenantId === null ? null : deps.tenantKeyRatePerS);
}

/** Whether a route needs no key. */
export const isPublic = (url: string) => PUBLIC.test(url.split('?')[0] ?? '');

/**
 * What a route's configuration demands of the key; undefined on a public route. `credential`: it needs none, since its body holds a
 * credential, which the route checks.
 */
export const accessOf = (config: unknown): Access | 'credential' | undefined =>
  (config as { access?: Access | 'credential' } | undefined)?.access;

function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
