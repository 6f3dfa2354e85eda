/** Does what a request asks for and writes down who asked, both or neither. */
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
 * @param act what is done, or how to tell from the result; `null`: nothing was done after all
 * @throws whatever `work` throws: then neither has happened
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
    if (done !== null) await writeDown(client, request, done);
    return result;
  });
}

/** For what leaves no trace of its own, like a look at a secret: it is written down before it is done. */
export async function auditedAlone(
  deps: Pick<ApiDeps, 'db'>,
  request: FastifyRequest,
  act: Act,
): Promise<void> {
  await writeDown(deps.db, request, act);
}

async function writeDown(db: Queryable, request: FastifyRequest, act: Act): Promise<void> {
  const { id, name } = callerOf(request);
  await insertAuditEntry(db, { details: {}, ...act, actor: id, actorName: name, requestId: request.id });
}
