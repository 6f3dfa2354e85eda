/** API keys, their scopes, and the rule of what a caller may do and see. */

/** `emit` includes nothing, `manage` includes `read` (product.md, "Details decided"). */
export const SCOPES = ['emit', 'manage', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** The access that a route requires: a scope, or an admin key. */
export type Access = Scope | 'admin';

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

/** The key that makes a request. */
export type Caller = {
  /** of the key, or `admin` for the one from the environment */
  id: string;
  name: string | null;
  /** `null`: an admin, who may act on every tenant */
  tenantId: string | null;
  scopes: readonly Scope[];
  ratePerSecond: number | null;
};

export function mayDo(caller: Caller, access: Access): boolean {
  if (caller.tenantId === null) return true;
  if (access === 'admin') return false;
  return caller.scopes.includes(access) || (access === 'read' && caller.scopes.includes('manage'));
}

/** Whether the caller may see objects of this tenant; `null`: objects of no tenant. */
export function maySee(caller: Caller, tenantId: string | null): boolean {
  return caller.tenantId === null || caller.tenantId === tenantId;
}
