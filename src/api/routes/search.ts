/** `/v1/search`: finds things by an id, a name, a URL, an event type or an idempotency key. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Access, type Caller, mayDo } from '../../domain/access.ts';
import { findProfile, PROFILES } from '../../profiles/index.ts';
import { type Hit, type HitKind, MAX_HITS, search } from '../../store/search.ts';
import type { Tenant } from '../../store/tenants.ts';
import { callerOf } from '../auth.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { tenantOr404 } from '../lookups.ts';
import { problemSchema } from '../problems.ts';
import { text } from '../schemas/text.ts';

/** What is found only by those who may list it: the others, by whoever may search. */
const LISTED_FOR: Partial<Record<HitKind, Access>> = {
  key: 'admin',
  session: 'manage',
  portal_session: 'manage',
};

/** As long as a URL may be that is typed for an endpoint. */
const MAX_Q = 2_048;

const KINDS = [
  'tenant',
  'endpoint',
  'event',
  'delivery',
  'event_type',
  'operation',
  'operational_event',
  'key',
  'session',
  'portal_session',
] as const satisfies HitKind[];

const hitSchema = z
  .object({
    type: z.enum(KINDS),
    id: z.string().describe('Of an event type: its name.'),
    tenant_id: z.string().nullable().describe('Null: it belongs to no tenant, such as a type of a profile.'),
    title: z.string().describe('What people know it by: a name, a masked URL, an event type.'),
    matched: z
      .enum(['id', 'external_id', 'name', 'url', 'host', 'idempotency_key'])
      .describe('By what it was found.'),
    exact: z.boolean().describe('False: `q` is only its beginning.'),
    deleted: z.boolean(),
    path: z
      .string()
      .nullable()
      .describe(
        'Where this API answers about it. Null: it is deleted, and only its deliveries and the audit log tell of it.',
      ),
  })
  .meta({ id: 'SearchHit' });

type Shown = z.infer<typeof hitSchema>;

export function searchRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/search',
    {
      config: { access: 'read' },
      schema: {
        tags: ['search'],
        operationId: 'search.find',
        summary: 'Find things by what is at hand',
        description:
          'Finds tenants by id, external_id and name; endpoints by id, URL and host; events by id, your own included, and Idempotency-Key; ' +
          'deliveries, operations, operational events, keys, sessions and portal sessions by id; event types by name. The beginning is enough, ' +
          `but for operations and Idempotency-Keys. Of each, at most ${MAX_HITS} are shown. A tenant's key finds what belongs to its tenant; ` +
          'keys are for admins, sessions and portal sessions for those who may list them.',
        querystring: z.object({
          q: text(MAX_Q).trim().min(1),
          tenant: z.string().optional().describe('Only what belongs to this tenant.'),
        }),
        response: { 200: z.object({ items: z.array(hitSchema) }), 404: problemSchema },
      },
    },
    async (request) => {
      const { q } = request.query;
      const tenant = await tenantAsked(deps, request, request.query.tenant);
      const caller = callerOf(request);
      const kinds = new Set<HitKind>(KINDS.filter((kind) => isFoundBy(caller, kind)));
      const hits = await search(deps.db, { q, tenantId: tenant?.id ?? null }, kinds);
      const shown = [...hits.map(present), ...profileTypes(q, tenant)];
      return { items: shown.sort((a, b) => Number(b.exact) - Number(a.exact)) };
    },
  );
}

function isFoundBy(caller: Caller, kind: HitKind): boolean {
  const access = LISTED_FOR[kind];
  return access === undefined || mayDo(caller, access);
}

/** The tenant whose things alone are looked through; `null`: everybody's. @throws Problem not_found */
async function tenantAsked(
  deps: ApiDeps,
  request: FastifyRequest,
  asked: string | undefined,
): Promise<Tenant | null> {
  const whose = asked ?? callerOf(request).tenantId;
  return whose === null ? null : tenantOr404(deps, request, whose);
}

function present({ kind, id, tenantId, title, matched, exact, deleted }: Hit): Shown {
  const path = deleted ? null : pathOf(kind, id, tenantId);
  return { type: kind, id, tenant_id: tenantId, title, matched, exact, deleted, path };
}

function pathOf(kind: HitKind, id: string, tenantId: string | null): string {
  const tenant = `/v1/tenants/${encodeURIComponent(tenantId ?? '')}`;
  const own = encodeURIComponent(id);
  switch (kind) {
    case 'tenant':
      return tenant;
    case 'endpoint':
      return `${tenant}/endpoints/${own}`;
    case 'event':
      return `${tenant}/events/${own}`;
    case 'event_type':
      return tenantId === null ? `/v1/deliveries?event_type=${own}` : `${tenant}/event-types/${own}`;
    case 'delivery':
      return `/v1/deliveries/${own}`;
    case 'operation':
      return `/v1/operations/${own}`;
    case 'operational_event':
      return '/v1/operational-events';
    case 'key':
    case 'session':
    case 'portal_session':
      return `/v1/audit-log?object_id=${own}`;
  }
}

/** Types of the tenant's profile, or of all profiles, whose names begin so. */
function profileTypes(q: string, tenant: Tenant | null): Shown[] {
  const profiles = tenant === null ? PROFILES : [findProfile(tenant.profile)];
  const names = new Set(profiles.flatMap((profile) => profile?.catalogue.map(({ name }) => name) ?? []));
  const tenantId = tenant?.id ?? null;
  return [...names]
    .filter((name) => name.startsWith(q))
    .slice(0, MAX_HITS)
    .map((name) =>
      present({
        kind: 'event_type',
        id: name,
        tenantId,
        title: name,
        matched: 'name',
        exact: name === q,
        deleted: false,
      }),
    );
}
