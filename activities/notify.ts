/** Activity that adds exhausted deliveries to notifications. Their messages are sent apart from it. */
import { addToNotification } from '../src/store/notifications.ts';
import type { NotifyOutput } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Adds the deliveries of one endpoint; until it is done, the workflow calls it again after `waitMs`. */
export async function notify(deps: ActivityDeps, input: { deliveryIds: string[] }): Promise<NotifyOutput> {
  const step = await addToNotification(deps.db, input.deliveryIds, deps.telling);
  if (step.kind === 'done') return { done: true };
  return { done: false, waitMs: step.kind === 'wait' ? step.ms : 0 };
}
