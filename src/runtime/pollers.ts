/** Whether anybody works on what is accepted: Temporal knows who has lately polled the task queues. */
import type { Client } from '@temporalio/client';
import { ATTEMPTS_QUEUE_SUFFIX } from '../../workflows/contract.ts';
import type { TemporalLink } from './temporal-link.ts';

export type Polled = 'yes' | 'no' | 'unknown';

/** A poll waits up to a minute for work, and is noted when it begins. Temporal forgets a poller after five. */
const RECENT_MS = 75_000;
const CACHE_MS = 5_000;
const DEADLINE_MS = 3_000;

/** Of Temporal's API: `TASK_QUEUE_TYPE_WORKFLOW` and `TASK_QUEUE_TYPE_ACTIVITY`. */
const WORKFLOWS = 1;
const ACTIVITIES = 2;

/** Asks at most once in five seconds; `unknown` while Temporal is away. */
export function watchPollers(link: TemporalLink, taskQueue: string): () => Promise<Polled> {
  let last: { atMs: number; answer: Promise<Polled> } | null = null;
  let heard: { atMs: number; answer: Polled } | null = null;

  async function ask(client: Client): Promise<Polled> {
    try {
      const polled = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        Promise.all([
          isPolled(client, taskQueue, WORKFLOWS),
          isPolled(client, taskQueue + ATTEMPTS_QUEUE_SUFFIX, ACTIVITIES),
        ]),
      );
      const answer = polled.every(Boolean) ? 'yes' : 'no';
      heard = { atMs: Date.now(), answer };
      return answer;
    } catch (error) {
      const trouble = link.failed(error);
      // An answer too, such as that it does not know the namespace (yet).
      if (trouble === null) return 'no';
      // It is there, and only this call was too many: what it said lately holds.
      const isRecent = heard !== null && Date.now() - heard.atMs < RECENT_MS;
      return trouble === 'busy' && heard !== null && isRecent ? heard.answer : 'unknown';
    }
  }

  return async () => {
    const client = link.client();
    if (client === null) return 'unknown';
    if (last === null || Date.now() - last.atMs > CACHE_MS) last = { atMs: Date.now(), answer: ask(client) };
    const answer = await last.answer;
    // It may be back at any moment: not a thing to remember.
    if (answer === 'unknown') last = null;
    return answer;
  };
}

async function isPolled(client: Client, name: string, taskQueueType: number): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType,
  });
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < RECENT_MS,
  );
}
