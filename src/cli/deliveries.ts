/** `tidings deliveries`: lists deliveries, or shows the whole log of one. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../domain/delivery.ts';
import { ApiError, callApi, callPages } from './api.ts';
import {
  type Connection,
  type ConnectionOptions,
  connectionOf,
  segment,
  withConnectionOptions,
} from './connection.ts';
import { say, terminalWidth, warn, write } from './output.ts';
import { coloured, type DeliveryRow, deliveryRow, drawTable, inWords, lastResult } from './tables.ts';

type Options = ConnectionOptions & { tenant?: string; status?: string; limit: number };

const log = deliveryRow.extend({
  event_id: z.string(),
  endpoint_id: z.string(),
  next_step: z.string(),
  // An older server has none.
  explanation: z.looseObject({ summary: z.string(), who: z.string(), action: z.string() }).nullish(),
  log_source: z.string(),
  workflow: z.looseObject({ web_url: z.string().nullable() }),
  attempts_left_out: z.number().optional(),
  attempts: z.array(
    z.looseObject({
      number: z.number(),
      trigger: z.string(),
      started_at: z.string(),
      duration_ms: z.number().nullable(),
      request: z.looseObject({ url: z.string() }).nullable(),
      response: z.looseObject({ status: z.number(), body: z.string(), truncated: z.boolean() }).nullable(),
      error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
const tenant = z.looseObject({ id: z.string(), name: z.string() });

const PAGE = 200;
const EXCERPT = 120;

export function deliveriesCommand(program: Command): void {
  withConnectionOptions(program.command('deliveries'))
    .description('List deliveries, newest first, or show one with its whole log')
    .argument('[id]', 'a delivery')
    .option('-t, --tenant <tenant>', 'only of this tenant (default: all that the key may see)')
    .addOption(new Option('-s, --status <status>', 'only with this status').choices(DELIVERY_STATUSES))
    .option('-n, --limit <count>', 'how many', countOption, 20)
    .action((id: string | undefined, options: Options) =>
      id === undefined ? list(options) : show(id, options),
    );
}

function countOption(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

async function list(options: Options): Promise<void> {
  const connection = connectionOf(options);
  const base =
    options.tenant === undefined
      ? '/v1/deliveries'
      : `/v1/tenants/${segment('tenant', options.tenant)}/deliveries`;
  const path = options.status === undefined ? base : `${base}?status=${options.status}`;
  const rows: DeliveryRow[] = [];
  let isCut = false;
  // One row more than is shown tells whether there are more.
  for await (const row of callPages(connection, path, deliveryRow, Math.min(options.limit + 1, PAGE))) {
    isCut = rows.length === options.limit;
    if (isCut) break;
    rows.push(row);
  }
  if (rows.length === 0) return say('No deliveries.');
  const names = await tenantNames(connection, rows);
  const table = drawTable(
    ['delivery', 'tenant', 'event type', 'status', 'attempts', 'last', 'next'],
    rows.map((row) => [
      row.id,
      names.get(row.tenant_id) ?? row.tenant_id,
      row.event_type,
      coloured(row.status),
      row.attempt_count,
      lastResult(row),
      row.held_reason ?? inWords(row.next_attempt_at),
    ]),
    terminalWidth(),
  );
  write(`${table}\n`);
  if (isCut) {
    warn`Older ones are left out: --limit ${options.limit * 2} shows more, --tenant and --status filter.`;
  }
}

const PARALLEL_CALLS = 8;

/** Names of the tenants in these rows, by id. A deleted tenant has none. */
async function tenantNames(
  connection: Connection,
  rows: readonly DeliveryRow[],
): Promise<Map<string, string>> {
  const left = [...new Set(rows.map((row) => row.tenant_id))];
  const names = new Map<string, string>();
  async function work(): Promise<void> {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      try {
        const call = { method: 'GET', path: `/v1/tenants/${encodeURIComponent(id)}` };
        names.set(id, (await callApi(connection, call, tenant)).name);
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_CALLS }, work));
  return names;
}

async function show(id: string, options: Options): Promise<void> {
  const path = `/v1/deliveries/${segment('delivery', id)}`;
  const delivery = await callApi(connectionOf(options), { method: 'GET', path }, log);
  say`${delivery.id}  ${delivery.event_type}  ${coloured(delivery.status)}`;
  say`event ${delivery.event_id} for endpoint ${delivery.endpoint_id}, accepted ${delivery.created_at}`;
  if (delivery.attempts_left_out) say`\n${delivery.attempts_left_out} older attempts are left out.`;
  for (const attempt of delivery.attempts) {
    const took = attempt.duration_ms === null ? '' : `, ${attempt.duration_ms} ms`;
    say`\nattempt ${attempt.number} (${attempt.trigger}) at ${attempt.started_at}${took}`;
    if (attempt.request !== null) say`  POST ${attempt.request.url}`;
    if (attempt.response !== null) say`  ${attempt.response.status}  ${excerpt(attempt.response.body)}`;
    if (attempt.error !== null) say`  ${attempt.error.code}: ${attempt.error.message}`;
  }
  const { explanation } = delivery;
  if (explanation) {
    const who = explanation.who === 'tidings' ? 'Nobody has to act' : `To do (${explanation.who})`;
    say`\n${explanation.summary}\n${who}: ${explanation.action}`;
  }
  say`\n${delivery.next_step}`;
  if (delivery.workflow.web_url !== null) say`In Temporal: ${delivery.workflow.web_url}`;
  if (delivery.log_source === 'archive')
    say('(The workflow history is not available; this is from the archive.)');
}

function excerpt(body: string): string {
  const characters = [...body.replace(/\s+/g, ' ').trim()];
  return characters.length > EXCERPT ? `${characters.slice(0, EXCERPT).join('')}…` : characters.join('');
}
