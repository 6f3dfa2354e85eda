/** Creates, changes and deletes endpoints, for all routes that do; each change gets an entry in the audit log. */
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ENDPOINT_BOUNDS, type Endpoint, type OpenEndpoint } from '../domain/endpoint.ts';
import { NAMES_SHOWN, Problem } from '../domain/errors.ts';
import { profileNamed } from '../profiles/index.ts';
import { deleteEndpoint, followEndpoint, insertEndpoint, updateEndpoint } from '../store/endpoints.ts';
import { filtersOfOwnTypes, listEventTypeNames } from '../store/event-types.ts';
import type { Tenant } from '../store/tenants.ts';
import { audited } from './audit.ts';
import type { ApiDeps } from './deps.ts';
import { changedEndpoint, newEndpoint } from './endpoint-rules.ts';
import { type createEndpointBody, type patchEndpointBody, shownSettings } from './schemas/endpoint.ts';

/** @throws Problem naming each wrong field; limit_reached or profile_rule when the tenant has as many endpoints as it may have */
export async function createEndpoint(
  deps: ApiDeps,
  request: FastifyRequest,
  tenant: Tenant,
  body: z.infer<typeof createEndpointBody>,
): Promise<OpenEndpoint> {
  const rules = await rulesFor(deps, tenant, body.event_types ?? []);
  const { maxEndpoints, title } = rules.profile;
  const limit = maxEndpoints ?? ENDPOINT_BOUNDS.endpointsPerTenant;
  const wanted = newEndpoint(body, rules);
  return audited(
    deps,
    request,
    (endpoint: OpenEndpoint) => ({
      action: 'endpoint.created',
      tenantId: tenant.id,
      objectId: endpoint.id,
      details: createdWith(endpoint),
    }),
    async (client) => {
      const endpoint = await insertEndpoint(client, deps.vault, tenant.id, wanted, limit);
      if (endpoint !== null) return endpoint;
      if (maxEndpoints === null) {
        throw new Problem(
          'limit_reached',
          `A tenant may have at most ${limit} endpoints. Delete one that is not needed.`,
        );
      }
      throw new Problem(
        'profile_rule',
        `${title} posts to exactly one Callback URL per tenant. Change the existing endpoint, or delete it first.`,
      );
    },
  );
}

function createdWith(endpoint: Endpoint) {
  const { url, event_types: types, enabled } = keptSettings(endpoint);
  return { url, event_types: types, enabled };
}

/** @returns the endpoint as it was and as it is, or `null` when it is not there. @throws Problem naming each wrong field */
export async function changeEndpoint(
  deps: ApiDeps,
  request: FastifyRequest,
  tenant: Tenant,
  id: string,
  body: z.infer<typeof patchEndpointBody>,
): Promise<{ before: Endpoint; after: Endpoint } | null> {
  const rules = await rulesFor(deps, tenant, body.event_types ?? []);
  const { schedule: profileSchedule } = rules.profile;
  let before: Endpoint | null = null;
  const after = await audited(
    deps,
    request,
    (endpoint: Endpoint | null) =>
      endpoint && {
        action: 'endpoint.updated',
        tenantId: tenant.id,
        objectId: id,
        details: {
          fields: Object.keys(body),
          ...(before !== null && valuesOf(before, endpoint, Object.keys(body))),
        },
      },
    (client) =>
      updateEndpoint(client, deps.vault, { tenantId: tenant.id, id, profileSchedule }, (endpoint) => {
        before = endpoint;
        return changedEndpoint(endpoint, body, rules);
      }),
  );
  if (before === null || after === null) return null;
  updateBacklogLater(deps, id);
  return { before, after };
}

/**
 * The fields with what they are and were. With `enabled` and `event_types` it can be said later what the endpoint wanted at a time. A field
 * whose value the audit log does not keep has a name alone.
 */
function valuesOf(before: Endpoint, after: Endpoint, fields: readonly string[]) {
  const was = keptSettings(before);
  const now = keptSettings(after);
  // Where the path alone has changed, the same origin twice would say that nothing has.
  const kept = Object.keys(was).filter(
    (name) => fields.includes(name) && !(name === 'url' && was.url === now.url),
  );
  const only = (settings: object) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => kept.includes(name)));
  return kept.length === 0 ? {} : { ...only(now), was: only(was) };
}

/**
 * The settings that the audit log keeps. It outlives the erasure of a tenant, so it holds none of the tenant's own words: of the URL only
 * the origin, and no description or header.
 */
function keptSettings(endpoint: Endpoint) {
  const { url, description: _, headers: __, ...kept } = shownSettings(endpoint);
  return { url: URL.canParse(url) ? new URL(url).origin : null, ...kept };
}

/** @returns whether the endpoint existed */
export async function removeEndpoint(
  deps: ApiDeps,
  request: FastifyRequest,
  tenant: Tenant,
  id: string,
): Promise<boolean> {
  const isGone = await audited(
    deps,
    request,
    (isDeleted: boolean) =>
      isDeleted ? { action: 'endpoint.deleted', tenantId: tenant.id, objectId: id } : null,
    (client) => deleteEndpoint(client, tenant.id, id),
  );
  if (isGone) updateBacklogLater(deps, id);
  return isGone;
}

/** Updates the endpoint's backlog after the answer, because it may hold a million deliveries. If this fails, the reconciler does it. */
function updateBacklogLater({ db, logger }: ApiDeps, endpointId: string): void {
  followEndpoint(db, endpointId).catch((error) =>
    logger.warn(
      { reason: error.message, endpoint: endpointId },
      'the waiting deliveries of a changed endpoint could not be updated; the reconciler updates them',
    ),
  );
}

/** Loads what the rules for an endpoint of this tenant depend on: its profile and its own event types. */
async function rulesFor(deps: ApiDeps, tenant: Tenant, filters: readonly string[]) {
  const profile = profileNamed(tenant.profile);
  // A profile that allows any type needs no list of types.
  const needsTypes = !profile.allowsUnknownTypes && filters.length > 0;
  const [ownNames, ownFilters] = needsTypes
    ? await Promise.all([
        listEventTypeNames(deps.db, tenant.id, NAMES_SHOWN),
        filtersOfOwnTypes(deps.db, tenant.id, filters),
      ])
    : [[], []];
  return { profile, ownNames, ownFilters, deps };
}
