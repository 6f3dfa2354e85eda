/** `tidings emit`: an event from the command line. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { ApiError, callApi, withApiOptions } from './api.ts';

type Accepted = {
  id: string;
  type: string;
  deliveries: { id: string; endpoint_id: string; status: string }[];
};
type Options = {
  url?: string;
  key?: string;
  tenant: string;
  data?: string;
  id?: string;
  idempotencyKey?: string;
};

export function emitCommand(program: Command): void {
  withApiOptions(program.command('emit'))
    .description('Emit an event')
    .argument('<type>', 'the event type, e.g. invoice.paid')
    .requiredOption('-t, --tenant <tenant>', "the tenant's id or external_id")
    .option(
      '-d, --data <json>',
      'the data as JSON, @file for a file, - for standard input (default: the example of the type)',
    )
    .option('--id <id>', 'your own id for the event')
    .option('--idempotency-key <key>', 'accept it once, however often it is sent')
    .action(async (type: string, options: Options) => {
      const tenant = encodeURIComponent(options.tenant);
      const data = await readData(type, tenant, options);
      // The data goes out as it was typed: it is put into the body as text.
      const id = options.id === undefined ? '' : `"id":${JSON.stringify(options.id)},`;
      const body = `{${id}"type":${JSON.stringify(type)},"data":${data}}`;
      const headers: Record<string, string> =
        options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
      const event = await callApi<Accepted>(options, 'POST', `/v1/tenants/${tenant}/events`, body, headers);
      process.stdout.write(`${event.id}  ${event.type}\n`);
      for (const delivery of event.deliveries) {
        process.stdout.write(`  ${delivery.id}  to ${delivery.endpoint_id}: ${delivery.status}\n`);
      }
      if (event.deliveries.length === 0) process.stdout.write('  No endpoint subscribes to it.\n');
      else process.stdout.write(`See what became of it: tidings deliveries ${event.deliveries[0]?.id}\n`);
    });
}

async function readData(type: string, tenant: string, options: Options): Promise<string> {
  const { data } = options;
  if (data === '-') return text(process.stdin);
  if (data?.startsWith('@')) return readFile(data.slice(1), 'utf8');
  if (data !== undefined) return data;
  const entry = await callApi<{ example: unknown }>(
    options,
    'GET',
    `/v1/tenants/${tenant}/event-types/${encodeURIComponent(type)}`,
  ).catch((error) => {
    throw error instanceof ApiError && error.status === 404
      ? new ApiError(`${type} has no example to send: say what to send with --data. (${error.message})`)
      : error;
  });
  return JSON.stringify(entry.example);
}
