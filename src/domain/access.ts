/** API keys, their scopes, portal sessions, their capabilities, and the rules of what a caller may do and see. */

/** `emit` includes nothing, `manage` includes `read` (product.md, "Details decided"). */
export const SCOPES = ['emit', 'manage', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** The access that a route requires: a scope, an admin key, or only that there is a caller. */
export type Access = Scope | 'admin' | 'any';

export type ApiKey = {
  id: string;
  kind: 'admin' | 'tenant';
  tenantId: string | null;
  scopes: Scope[];
  name: string | null;
  /** its last characters */
  hint: string;
  /** requests a second that it may make, in each process; `null`: as configured for its kind */
  ratePerSecond: number | null;
  createdAt: Date;
  lastUsedAt: Date | null;
};

/** What a portal session may do: `view` is part of each. */
export const CAPABILITIES = ['view', 'endpoints', 'secrets', 'send_test', 'retry', 'replay'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Those of a portal session that names none. Secrets are shown only where that was asked for: a link may be passed on. */
export const DEFAULT_CAPABILITIES: readonly Capability[] = CAPABILITIES.filter((each) => each !== 'secrets');

/** The capabilities that open each route to a portal session, of which it needs one. It may use no other route. */
export const PORTAL_ROUTES: Readonly<Record<string, readonly Capability[]>> = {
  'GET /v1/profiles': ['view'],
  'GET /v1/profiles/:profile': ['view'],
  'GET /v1/profiles/:profile/samples': ['view'],
  'GET /v1/tenants/:tenant': ['view'],
  'GET /v1/tenants/:tenant/endpoints': ['view'],
  'GET /v1/tenants/:tenant/endpoints/:endpoint': ['view'],
  'GET /v1/tenants/:tenant/endpoints/:endpoint/stats': ['view'],
  'GET /v1/tenants/:tenant/endpoints/:endpoint/public-key': ['view'],
  'GET /v1/tenants/:tenant/events': ['view'],
  'GET /v1/tenants/:tenant/events/:event': ['view'],
  'GET /v1/tenants/:tenant/events/:event/explain': ['view'],
  'GET /v1/tenants/:tenant/event-types': ['view'],
  'GET /v1/tenants/:tenant/event-types/:type': ['view'],
  'GET /v1/tenants/:tenant/deliveries': ['view'],
  'GET /v1/tenants/:tenant/stream': ['view'],
  'GET /v1/tenants/:tenant/metrics': ['view'],
  'GET /v1/deliveries/:delivery': ['view'],
  'GET /v1/deliveries/:delivery/curl': ['view'],
  'GET /v1/deliveries/:delivery/body': ['view'],
  'GET /v1/operations/:operation': ['view'],
  'GET /v1/search': ['view'],
  'GET /v1/operational-events': ['view'],
  'GET /v1/portal-sessions/current': ['view'],
  'DELETE /v1/portal-sessions/current': ['view'],
  // Of a tenant, a portal session may change the contacts (src/api/routes/tenants.ts).
  'PATCH /v1/tenants/:tenant': ['endpoints'],
  'POST /v1/tenants/:tenant/contacts/send-link': ['endpoints'],
  'POST /v1/tenants/:tenant/endpoints': ['endpoints'],
  'PATCH /v1/tenants/:tenant/endpoints/:endpoint': ['endpoints'],
  'DELETE /v1/tenants/:tenant/endpoints/:endpoint': ['endpoints'],
  'GET /v1/audit-log': ['endpoints'],
  // So does `?reveal=true` of any route.
  'GET /v1/tenants/:tenant/endpoints/:endpoint/secret': ['secrets'],
  'POST /v1/tenants/:tenant/endpoints/:endpoint/secret/rotate': ['secrets'],
  'POST /v1/tenants/:tenant/endpoints/:endpoint/test': ['send_test'],
  'POST /v1/deliveries/:delivery/retry': ['retry'],
  'POST /v1/deliveries/:delivery/cancel': ['retry'],
  'POST /v1/tenants/:tenant/deliveries/retry': ['retry'],
  'POST /v1/tenants/:tenant/deliveries/bulk-retry': ['retry'],
  'POST /v1/tenants/:tenant/deliveries/bulk-cancel': ['retry'],
  'POST /v1/tenants/:tenant/endpoints/:endpoint/recover': ['replay'],
  'POST /v1/tenants/:tenant/endpoints/:endpoint/replay': ['replay'],
  'POST /v1/operations/:operation/cancel': ['retry', 'replay'],
};

/** Requests a second that one portal session may make, in each process: a person's clicks, with what their pages load. */
export const PORTAL_RATE_PER_S = 50;

/** Who makes a request: a key, a session with the rights of a key, or a portal session. */
export type Caller = {
  /** of the key, or `admin` for the one from the environment; of the portal session */
  id: string;
  name: string | null;
  /** `null`: an admin, who may act on every tenant */
  tenantId: string | null;
  /** none of a portal session, whose capabilities count */
  scopes: readonly Scope[];
  ratePerSecond: number | null;
  /** the session or portal session through which the request came; absent: the key itself came */
  sessionId?: string;
  /** of a portal session; absent: it is none */
  capabilities?: readonly Capability[];
};

export function mayDo(caller: Caller, access: Access): boolean {
  if (caller.capabilities !== undefined) return false;
  if (caller.tenantId === null || access === 'any') return true;
  if (access === 'admin') return false;
  return caller.scopes.includes(access) || (access === 'read' && caller.scopes.includes('manage'));
}

/**
 * Whether the caller may use a route that requires this access.
 * @param route method and pattern, like `GET /v1/tenants/:tenant`
 */
export function mayUse(caller: Caller, route: string, access: Access): boolean {
  const { capabilities } = caller;
  if (capabilities === undefined) return mayDo(caller, access);
  return (PORTAL_ROUTES[route] ?? []).some((each) => capabilities.includes(each));
}

/** Whether the caller may see what is masked: secrets, and URLs with the values of their query. */
export function mayReveal(caller: Caller): boolean {
  return caller.capabilities?.includes('secrets') ?? mayDo(caller, 'manage');
}

/** Whether the caller may see objects of this tenant; `null`: objects of no tenant. */
export function maySee(caller: Caller, tenantId: string | null): boolean {
  return caller.tenantId === null || caller.tenantId === tenantId;
}
