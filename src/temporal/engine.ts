/** Implements the `Engine` port on Temporal: starts workflows, signals retries and cancellations, reads histories. */
import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import {
  cancel,
  type DeliverInput,
  OPERATION_TYPE,
  type OperateInput,
  retryNow,
  WORKFLOW_TYPE,
} from '../../workflows/contract.ts';
import { Problem } from '../domain/errors.ts';
import type { Engine, RunHistory, RunRef, RunStatus } from '../domain/ports.ts';
import type { TemporalTrouble } from './call-trouble.ts';
import type { TemporalLink } from './connection.ts';
import { readEntries } from './history.ts';
import { type Searchable, searchAttributePairs } from './search-attributes.ts';

export type StartRequest = {
  workflowId: string;
  input: DeliverInput;
  tenantIds: string[];
  endpointIds: string[];
  eventTypes: string[];
  /** shown in the Web UI's list; types and ids only */
  summary: string;
  /** whether the id may be used again once its workflow has closed; default: no */
  again?: boolean;
};

/** The port, and the calls that only the dispatcher and the reconciler make. */
export type TemporalEngine = Engine & {
  /** Treats "already started" as success. @throws Problem temporal_unavailable */
  start(request: StartRequest): Promise<void>;
  /** @throws Problem temporal_unavailable */
  runStatus(workflowId: string): Promise<RunStatus>;
  useSearchAttributes(searchable: Searchable): void;
};

const CALL_DEADLINE_MS = 5_000;
const MAX_SUMMARY = 200;
/** Temporal suggests a new run from 4 MiB on. A history that is larger all the same is not read: decoding it would block the process. */
const MAX_HISTORY_BYTES = 8 * 1024 * 1024;
const RETRY_AFTER_S = 5;
/** Where we may not list the search attributes, we try to use them. After a refusal we try again after this time. */
const TRY_AGAIN_MS = 10 * 60_000;

/** @param prepare makes namespace and search attributes anew; called when Temporal does not know them any more */
// Long because it is the whole port, a function for each method.
export function createEngine(link: TemporalLink, taskQueue: string, prepare: () => void): TemporalEngine {
  let searchable: Searchable = 'no';
  let refusedUntilMs = 0;
  const mayUse = () => searchable === 'yes' || (searchable === 'untold' && Date.now() >= refusedUntilMs);

  async function call<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = link.client();
    if (client === null) throw unavailable();
    try {
      const result = await client.withDeadline(Date.now() + CALL_DEADLINE_MS, () => work(client));
      link.worked();
      return result;
    } catch (error) {
      const trouble = link.failed(error);
      if (trouble !== null) throw unavailable(error, trouble);
      if (!isNamespaceMissing(error)) throw error;
      prepare();
      throw unavailable(error);
    }
  }

  /** Makes a call that begins a workflow. "Not found" can then only mean the namespace. */
  async function begin<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    try {
      return await call(work);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      prepare();
      throw unavailable(error);
    }
  }

  const attributes = (request: Omit<StartRequest, 'workflowId' | 'input' | 'summary'>) =>
    mayUse() ? { typedSearchAttributes: searchAttributePairs(request) } : {};

  return {
    isAvailable: () => link.isUsable(),
    useSearchAttributes(next) {
      searchable = next;
    },
    async start(request): Promise<void> {
      try {
        await begin((client) =>
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
        if (!isUnsearchable(error) || !mayUse()) throw error;
        // A Temporal that was set up anew does not know the attributes: deliver without them until they are registered.
        if (searchable === 'yes') {
          searchable = 'no';
          prepare();
        } else refusedUntilMs = Date.now() + TRY_AGAIN_MS;
        await this.start(request);
      }
    },
    async signalRetry({ id, workflowId }, pressId) {
      if (workflowId !== null && (await signalled(workflowId, pressId, id))) return;
      await begin((client) =>
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
    async startOperation(operationId) {
      try {
        await begin((client) =>
          client.workflow.start(OPERATION_TYPE, {
            workflowId: `operation_${operationId}`,
            taskQueue,
            args: [{ operationId } satisfies OperateInput],
            // An operation whose workflow was terminated by hand goes on from where its row says.
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async signalCancel({ id, workflowId }) {
      if (workflowId === null) return;
      try {
        await call((client) => client.workflow.getHandle(workflowId).signal(cancel, { deliveryId: id }));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError || error instanceof Problem || isInvalid(error)))
          throw error;
      }
    },
    async runStatus(workflowId) {
      try {
        const { status } = await call((client) => client.workflow.getHandle(workflowId).describe());
        return status.name === 'RUNNING' ? 'running' : 'closed';
      } catch (error) {
        // Temporal refuses an id that is not valid; no workflow has one.
        if (error instanceof WorkflowNotFoundError || isInvalid(error)) return 'unknown';
        throw error;
      }
    },
    async readHistory(run, deliveryId): Promise<RunHistory | null> {
      try {
        return await call(async (client) => {
          const handle = client.workflow.getHandle(run.workflowId, run.runId ?? undefined);
          const { runId, historySize = 0 } = await handle.describe();
          if (historySize > MAX_HISTORY_BYTES) return null;
          const history = await handle.fetchHistory();
          return {
            ref: { workflowId: run.workflowId, runId: run.runId ?? runId },
            entries: readEntries(history.events ?? [], deliveryId),
          };
        });
      } catch (error) {
        if (isNotFound(error) || isInvalid(error)) return null;
        throw error;
      }
    },
    async serverVersion() {
      const info = await call((client) => client.workflowService.getSystemInfo({})).catch(() => null);
      return info?.serverVersion || null;
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
      if (error instanceof WorkflowNotFoundError || isInvalid(error)) return false;
      throw error;
    }
  }
}

/** Temporal does not know our search attributes. */
const isUnsearchable = (error: unknown) => says(error, /search attribute/i);
/** Temporal does not know the namespace, or not yet: it needs some seconds to make one. */
const isNamespaceMissing = (error: unknown) =>
  error instanceof NamespaceNotFoundError || says(error, /namespace .*not found/i);

function says(error: unknown, words: RegExp): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (words.test(`${cause.message} ${(cause as { details?: string }).details ?? ''}`)) return true;
  }
  return false;
}

function isInvalid(error: unknown): boolean {
  const INVALID_ARGUMENT = 3;
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT) return true;
  return false;
}

/** Reading a history fails with the bare gRPC error, everything else with the SDK's own. */
function isNotFound(error: unknown): boolean {
  const NOT_FOUND = 5;
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}

const DETAILS: Record<TemporalTrouble, string> = {
  away: 'Temporal cannot be reached at the moment. Try again in a few seconds.',
  busy: 'Temporal is too busy at the moment. Try again in a few seconds.',
  denied: 'Temporal refuses the credentials of this service. Try again later; the log tells the operator.',
};

function unavailable(cause?: unknown, trouble: TemporalTrouble = 'away'): Problem {
  return new Problem('temporal_unavailable', DETAILS[trouble], { retryAfterS: RETRY_AFTER_S, cause });
}
