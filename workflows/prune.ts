/** The pruning workflow, started by a schedule: it erases old payloads page by page, so slowly that nothing else is held up. */
import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities, PruneCursor, PrunedPage } from './contract.ts';

const activities = proxyActivities<Pick<Activities, 'prunePayloads'>>({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '5 seconds', maximumInterval: '5 minutes' },
});

/** @returns how many payloads were erased */
export async function prune(
  begin: { cursor?: PruneCursor; erased?: number } = {},
): Promise<{ erased: number }> {
  let cursor: PruneCursor | null = begin.cursor ?? { tenantId: '', after: null };
  let erased = begin.erased ?? 0;
  while (cursor !== null) {
    const page: PrunedPage = await activities.prunePayloads(cursor);
    erased += page.erased;
    cursor = page.next;
    if (cursor !== null && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof prune>({ cursor, erased });
    if (page.erased > 0) await sleep('1 second', { summary: `${page.erased} payloads erased` });
  }
  return { erased };
}
