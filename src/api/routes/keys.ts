/** `/v1/keys`: create, list and revoke API keys. A key is shown once; only its hash is kept. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type ApiKey, SCOPES } from '../../domain/access.ts';
import { insertKey, listKeys, revokeKey } from '../../store/api-keys.ts';
import { endPortalSessionsOfKey } from '../../store/portal-sessions.ts';
import { endSessionsOfKey } from '../../store/sessions.ts';
import { audited } from '../audit.ts';
import type { CallerLookup } from '../caller-lookup.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { pageOf, pageQuery, readPage } from '../paging.ts';
import { problemSchema } from '../problems.ts';

const common = {
  name: z.string().trim().min(1).max(200).optional().describe('A name by which people know the key.'),
  rate_limit: z
    .strictObject({ per_second: z.number().int().min(1).max(100_000) })
    .optional()
    .describe('Requests a second, in each process. Absent: as configured.'),
};

const createKeyBody = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('admin'), ...common }),
    z.strictObject({
      kind: z.literal('tenant'),
      tenant: z.string().min(1).describe("The tenant's id or external_id."),
      scopes: z
        .array(z.enum(SCOPES))
        .min(1, 'must name at least one of emit, manage, read')
        .describe('`emit`: send events, nothing else. `read`: look. `manage`: change, and look.'),
      ...common,
    }),
  ])
  .meta({
    id: 'CreateKey',
    examples: [{ kind: 'tenant', tenant: 'hillside', scopes: ['emit'], name: 'CRM' }],
  });

const keySchema = z
  .object({
    id: z.string(),
    kind: z.enum(['admin', 'tenant']),
    tenant_id: z.string().nullable(),
    scopes: z.array(z.enum(SCOPES)),
    name: z.string().nullable(),
    hint: z.string().describe('Its last characters.'),
    rate_limit: z.object({ per_second: z.number() }).nullable(),
    created_at: z.string(),
    last_used_at: z.string().nullable().describe('To the minute.'),
  })
  .meta({ id: 'Key' });

const newKeySchema = keySchema
  .extend({ key: z.string().describe('Shown here and never again.') })
  .meta({ id: 'NewKey' });

// Long because it declares one route after the other, each with its schemas and its handler.
export function keyRoutes(app: App, deps: ApiDeps, callerLookup: Pick<CallerLookup, 'forget'>): void {
  const tags = ['keys'];

  app.post(
    '/v1/keys',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'keys.create',
        summary: 'Create a key',
        body: createKeyBody,
        response: { 201: newKeySchema, 404: problemSchema },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const tenant = body.kind === 'tenant' ? await tenantOr404(deps, request, body.tenant) : null;
      const value = `tidings_${body.kind}_${randomBytes(32).toString('base64url')}`;
      const key = await audited(
        deps,
        request,
        ({ id, kind, scopes, tenantId }: ApiKey) => ({
          action: 'key.created',
          tenantId,
          objectId: id,
          details: { kind, scopes },
        }),
        (client) =>
          insertKey(client, {
            kind: body.kind,
            tenantId: tenant?.id ?? null,
            scopes: body.kind === 'tenant' ? [...new Set(body.scopes)] : [],
            name: body.name ?? null,
            ratePerSecond: body.rate_limit?.per_second ?? null,
            value,
          }),
      );
      return reply.status(201).send({ ...present(key), key: value });
    },
  );

  app.get(
    '/v1/keys',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'keys.list',
        summary: 'List the keys that are not revoked',
        querystring: pageQuery.extend({
          tenant: z.string().optional().describe('Only those of this tenant.'),
        }),
        response: { 200: pageOf(keySchema), 404: problemSchema },
      },
    },
    async (request) => {
      const { tenant } = request.query;
      const tenantId = tenant === undefined ? null : (await tenantOr404(deps, request, tenant)).id;
      return readPage(request.query, (page) => listKeys(deps.db, tenantId, page), present);
    },
  );

  app.delete(
    '/v1/keys/:key',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'keys.revoke',
        summary: 'Revoke a key',
        description:
          'It stops working at once in this process, and within a second in the others; its sessions, and the portal sessions that it has made, end at once in all of them.',
        params: z.object({ key: z.string() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { key: id } = request.params;
      await audited(
        deps,
        request,
        (key: ApiKey) => ({ action: 'key.revoked', tenantId: key.tenantId, objectId: id }),
        async (client) => {
          const key = await revokeKey(client, id);
          if (key === null) throw notFound('key', id);
          await endSessionsOfKey(client, id);
          await endPortalSessionsOfKey(client, id);
          return key;
        },
      );
      callerLookup.forget(id);
      return reply.status(204).send(null);
    },
  );
}

function present(key: ApiKey): z.infer<typeof keySchema> {
  return {
    id: key.id,
    kind: key.kind,
    tenant_id: key.tenantId,
    scopes: key.scopes,
    name: key.name,
    hint: key.hint,
    rate_limit: key.ratePerSecond === null ? null : { per_second: key.ratePerSecond },
    created_at: key.createdAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
