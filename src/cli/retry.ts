/** `tidings retry`: pressing the button from the command line. */
import type { Command } from 'commander';
import { callApi, withApiOptions } from './api.ts';

export function retryCommand(program: Command): void {
  withApiOptions(program.command('retry'))
    .description('Send a delivery now, or again')
    .argument('<id>', 'the delivery')
    .action(async (id: string, options: { url?: string; key?: string }) => {
      const { status } = await callApi<{ status: string }>(
        options,
        'POST',
        `/v1/deliveries/${encodeURIComponent(id)}/retry`,
      );
      process.stdout.write(`${id} was ${status} and is being sent. See: tidings deliveries ${id}\n`);
    });
}
