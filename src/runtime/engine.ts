/** The engine's port, on Temporal: starts, presses, cancellations, histories. */
import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  cancel,
  type DeliverInput,
  OPERATION_TYPE,
  type OperateInput,
  retryNow,
  WORKFLOW_TYPE,
} from '../../workflows/contract.ts';
import { Problem } from '../domain/errors.ts';
import type { Engine, RunHistory, RunRef, WorkflowStanding } from '../domain/ports.ts';
import { readEntries } from './history.ts';
import { searchAttributePairs } from './search-attributes.ts';
import { isTemporalAway, type TemporalLink } from './temporal-link.ts';

export type StartRequest = {
  workflowId: string;
  input: DeliverInput;
  tenantIds: string[];
  endpointIds: string[];
  eventTypes: string[];
  /** shown in the Web UI's list; names hosts only */
  summary: string;
  /** the id may be used again once its workflow has closed */
  again?: boolean;
};

/** What the dispatcher and the reconciler need beyond the port. */
export type TemporalEngine = Engine & {
  /** "already started" is success. @throws Problem temporal_unavailable */
  start(request: StartRequest): Promise<void>;
  /** @throws Problem temporal_unavailable */
  standingOf(workflowId: string): Promise<WorkflowStanding>;
  useSearchAttributes(usable: boolean): void;
};

const CALL_DEADLINE_MS = 5_000;
const MAX_SUMMARY = 200;
const RETRY_AFTER_S = 5;

/** @param prepare makes namespace and search attributes anew; called when Temporal has forgotten them */
export function createEngine(link: TemporalLink, taskQueue: string, prepare: () => void): TemporalEngine {
  let searchable = false;

  async function call<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = link.client();
    if (client === null) throw unavailable();
    try {
      return await client.withDeadline(Date.now() + CALL_DEADLINE_MS, () => work(client));
    } catch (error) {
      if (!isTemporalAway(error)) throw error;
      link.lost(error);
      throw unavailable(error);
    }
  }

  const attributes = (request: Omit<StartRequest, 'workflowId' | 'input' | 'summary'>) =>
    searchable ? { typedSearchAttributes: searchAttributePairs(request) } : {};

  return {
    isAvailable: () => link.client() !== null,
    useSearchAttributes(usable) {
      searchable = usable;
    },
    async start(request): Promise<void> {
      try {
        await call((client) =>
          client.workflow.start(WORKFLOW_TYPE, {
            workflowId: request.workflowId,
            taskQueue,
            args: [request.input],
            workflowIdReusePolicy: request.again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
            requestEagerStart: true,
            staticSummary: request.summary.slice(0, MAX_SUMMARY),
            ...attributes(request),
          }),
        );
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return;
        if (!isUnprepared(error)) throw error;
        // A Temporal that was restored from nothing knows neither: deliver without search attributes meanwhile.
        const retry = searchable;
        searchable = false;
        prepare();
        if (!retry) throw error;
        await this.start(request);
      }
    },
    async press({ id, workflowId }, pressId) {
      if (workflowId !== null && (await signalled(workflowId, pressId, id))) return;
      await call((client) =>
        client.workflow.signalWithStart(WORKFLOW_TYPE, {
          workflowId: `delivery_${id}`,
          taskQueue,
          args: [{ deliveryId: id } satisfies DeliverInput],
          signal: retryNow,
          signalArgs: [{ deliveryId: id, pressId }],
          staticSummary: `retry of ${id}`,
        }),
      );
    },
    async operate(operationId) {
      try {
        await call((client) =>
          client.workflow.start(OPERATION_TYPE, {
            workflowId: `operation_${operationId}`,
            taskQueue,
            args: [{ operationId } satisfies OperateInput],
            // One that was terminated by hand begins anew where it was: its row knows.
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async cancelled({ id, workflowId }) {
      if (workflowId === null) return;
      try {
        await call((client) => client.workflow.getHandle(workflowId).signal(cancel, { deliveryId: id }));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError || error instanceof Problem)) throw error;
      }
    },
    async standingOf(workflowId) {
      try {
        const { status } = await call((client) => client.workflow.getHandle(workflowId).describe());
        return status.name === 'RUNNING' ? 'running' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'unknown';
        throw error;
      }
    },
    async readHistory(run, deliveryId): Promise<RunHistory | null> {
      try {
        return await call(async (client) => {
          const handle = client.workflow.getHandle(run.workflowId, run.runId ?? undefined);
          const [{ runId }, history] = await Promise.all([handle.describe(), handle.fetchHistory()]);
          return {
            ref: { workflowId: run.workflowId, runId: run.runId ?? runId },
            entries: readEntries(history.events ?? [], deliveryId),
          };
        });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    webUrl({ workflowId, runId }: RunRef) {
      const { uiUrl, namespace } = link.target;
      if (uiUrl === null) return null;
      const run = runId === null ? '' : `/${runId}/history`;
      return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}${run}`;
    },
  };

  /** @returns `false` when the workflow is not open any more */
  async function signalled(workflowId: string, pressId: string, deliveryId: string): Promise<boolean> {
    try {
      await call((client) => client.workflow.getHandle(workflowId).signal(retryNow, { deliveryId, pressId }));
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
}

/** Whether Temporal does not know the namespace or our search attributes. */
function isUnprepared(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (
      /search attribute|namespace .*not found/i.test(
        `${cause.message} ${(cause as { details?: string }).details ?? ''}`,
      )
    )
      return true;
  }
  return false;
}

/** Reading a history fails with the bare gRPC error, everything else with the SDK's own. */
function isNotFound(error: unknown): boolean {
  const NOT_FOUND = 5;
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}

function unavailable(cause?: unknown): Problem {
  return new Problem(
    'temporal_unavailable',
    'Temporal cannot be reached at the moment. Try again in a few seconds.',
    {
      retryAfterS: RETRY_AFTER_S,
      cause,
    },
  );
}
