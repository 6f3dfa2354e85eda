/** `tidings emit`: emits an event from the command line. */
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { ApiError, callApi } from './api.ts';
import {
  type Connection,
  type ConnectionOptions,
  connectionOf,
  segment,
  withConnectionOptions,
} from './connection.ts';
import { readData } from './event-data.ts';
import { say } from './output.ts';

const accepted = z.looseObject({
  id: z.string(),
  type: z.string(),
  deliveries: z.array(z.looseObject({ id: z.string(), endpoint_id: z.string(), status: z.string() })),
});
const eventType = z.looseObject({ example: z.unknown() });

type Options = ConnectionOptions & { tenant: string; data?: string; id?: string; idempotencyKey?: string };

export function emitCommand(program: Command): void {
  withConnectionOptions(program.command('emit'))
    .description('Emit an event')
    .argument('<type>', 'the event type, e.g. invoice.paid')
    .requiredOption('-t, --tenant <tenant>', "the tenant's id or external_id")
    .option(
      '-d, --data <json>',
      'the data as JSON, @file for a file, - for standard input (default: the example of the type)',
    )
    .option('--id <id>', 'your own id for the event')
    .option(
      '--idempotency-key <key>',
      'sent again with the same key, the event is accepted only once',
      headerOption,
    )
    .action(async (type: string, options: Options) => {
      const connection = connectionOf(options);
      const tenant = segment('tenant', options.tenant);
      const data =
        options.data === undefined ? await exampleOf(connection, type, tenant) : await readData(options.data);
      // The data is put into the body as text, so that it goes out as it was typed.
      const id = options.id === undefined ? '' : `"id":${JSON.stringify(options.id)},`;
      const event = await callApi(
        connection,
        {
          method: 'POST',
          path: `/v1/tenants/${tenant}/events`,
          body: `{${id}"type":${JSON.stringify(type)},"data":${data}}`,
          headers: options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey },
        },
        accepted,
      );
      say`${event.id}  ${event.type}`;
      for (const delivery of event.deliveries) {
        say`  ${delivery.id}  to ${delivery.endpoint_id}: ${delivery.status}`;
      }
      const [first] = event.deliveries;
      if (first === undefined) say('  No endpoint that is enabled subscribes to it.');
      else say`See what became of it: tidings deliveries ${first.id}`;
    });
}

function headerOption(value: string): string {
  if (/^[ -~]+$/.test(value)) return value;
  throw new InvalidArgumentError('It must be letters, digits and signs of ASCII.');
}

/** The example of the type. Both an unknown type and an unknown tenant are a 404; the API's message says which it is. */
async function exampleOf(connection: Connection, type: string, tenant: string): Promise<string> {
  const path = `/v1/tenants/${tenant}/event-types/${segment('event type', type)}`;
  try {
    return JSON.stringify((await callApi(connection, { method: 'GET', path }, eventType)).example);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    throw new ApiError(`${error.message} Without an example, say what to send with --data.`, error.status);
  }
}
