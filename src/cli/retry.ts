/** `tidings retry`: requests a manual retry of a delivery. */
import type { Command } from 'commander';
import { z } from 'zod';
import { callApi } from './api.ts';
import { type ConnectionOptions, connectionOf, segment, withConnectionOptions } from './connection.ts';
import { say } from './output.ts';

export function retryCommand(program: Command): void {
  withConnectionOptions(program.command('retry'))
    .description('Send a delivery now, or again')
    .argument('<id>', 'the delivery')
    .action(async (id: string, options: ConnectionOptions) => {
      const path = `/v1/deliveries/${segment('delivery', id)}/retry`;
      const answer = z.looseObject({ status: z.string() });
      const { status } = await callApi(connectionOf(options), { method: 'POST', path }, answer);
      say`${id} was ${status}. One more attempt is made: now or, where another is under way or the endpoint's limits leave no room, as soon as it can be.`;
      say`See: tidings deliveries ${id}`;
    });
}
