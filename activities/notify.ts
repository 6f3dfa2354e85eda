/** The activity that tells people of exhausted deliveries: through every channel, digested, never lost. */
import type { Channel, Notice } from '../src/domain/notice.ts';
import { markNoticeSent, nextNoticeStep, returnNotice } from '../src/store/notices.ts';
import type { NotifyOutput } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * One step towards telling; the workflow calls it again after `waitMs`.
 * @throws what a channel throws: Temporal tries again, for as long as it takes
 */
export async function notify(deps: ActivityDeps, input: { deliveryIds: string[] }): Promise<NotifyOutput> {
  const step = await nextNoticeStep(deps.db, input.deliveryIds, deps.noticeIntervalMs);
  if (step.kind === 'told') return { done: true };
  if (step.kind === 'wait') return { done: false, waitMs: Math.max(1_000, Math.round(step.ms)) };
  const { notice } = step;
  try {
    // Nothing is left to tell where a retry has delivered them all meanwhile.
    if (notice.total > 0) for (const channel of deps.channels) await tell(deps, channel, notice);
  } catch (error) {
    await returnNotice(deps.db, notice.id);
    throw error;
  }
  await markNoticeSent(deps.db, notice.id);
  // There may be more of them: those that failed after this notice was made.
  return { done: false, waitMs: 0 };
}

async function tell({ metrics }: ActivityDeps, channel: Channel, notice: Notice): Promise<void> {
  try {
    await channel.tell(notice);
    metrics.notices.inc({ channel: channel.name, result: 'sent' });
  } catch (error) {
    metrics.notices.inc({ channel: channel.name, result: 'failed' });
    throw error;
  }
}
