/** The operation workflow as 0.1.0 has it. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities, OperateInput } from '../../workflows/contract.ts';

const { advanceOperation } = proxyActivities<Pick<Activities, 'advanceOperation'>>({
  startToCloseTimeout: '2 minutes',
});

export async function operate({ operationId }: OperateInput): Promise<void> {
  for (;;) {
    const step = await advanceOperation({ operationId });
    if (step.done) return;
    await sleep(step.waitMs);
  }
}
