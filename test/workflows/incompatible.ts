/** A workflow that begins otherwise than the recorded ones, which the replay test must find. */
import { sleep } from '@temporalio/workflow';
import { deliver as current } from '../../workflows/deliver.ts';

export async function deliver(input: Parameters<typeof current>[0]): ReturnType<typeof current> {
  await sleep(1000);
  return current(input);
}
