/**
 * Look-up of what is exchanged for, or opens, a session. Nothing is cached: a session that has ended stops at once in every process.
 * People's clicks are few beside the emits, for which keys are cached.
 */
import type { Caller } from '../domain/access.ts';
import { hashKey } from '../store/api-keys.ts';
import { findSessions, findSignInCodes, isProved, noteSessionUse } from '../store/sessions.ts';
import type { ApiDeps } from './deps.ts';
import { createGuardedLookup, findUncached } from './guarded-lookup.ts';
import type { WrongKeyLimiter } from './wrong-key-limiter.ts';

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
};

export function createSessionLookup(
  { db, adminKey, logger }: Pick<ApiDeps, 'db' | 'adminKey' | 'logger'>,
  wrongKeys: WrongKeyLimiter,
): SessionLookup {
  const sessions = createGuardedLookup('sessions', async (hashes) => {
    const found = await findSessions(db, hashes);
    const stale = [...found.values()].filter((session) => session.stale).map(({ id }) => id);
    await noteSessionUse(db, stale).catch((error) =>
      logger.debug({ reason: error.message }, 'the time of last use of some sessions was not stored'),
    );
    return found;
  });
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
  };
}
