/** Starts operations: counted, stored and audited first, then handed to a workflow. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../domain/errors.ts';
import { OPERATION_KINDS, OPERATION_STATUSES, type Operation } from '../domain/operation.ts';
import { insertOperation, type NewOperation } from '../store/operations.ts';
import { countSelected } from '../store/selections.ts';
import { audited } from './audit.ts';
import type { ApiDeps } from './deps.ts';

export const operationSchema = z
  .object({
    id: z.string(),
    kind: z.enum(OPERATION_KINDS),
    tenant_id: z.string(),
    endpoint_id: z.string().nullable(),
    status: z.enum(OPERATION_STATUSES).describe('`completed` when every delivery of it has ended.'),
    matched: z.number().describe('How many deliveries it is about.'),
    done: z.number().describe('How many of them have succeeded (of an erasure: are erased).'),
    failed: z.number().describe('How many have failed, or were cancelled.'),
    started_at: z.string(),
    finished_at: z.string().nullable(),
  })
  .meta({ id: 'Operation' });

export const startedSchema = z
  .object({ id: z.string(), matched: z.number() })
  .meta({ id: 'StartedOperation' });

export const paceField = z
  .number()
  .min(0.1)
  .max(1_000)
  .optional()
  .describe('How many to set going in a second. Default: as configured.');

/**
 * @param wanted `matched` is counted here where it is absent
 * @returns the operation. Where Temporal is away it begins when Temporal is back.
 */
export async function startOperation(
  deps: ApiDeps,
  request: FastifyRequest,
  wanted: Omit<NewOperation, 'perSecond' | 'matched'> & { perSecond: number | undefined; matched?: number },
): Promise<Operation> {
  const { kind, tenantId, endpointId, selection } = wanted;
  const operation = await audited(
    deps,
    request,
    ({ id, matched }: Operation) => ({
      action: `operation.${kind}`,
      tenantId,
      objectId: id,
      details: { endpoint_id: endpointId, matched, ...selection },
    }),
    async (client) =>
      insertOperation(client, {
        ...wanted,
        perSecond: wanted.perSecond ?? deps.operationRatePerS,
        matched: wanted.matched ?? (await countSelected(client, wanted)),
      }),
  );
  await deps.engine.operate(operation.id).catch((error) => {
    if (!(error instanceof Problem && error.code === 'temporal_unavailable')) throw error;
  });
  return operation;
}

export const presentStarted = ({ id, matched }: Operation) => ({ id, matched });

export function presentOperation(operation: Operation): z.infer<typeof operationSchema> {
  return {
    id: operation.id,
    kind: operation.kind,
    tenant_id: operation.tenantId,
    endpoint_id: operation.endpointId,
    status: operation.status,
    matched: operation.matched,
    done: operation.done,
    failed: operation.failed,
    started_at: operation.startedAt.toISOString(),
    finished_at: operation.finishedAt?.toISOString() ?? null,
  };
}
