/**
 * Look-up of what is exchanged for, or opens, a session. Nothing is cached: a session that has ended stops at once in every process.
 * People's clicks are few beside the emits, for which keys are cached.
 */
import { type Caller, PORTAL_RATE_PER_S } from '../domain/access.ts';
import { isProved } from '../store/admin-proof.ts';
import { hashKey } from '../store/api-keys.ts';
import { findPortalCodes, findPortalSessions, type PortalSession } from '../store/portal-sessions.ts';
import { findSessions, findSignInCodes } from '../store/sessions.ts';
import type { ApiDeps } from './deps.ts';
import { createGuardedLookup, findUncached, noteStaleUse } from './guarded-lookup.ts';
import type { WrongKeyLimiter } from './wrong-key-limiter.ts';

/** What a portal session's bearer begins with; a key never does. */
export const PORTAL_PREFIX = 'tidings_portal_';

/** A portal session as the one who makes a request. */
export const asPortalCaller = ({ id, tenantId, capabilities }: PortalSession): Caller => ({
  id,
  name: null,
  tenantId,
  scopes: [],
  ratePerSecond: PORTAL_RATE_PER_S,
  sessionId: id,
  capabilities,
});

export type SessionLookup = {
  /**
   * @param cookie its value
   * @param address where the request came from
   * @returns the key that acts through the session; `null`: there is no such session, or it has ended
   * @throws Problem too_many_requests, overloaded, as for keys
   */
  findSession(cookie: string, address: string): Promise<Caller | null>;
  /** Whether a code can be exchanged for a session. @throws Problem too_many_requests, overloaded */
  isSignInCode(code: string, address: string): Promise<boolean>;
  /** @returns `null`: there is no such portal session, or it has ended. @throws Problem too_many_requests, overloaded */
  findPortalSession(bearer: string, address: string): Promise<Caller | null>;
  /** @returns the id of the portal session that the code can be exchanged for. @throws Problem too_many_requests, overloaded */
  findPortalCode(code: string, address: string): Promise<string | null>;
};

export function createSessionLookup(
  { db, adminKey, logger }: Pick<ApiDeps, 'db' | 'adminKey' | 'logger'>,
  wrongKeys: WrongKeyLimiter,
): SessionLookup {
  const sessions = createGuardedLookup('sessions', async (hashes) => {
    const found = await findSessions(db, hashes);
    await noteStaleUse({ db, logger }, 'sessions', found);
    return found;
  });
  const portalSessions = createGuardedLookup('portal sessions', async (hashes) => {
    const found = await findPortalSessions(db, hashes);
    await noteStaleUse({ db, logger }, 'portal_sessions', found);
    return found;
  });
  const portalCodes = createGuardedLookup('codes', (hashes) => findPortalCodes(db, hashes));
  const codes = createGuardedLookup('codes', (hashes) => findSignInCodes(db, hashes));

  return {
    async findSession(cookie, address) {
      const found = await findUncached(sessions, wrongKeys, hashKey(cookie), address);
      if (found === null || !isProved(found.adminProof, cookie, adminKey)) return null;
      const { id: sessionId, keyId: id, keyName: name, tenantId, scopes, ratePerSecond } = found;
      return { id, name, tenantId, scopes, ratePerSecond, sessionId };
    },
    async isSignInCode(code, address) {
      const found = await findUncached(codes, wrongKeys, hashKey(code), address);
      return found !== null && isProved(found.proof, code, adminKey);
    },
    async findPortalSession(bearer, address) {
      const found = await findUncached(portalSessions, wrongKeys, hashKey(bearer), address);
      return found !== null && isProved(found.proof, bearer, adminKey) ? asPortalCaller(found) : null;
    },
    async findPortalCode(code, address) {
      const found = await findUncached(portalCodes, wrongKeys, hashKey(code), address);
      return found !== null && isProved(found.proof, code, adminKey) ? found.id : null;
    },
  };
}
