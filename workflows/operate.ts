/**
 * The operation workflow: it runs an operation page by page, with a pause after each, until everything is done. The activity decides what
 * a page is.
 */
import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities, OperateInput, OperationStep } from './contract.ts';

const activities = proxyActivities<Pick<Activities, 'advanceOperation' | 'runOperationPage'>>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * Runs an operation. While a deploy rolls, a worker of an earlier version may get its task; that worker knows neither this name nor that of
 * the activity, so the task waits for one that does. Whoever gives selections a new meaning gives both a new name.
 */
export const runOperation = (input: OperateInput): Promise<void> =>
  runPages(input, activities.runOperationPage);

/** Goes on with an operation that 0.1.0 has started. */
export const operate = (input: OperateInput): Promise<void> => runPages(input, activities.advanceOperation);

async function runPages(
  { operationId }: OperateInput,
  runPage: (input: OperateInput) => Promise<OperationStep>,
): Promise<void> {
  for (;;) {
    const step = await runPage({ operationId });
    if (step.done) return;
    await sleep(step.waitMs, { summary: step.doing });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof runOperation>({ operationId });
  }
}
