/** Temporal schedules of the service: the hourly removal of old payloads. */
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { PRUNE_TYPE } from '../../workflows/contract.ts';
import type { Logger } from '../observability/logger.ts';

/** Named by the task queue: services that share a Temporal do not share a database. */
export const pruneScheduleId = (taskQueue: string) => `${taskQueue}-prune`;

/** Makes the schedules, or leaves them as an operator has changed them since. */
export async function ensureSchedules(client: Client, taskQueue: string, logger: Logger): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: pruneScheduleId(taskQueue),
      spec: { intervals: [{ every: '1 hour' }], jitter: '10 minutes' },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: PRUNE_TYPE,
        workflowId: pruneScheduleId(taskQueue),
        taskQueue,
        args: [{}],
      },
      memo: { about: 'Erases the payloads that are older than their retention.' },
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return;
    logger.warn(
      { reason: (error as Error).message },
      `The schedule ${pruneScheduleId(taskQueue)} could not be created in Temporal; old payloads are not pruned until it exists`,
    );
  }
}
