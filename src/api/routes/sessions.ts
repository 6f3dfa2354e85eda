/** `/v1/sessions`: a key, or a sign-in code, is exchanged for the cookie of a session, which has the rights of that key. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Caller, SCOPES } from '../../domain/access.ts';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import { ADMIN_ID } from '../../store/admin-proof.ts';
import {
  createSignInCode,
  endSession,
  findSession,
  insertSession,
  listSessions,
  newToken,
  type Session,
  SIGN_IN_CODE_S,
  useSignInCode,
} from '../../store/sessions.ts';
import { audited } from '../audit.ts';
import { actAs, callerOf, type Lookups } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { FIRST_PAGE } from '../pages.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { setCookie } from '../session-cookie.ts';

/** A body holds one credential. */
const MAX_BODY_BYTES = 4_096;

const createSessionBody = z
  .strictObject({
    key: z.string().min(1).max(1_000).optional().describe('An API key.'),
    code: z.string().min(1).max(1_000).optional().describe('A sign-in code.'),
  })
  .meta({ id: 'CreateSession', examples: [{ key: 'tidings_tenant_…' }] });

const sessionSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['admin', 'tenant']),
    tenant_id: z.string().nullable(),
    scopes: z.array(z.enum(SCOPES)),
    key: z
      .object({
        id: z.string().describe('`admin`: the key from the environment.'),
        name: z.string().nullable(),
      })
      .describe('The key whose rights it has. It ends with that key.'),
    created_at: z.string(),
    expires_at: z.string(),
    last_used_at: z.string().nullable().describe('To the minute.'),
  })
  .meta({ id: 'Session' });

const signInCodeSchema = z
  .object({
    url: z
      .string()
      .describe(
        'Whoever opens it first is signed in. The code stands in the fragment, which no server sees.',
      ),
    expires_in_seconds: z.number(),
  })
  .meta({ id: 'SignInCode' });

// Long because it declares one route after the other, each with its schemas and its handler.
export function sessionRoutes(app: App, deps: ApiDeps, lookups: Lookups): void {
  const tags = ['sessions'];

  app.post(
    '/v1/sessions',
    {
      bodyLimit: MAX_BODY_BYTES,
      config: { access: 'credential' },
      schema: {
        tags,
        operationId: 'sessions.create',
        summary: 'Sign in',
        description:
          'Exchanges an API key or a sign-in code for a session. The answer sets its cookie, which no script can read. The session has the ' +
          'rights of the key, ends with it, and lasts 12 hours. Too many wrong keys or codes from an address slow it down.',
        security: [],
        body: createSessionBody,
        response: { 201: sessionSchema, 401: problemSchema, 429: problemSchema, 503: problemSchema },
      },
    },
    async (request, reply) => {
      const { key, code } = request.body;
      if ((key === undefined) === (code === undefined))
        throw fieldProblem('key', 'is required, or else code, and not both');
      const caller =
        key === undefined ? await callerOfCode(request, code ?? '') : await callerOfKey(request, key);
      actAs(request, caller);
      const token = newToken('tidings_session_');
      const session = await audited(
        deps,
        request,
        ({ id, tenantId }: Session) => ({
          action: 'session.created',
          tenantId,
          objectId: id,
          details: { by: key === undefined ? 'code' : 'key' },
        }),
        async (client) => {
          // Of two requests with one code, the first to come here gets the session.
          if (code !== undefined && !(await useSignInCode(client, code))) throw wrongCode();
          const made = await insertSession(client, caller, token, deps.adminKey);
          if (made === null) throw wrongKey();
          return made;
        },
      );
      setCookie(request, reply, deps.publicUrl(), token);
      return reply.status(201).send(present(session));
    },
  );

  async function callerOfKey(request: FastifyRequest, key: string): Promise<Caller> {
    const caller = await lookups.callers.findCaller(key, request.ip);
    if (caller === null) throw wrongKey();
    return caller;
  }

  async function callerOfCode(request: FastifyRequest, code: string): Promise<Caller> {
    if (!(await lookups.sessions.isSignInCode(code, request.ip))) throw wrongCode();
    return { id: 'admin', name: null, tenantId: null, scopes: [], ratePerSecond: null };
  }

  app.post(
    '/v1/sign-in-codes',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'sign-in-codes.create',
        summary: 'Make a link that signs in once',
        description:
          "Only the environment's admin key may do this, itself and not through a session: the link signs in with its rights, once, within five minutes.",
        response: { 201: signInCodeSchema, 404: problemSchema },
      },
    },
    async (request, reply) => {
      const { id, sessionId } = callerOf(request);
      if (id !== ADMIN_ID || sessionId !== undefined) throw notTheAdminKey();
      if (deps.pages === null)
        throw new Problem('not_found', 'This service serves no pages to sign in to (TIDINGS_PAGES=off).');
      const act = { action: 'sign_in_code.created', tenantId: null, objectId: null };
      const code = await audited(deps, request, act, (client) => createSignInCode(client, deps.adminKey));
      const url = `${deps.publicUrl()}${FIRST_PAGE}#code=${code}`;
      return reply.status(201).send({ url, expires_in_seconds: SIGN_IN_CODE_S });
    },
  );

  app.get(
    '/v1/sessions',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'sessions.list',
        summary: 'List the sessions that have not ended',
        description: "A tenant's key sees those of its tenant's keys.",
        querystring: pageQuery.extend({
          tenant: z.string().optional().describe("Only those of this tenant's keys."),
        }),
        response: { 200: pageOf(sessionSchema), 404: problemSchema },
      },
    },
    async (request) => {
      const { tenant } = request.query;
      const asked = tenant === undefined ? null : (await tenantOr404(deps, request, tenant)).id;
      const tenantId = callerOf(request).tenantId ?? asked;
      return readPage(request.query, (page) => listSessions(deps.db, tenantId, page), present);
    },
  );

  app.get(
    '/v1/sessions/current',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'sessions.current',
        summary: 'Get the session that makes the request',
        response: { 200: sessionSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const session = await findSession(deps.db, currentOr404(request));
      if (session === null) throw new Problem('unauthorized', 'This session has ended. Sign in again.');
      return present(session);
    },
  );

  app.delete(
    '/v1/sessions/current',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'sessions.end-current',
        summary: 'Sign out',
        description: 'The session ends at once, in every process.',
        response: { 204: z.null(), 404: problemSchema },
      },
    },
    async (request, reply) => {
      await end(request, currentOr404(request), null);
      setCookie(request, reply, deps.publicUrl(), null);
      return reply.status(204).send(null);
    },
  );

  app.delete(
    '/v1/sessions/:session',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'sessions.end',
        summary: 'End a session',
        description: 'It ends at once, in every process.',
        params: z.object({ session: z.string() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await end(request, request.params.session, callerOf(request).tenantId);
      return reply.status(204).send(null);
    },
  );

  async function end(request: FastifyRequest, id: string, ofTenant: string | null): Promise<void> {
    await audited(
      deps,
      request,
      ({ tenantId }: { tenantId: string | null }) => ({ action: 'session.ended', tenantId, objectId: id }),
      async (client) => {
        const ended = await endSession(client, id, ofTenant);
        if (ended === null) throw notFound('session', id);
        return ended;
      },
    );
  }
}

/** The id of the session that makes the request. @throws Problem not_found where a key makes it */
function currentOr404(request: FastifyRequest): string {
  const { sessionId } = callerOf(request);
  if (sessionId === undefined)
    throw new Problem('not_found', 'There is no session: the request came with a key.');
  return sessionId;
}

const notTheAdminKey = () =>
  new Problem(
    'forbidden',
    "Only the environment's admin key makes links that sign in. Open the dashboard, and sign in with this key itself.",
  );

const wrongKey = () =>
  new Problem('unauthorized', 'This API key is not valid, or it was revoked. Use another one.');
const wrongCode = () =>
  new Problem(
    'unauthorized',
    'This code does not work: it was used already, or it is older than five minutes. Get a new link, or sign in with a key.',
  );

function present(session: Session): z.infer<typeof sessionSchema> {
  return {
    id: session.id,
    kind: session.tenantId === null ? 'admin' : 'tenant',
    tenant_id: session.tenantId,
    scopes: [...session.scopes],
    key: { id: session.keyId, name: session.keyName },
    created_at: session.createdAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    last_used_at: session.lastUsedAt?.toISOString() ?? null,
  };
}
