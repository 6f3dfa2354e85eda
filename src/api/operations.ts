/**
 * Starts operations (recover, replay, bulk retry, bulk cancel, erase): counts the deliveries, stores and audits the operation, starts its
 * workflow. A dry run only counts.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../domain/delivery.ts';
import { Problem } from '../domain/errors.ts';
import {
  OPERATION_KINDS,
  OPERATION_STATUSES,
  type Operation,
  withStorableTimes,
} from '../domain/operation.ts';
import { databaseTime } from '../store/database-clock.ts';
import { countRunningOperations, insertOperation, type NewOperation } from '../store/operations.ts';
import type { Queryable } from '../store/pool.ts';
import type { Selected } from '../store/redelivery-selection.ts';
import { type Count, countAmong, countSelected } from '../store/selection-counts.ts';
import { audited } from './audit.ts';
import type { ApiDeps } from './deps.ts';
import { atLeastField } from './schemas/parameters.ts';

export const operationSchema = z
  .object({
    id: z.string(),
    kind: z.enum(OPERATION_KINDS),
    tenant_id: z.string(),
    endpoint_id: z.string().nullable(),
    status: z
      .enum(OPERATION_STATUSES)
      .describe(
        '`completed` when every delivery of it has ended. One that is `cancelled` or `failed` may have `open` ones still.',
      ),
    matched: z
      .number()
      .describe(
        'How many deliveries (of an erasure: payloads) it covers: what matched when it started. Always the sum of `done`, `failed`, ' +
          '`open` and `skipped`.',
      ),
    at_least: atLeastField,
    done: z
      .number()
      .describe(
        'How many have succeeded since; of an erasure, how many are erased; of a bulk cancel, how many it has cancelled (an attempt that ' +
          'was under way then may have arrived all the same). Each counts once, as it stood when it was counted. The count of a large ' +
          'operation may lag by some seconds.',
      ),
    failed: z.number().describe('How many have failed since, or were cancelled.'),
    open: z
      .number()
      .describe(
        'How many have not ended: those that it has set going and, as long as it runs, those whose turn is still to come.',
      ),
    skipped: z
      .number()
      .describe(
        'How many it leaves alone: they did not match any more when their turn came (somebody retried or cancelled them, say, or their ' +
          'endpoint was disabled), or it was stopped before. Known when it has gone through all.',
      ),
    started_at: z.string(),
    finished_at: z.string().nullable(),
  })
  .meta({ id: 'Operation' });

export const startedSchema = z
  .object({ id: z.string(), matched: z.number(), at_least: atLeastField })
  .meta({ id: 'StartedOperation' });

/** What an operation would do, counted and not done. */
export const dryRunSchema = z
  .object({
    dry_run: z.literal(true),
    matched: z.number().describe('How many deliveries would be sent, or cancelled.'),
    at_least: atLeast('matched'),
    among: z
      .number()
      .describe(
        'Of how many: the deliveries accepted in this time, to the endpoint or of the tenant, whatever became of them; and what is matched beside these.',
      ),
    among_at_least: atLeast('among'),
    sample: z
      .array(
        z.object({
          event_id: z.string(),
          event_type: z.string(),
          created_at: z
            .string()
            .describe('When the delivery was made; without one, when the event was accepted.'),
          delivery_id: z.string().nullable().describe('Null: there is none yet.'),
          status: z.enum(DELIVERY_STATUSES).nullable().describe('Of the delivery.'),
        }),
      )
      .optional()
      .describe('The oldest of what is matched, as many as `sample` asked for.'),
  })
  .meta({ id: 'DryRun' });

function atLeast(name: string) {
  return z
    .literal(true)
    .optional()
    .describe(
      `True: \`${name}\` is a lower bound, because there are more than are counted at once: at least 2,000. Absent: it is exact.`,
    );
}

export const dryRunField = z
  .boolean()
  .default(false)
  .describe('True: only count what would be done. Nothing is changed, and no operation is started.');

export const sampleField = z
  .int()
  .min(0)
  .max(20)
  .default(0)
  .describe('How many of what is matched a dry run names, the oldest ones first.');

export const paceField = z
  .number()
  .min(0.1)
  .max(1_000)
  .optional()
  .describe('Deliveries to start in a second. Default: as configured.');

/**
 * @param wanted.counted how many deliveries match; absent: they are counted here
 * @returns the operation. When Temporal is away, its workflow starts once Temporal is back
 * @throws Problem too_many_requests when the tenant has as many running operations as it may have
 */
export async function startOperation(
  deps: ApiDeps,
  request: FastifyRequest,
  wanted: Omit<NewOperation, 'perSecond' | 'matched' | 'atLeast' | 'startedAt'> & {
    perSecond: number | undefined;
    counted?: Count;
    /** the beginning that was asked for, where a later one counts */
    askedSince?: string;
  },
): Promise<Operation> {
  const { kind, tenantId, endpointId } = wanted;
  const selection = withStorableTimes(wanted.selection);
  const startedAt = await databaseTime(deps.db);
  const { count: matched, atLeast } =
    wanted.counted ?? (await countSelected(deps.db, { tenantId, endpointId, selection, asOf: startedAt }));
  const operation = await audited(
    deps,
    request,
    ({ id }: Operation) => ({
      action: `operation.${kind}`,
      tenantId,
      objectId: id,
      details: {
        endpoint_id: endpointId,
        matched,
        ...selection,
        ...(wanted.askedSince !== undefined && { asked_since: wanted.askedSince }),
      },
    }),
    async (client) => {
      // An erasure is a duty by law: no limit may stop it.
      if (kind !== 'erase') await refuseTooMany(client, tenantId, deps.operationsPerTenant);
      const perSecond = wanted.perSecond ?? deps.operationRatePerS;
      const named = { kind, tenantId, endpointId, selection };
      return insertOperation(client, { ...named, perSecond, matched, atLeast, startedAt });
    },
  );
  await deps.engine.startOperation(operation.id).catch((error) => {
    if (!(error instanceof Problem && error.code === 'temporal_unavailable')) throw error;
  });
  return operation;
}

/** Counts what an operation on this selection would do. @param sample how many of what it covers are named */
export async function dryRun(
  deps: ApiDeps,
  selected: Selected,
  sample: number,
): Promise<z.infer<typeof dryRunSchema>> {
  const storable = { ...selected, selection: withStorableTimes(selected.selection) };
  const { matched, among, first } = await countAmong(deps.db, storable, sample);
  return {
    dry_run: true,
    matched: matched.count,
    ...(matched.atLeast && { at_least: true as const }),
    among: among.count,
    ...(among.atLeast && { among_at_least: true as const }),
    ...(sample > 0 && {
      sample: first.map((each) => ({
        event_id: each.eventId,
        event_type: each.eventType,
        created_at: each.createdAt.toISOString(),
        delivery_id: each.deliveryId,
        status: each.status,
      })),
    }),
  };
}

const RETRY_AFTER_S = 10;

/** @throws Problem too_many_requests */
async function refuseTooMany(client: Queryable, tenantId: string, limit: number): Promise<void> {
  if ((await countRunningOperations(client, tenantId)) < limit) return;
  throw new Problem(
    'too_many_requests',
    `This tenant has ${limit} running operations, the most it may have. Wait until one has ended, or cancel one.`,
    { retryAfterS: RETRY_AFTER_S },
  );
}

export const presentStarted = ({ id, matched, atLeast }: Operation) => ({
  id,
  matched,
  ...(atLeast && { at_least: true as const }),
});

export function presentOperation(operation: Operation): z.infer<typeof operationSchema> {
  return {
    id: operation.id,
    kind: operation.kind,
    tenant_id: operation.tenantId,
    endpoint_id: operation.endpointId,
    status: operation.status,
    matched: operation.matched,
    ...(operation.atLeast && { at_least: true as const }),
    done: operation.done,
    failed: operation.failed,
    open: operation.open,
    skipped: operation.skipped,
    started_at: operation.startedAt.toISOString(),
    finished_at: operation.finishedAt?.toISOString() ?? null,
  };
}
