/** Look-ups of the objects that a URL names. An object of another tenant gets the same 404 as one that does not exist. */
import type { FastifyRequest } from 'fastify';
import { maySee } from '../domain/access.ts';
import type { Delivery } from '../domain/delivery.ts';
import { type Endpoint, isOpen, type OpenEndpoint } from '../domain/endpoint.ts';
import { Problem, secretsUnreadable } from '../domain/errors.ts';
import { findDelivery } from '../store/deliveries.ts';
import { findEndpoint } from '../store/endpoints.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';
import { callerOf } from './auth.ts';
import type { ApiDeps } from './deps.ts';

export function notFound(noun: string, id: string): Problem {
  return new Problem('not_found', `There is no ${noun} ${id}.`);
}

/** @throws Problem not_found */
export async function tenantOr404(
  { db }: ApiDeps,
  request: FastifyRequest,
  idOrExternalId: string,
): Promise<Tenant> {
  const tenant = await findTenant(db, idOrExternalId);
  if (tenant === null || !maySee(callerOf(request), tenant.id)) throw notFound('tenant', idOrExternalId);
  return tenant;
}

/** The tenant of an emit, from a cache that is at most a second old. @throws Problem not_found */
export async function emittingTenantOr404(
  { emitCache }: ApiDeps,
  request: FastifyRequest,
  idOrExternalId: string,
): Promise<Tenant> {
  const tenant = await emitCache.tenant(idOrExternalId);
  if (tenant === null || !maySee(callerOf(request), tenant.id)) throw notFound('tenant', idOrExternalId);
  return tenant;
}

/** How long all attempts at an endpoint of the tenant fail before it is disabled. */
export const disableAfterMs = (
  deps: Pick<ApiDeps, 'disableAfterMs'>,
  { disableAfterS }: Pick<Tenant, 'disableAfterS'>,
): number => (disableAfterS === null ? deps.disableAfterMs : disableAfterS * 1000);

/** @throws Problem not_found */
export async function endpointOr404({ db, vault }: ApiDeps, tenant: Tenant, id: string): Promise<Endpoint> {
  const endpoint = await findEndpoint(db, vault, tenant.id, id);
  if (endpoint === null) throw notFound('endpoint', id);
  return endpoint;
}

/** The endpoint with its decrypted secrets. @throws Problem secret_unreadable */
export function opened(endpoint: Endpoint): OpenEndpoint {
  if (!isOpen(endpoint)) throw secretsUnreadable(endpoint.id);
  return endpoint;
}

/** @throws Problem not_found */
export async function deliveryOr404({ db }: ApiDeps, request: FastifyRequest, id: string): Promise<Delivery> {
  const delivery = await findDelivery(db, id);
  if (delivery === null || !maySee(callerOf(request), delivery.tenantId)) throw notFound('delivery', id);
  return delivery;
}
