/** Tells whether workers poll the task queues, from the pollers that Temporal has lately seen. */
import type { Client } from '@temporalio/client';
import { ATTEMPTS_QUEUE_SUFFIX } from '../../workflows/contract.ts';
import { brieflyCached } from '../observability/briefly-cached.ts';
import type { Polled } from '../observability/readiness.ts';
import type { TemporalLink } from './connection.ts';

/** A poll waits up to a minute for work, and Temporal notes when it began. It forgets a poller after five minutes. */
const RECENT_MS = 75_000;
const CACHE_MS = 5_000;
const DEADLINE_MS = 3_000;

/** `TASK_QUEUE_TYPE_WORKFLOW` and `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const WORKFLOWS = 1;
const ACTIVITIES = 2;

/** Asks at most once in five seconds; `unknown` while Temporal is away. */
export function watchPollers(link: TemporalLink, taskQueue: string): () => Promise<Polled> {
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
      // Temporal has answered, for instance that it does not know the namespace yet: nobody polls.
      if (trouble === null) return 'no';
      // Temporal is there and refused only this call: its last answer still holds.
      const isRecent = heard !== null && Date.now() - heard.atMs < RECENT_MS;
      return trouble === 'busy' && heard !== null && isRecent ? heard.answer : 'unknown';
    }
  }

  // `unknown` is not cached: Temporal may be back at any moment.
  const polled = brieflyCached(
    CACHE_MS,
    async () => {
      const client = link.client();
      return client === null ? 'unknown' : ask(client);
    },
    (answer) => answer !== 'unknown',
  );
  return async () => (link.client() === null ? 'unknown' : polled());
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
