/** Audit log: stores who made a change in the same transaction as the change, so that there is never one without the other. */
import type { FastifyRequest } from 'fastify';
import { type AuditEntry, insertAuditEntry } from '../store/audit-log.ts';
import { type Queryable, transaction } from '../store/pool.ts';
import { callerOf } from './auth.ts';
import type { ApiDeps } from './deps.ts';

export type Act = Pick<AuditEntry, 'action' | 'tenantId' | 'objectId'> & {
  details?: Record<string, unknown>;
};

/**
 * Runs `work` in a transaction that also adds the audit entry.
 * @param act the audit entry, or a function that makes it from the result; `null`: nothing was changed, so nothing is added
 * @throws whatever `work` throws; neither the change nor the entry is stored then
 */
export async function audited<Result>(
  deps: Pick<ApiDeps, 'db'>,
  request: FastifyRequest,
  act: Act | ((result: Result) => Act | null),
  work: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  return transaction(deps.db, async (client) => {
    const result = await work(client);
    const done = typeof act === 'function' ? act(result) : act;
    if (done !== null) await addEntry(client, request, done);
    return result;
  });
}

/** Adds an entry for an act that changes no row, such as revealing a secret. Call it before the act. */
export async function auditedAlone(
  deps: Pick<ApiDeps, 'db'>,
  request: FastifyRequest,
  act: Act,
): Promise<void> {
  await addEntry(deps.db, request, act);
}

async function addEntry(db: Queryable, request: FastifyRequest, act: Act): Promise<void> {
  const { id, name, sessionId, capabilities } = callerOf(request);
  // A portal session is the actor itself.
  const through = sessionId === undefined || capabilities !== undefined ? {} : { session_id: sessionId };
  await insertAuditEntry(db, {
    ...act,
    details: { ...act.details, ...through },
    actor: id,
    actorName: name,
    requestId: request.id,
  });
}
