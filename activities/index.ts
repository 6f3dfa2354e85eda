/** The activities, bound to their dependencies. */
import { ApplicationFailure } from '@temporalio/activity';
import { cancelDeliveries } from '../src/store/deliveries.ts';
import { isDatabaseAway } from '../src/store/pool.ts';
import type { Activities } from '../workflows/contract.ts';
import { advanceOperation } from './advance-operation.ts';
import { attempt } from './attempt.ts';
import type { ActivityDeps } from './deps.ts';
import { notify } from './notify.ts';
import { prunePayloads } from './prune-payloads.ts';
import { record } from './record.ts';

export type { ActivityDeps } from './deps.ts';

export function createActivities(deps: ActivityDeps): Activities {
  return {
    attempt: (input) => guarded(deps, 'attempt', () => attempt(deps, input)),
    record: (input) => guarded(deps, 'record', () => record(deps, input)),
    notify: (input) => guarded(deps, 'notify', () => notify(deps, input)),
    advanceOperation: (input) => guarded(deps, 'advanceOperation', () => advanceOperation(deps, input)),
    runOperationPage: (input) => guarded(deps, 'runOperationPage', () => advanceOperation(deps, input)),
    prunePayloads: (input) => guarded(deps, 'prunePayloads', () => prunePayloads(deps, input)),
    cancelDeliveries: ({ deliveryIds }) =>
      guarded(deps, 'cancelDeliveries', async () => ({
        cancelled: await cancelDeliveries(deps.db, deliveryIds),
      })),
  };
}

/** Logs an error with its message and stack, and throws only a code for the history. Temporal retries every error. */
async function guarded<Result>(
  deps: ActivityDeps,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    deps.logger.error({ err: error, activity: name }, 'an activity failed; Temporal will try it again');
    const away = isDatabaseAway(error);
    if (away) deps.metrics.storageErrors.inc({ part: 'activity' });
    const type = away ? 'storage_unavailable' : name === 'notify' ? 'channel_unavailable' : 'internal_error';
    const failure = ApplicationFailure.retryable('See the worker log.', type);
    failure.stack = '';
    throw failure;
  }
}
