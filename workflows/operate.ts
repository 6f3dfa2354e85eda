/**
 * The operation workflow: it runs an operation page by page, with a pause after each, until everything is done. The activity decides what
 * a page is.
 */
import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities, OperateInput } from './contract.ts';

const activities = proxyActivities<Pick<Activities, 'advanceOperation'>>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

export async function operate({ operationId }: OperateInput): Promise<void> {
  for (;;) {
    const step = await activities.advanceOperation({ operationId });
    if (step.done) return;
    await sleep(step.waitMs, { summary: step.doing });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof operate>({ operationId });
  }
}
