/**
 * Portal sessions: a tenant's customer gets a link, whose code is exchanged once for a bearer. What the bearer may do is in
 * `PORTAL_ROUTES` of src/domain/access.ts.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CAPABILITIES } from '../../domain/access.ts';
import { Problem } from '../../domain/errors.ts';
import {
  endPortalSession,
  exchangePortalCode,
  findPortalSession,
  insertPortalSession,
  listPortalSessions,
  type PortalSession,
} from '../../store/portal-sessions.ts';
import { newToken } from '../../store/sessions.ts';
import { audited } from '../audit.ts';
import { actAs, callerOf, type Lookups } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';
import { tenantParams } from '../schemas/parameters.ts';
import {
  createPortalSessionBody,
  exchangeBody,
  exchangedSchema,
  newPortalSessionSchema,
  ownPortalSessionSchema,
  portalSessionSchema,
  presentOwnPortalSession,
  presentPortalSession,
} from '../schemas/portal-session.ts';
import { asPortalCaller, PORTAL_PREFIX } from '../session-lookup.ts';

/** A body holds one code. */
const MAX_BODY_BYTES = 4_096;

// Long because it declares one route after the other, each with its schemas and its handler.
export function portalSessionRoutes(app: App, deps: ApiDeps, lookups: Pick<Lookups, 'sessions'>): void {
  const tags = ['portal sessions'];
  const base = '/v1/tenants/:tenant/portal-sessions';

  app.post(
    base,
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'portal-sessions.create',
        summary: 'Make a link to the portal of a tenant',
        description:
          'For the customer: with it they see their own endpoints, events and deliveries. It ends with the key that makes it.',
        params: tenantParams,
        body: createPortalSessionBody,
        response: { 201: newPortalSessionSchema },
      },
    },
    async (request, reply) => {
      const { id: tenantId } = await tenantOr404(deps, request, request.params.tenant);
      const { expires_in_seconds: expiresInS, return_url: returnUrl = null, theme } = request.body;
      const asked = new Set([...request.body.capabilities, 'view']);
      const capabilities = CAPABILITIES.filter((each) => asked.has(each));
      const code = newToken('tidings_link_');
      const session = await audited(
        deps,
        request,
        ({ id, expiresAt }: PortalSession) => ({
          action: 'portal_session.created',
          tenantId,
          objectId: id,
          details: { capabilities, expires_at: expiresAt.toISOString() },
        }),
        async (client) => {
          const { id: keyId } = callerOf(request);
          const given = {
            tenantId,
            keyId,
            code,
            capabilities,
            returnUrl,
            theme: JSON.stringify(theme),
            expiresInS,
          };
          const made = await insertPortalSession(client, given, deps.adminKey, deps.portalSessionsPerTenant);
          if (made === null) throw notFound('tenant', request.params.tenant);
          return made;
        },
      );
      return reply.status(201).send({
        id: session.id,
        url: `${deps.publicUrl()}/portal/#code=${code}`,
        expires_at: session.expiresAt.toISOString(),
      });
    },
  );

  app.get(
    base,
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'portal-sessions.list',
        summary: 'List the portal sessions of a tenant that have not ended',
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: pageOf(portalSessionSchema) },
      },
    },
    async (request) => {
      const { id } = await tenantOr404(deps, request, request.params.tenant);
      return readPage(request.query, (page) => listPortalSessions(deps.db, id, page), presentPortalSession);
    },
  );

  app.delete(
    `${base}/:portal_session`,
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'portal-sessions.end',
        summary: 'End a portal session',
        description: 'Its link and its bearer stop working at once, in every process.',
        params: tenantParams.extend({ portal_session: z.string() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id: tenantId } = await tenantOr404(deps, request, request.params.tenant);
      await end(request, tenantId, request.params.portal_session);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/v1/portal-sessions/exchange',
    {
      bodyLimit: MAX_BODY_BYTES,
      config: { access: 'credential' },
      schema: {
        tags,
        operationId: 'portal-sessions.exchange',
        summary: 'Exchange the code of a link for a bearer',
        description:
          'A code works once. The bearer works until the session ends. Too many wrong codes from an address slow it down.',
        security: [],
        body: exchangeBody,
        response: { 200: exchangedSchema, 401: problemSchema, 429: problemSchema, 503: problemSchema },
      },
    },
    async (request) => {
      const { code } = request.body;
      const id = await lookups.sessions.findPortalCode(code, request.ip);
      if (id === null) throw wrongLink();
      const bearer = newToken(PORTAL_PREFIX);
      const session = await audited(
        deps,
        request,
        ({ tenantId }: PortalSession) => ({ action: 'portal_session.exchanged', tenantId, objectId: id }),
        async (client) => {
          // Of two requests with one code, the first to come here gets the bearer.
          const exchanged = await exchangePortalCode(client, code, bearer, deps.adminKey);
          if (exchanged === null) throw wrongLink();
          actAs(request, asPortalCaller(exchanged));
          return exchanged;
        },
      );
      return { ...presentOwnPortalSession(session), bearer };
    },
  );

  app.get(
    '/v1/portal-sessions/current',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'portal-sessions.current',
        summary: 'Get the portal session that makes the request',
        response: { 200: ownPortalSessionSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const session = await findPortalSession(deps.db, currentOr404(request).id);
      if (session === null) throw wrongLink();
      return presentOwnPortalSession(session);
    },
  );

  app.delete(
    '/v1/portal-sessions/current',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'portal-sessions.end-current',
        summary: 'End the portal session that makes the request',
        response: { 204: z.null(), 404: problemSchema },
      },
    },
    async (request, reply) => {
      const { id, tenantId } = currentOr404(request);
      await end(request, tenantId, id);
      return reply.status(204).send(null);
    },
  );

  async function end(request: FastifyRequest, tenantId: string, id: string): Promise<void> {
    const act = { action: 'portal_session.ended', tenantId, objectId: id };
    await audited(deps, request, act, async (client) => {
      if (!(await endPortalSession(client, tenantId, id))) throw notFound('portal session', id);
    });
  }
}

/** @throws Problem not_found where a key or a session of a key makes the request */
function currentOr404(request: FastifyRequest): { id: string; tenantId: string } {
  const { id, tenantId, capabilities } = callerOf(request);
  if (capabilities !== undefined && tenantId !== null) return { id, tenantId };
  throw new Problem('not_found', 'There is no portal session: the request came with a key.');
}

const wrongLink = () =>
  new Problem(
    'unauthorized',
    'This link does not work any more: it was used already, or its session has ended. Open the portal again from where you got it.',
  );
