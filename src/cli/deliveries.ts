/** `tidings deliveries`: the list, or the whole log of one. */
import type { Command } from 'commander';
import { callApi, withApiOptions } from './api.ts';
import { coloured, type DeliveryRow, inWords, lastResult, newTable } from './tables.ts';

type Options = { url?: string; key?: string; tenant?: string; status?: string; limit: string };
type Page<Item> = { items: Item[]; next_cursor: string | null };

type Log = DeliveryRow & {
  event_id: string;
  endpoint_id: string;
  next_step: string;
  log_source: string;
  workflow: { web_url: string | null };
  attempts: {
    number: number;
    trigger: string;
    started_at: string;
    duration_ms: number;
    request: { url: string } | null;
    response: { status: number; body: string; truncated: boolean } | null;
    error: { code: string; message: string } | null;
  }[];
};

export function deliveriesCommand(program: Command): void {
  withApiOptions(program.command('deliveries'))
    .description('List deliveries, newest first, or show one with its whole log')
    .argument('[id]', 'a delivery')
    .option('-t, --tenant <tenant>', 'only of this tenant (default: all tenants)')
    .option('-s, --status <status>', 'only with this status')
    .option('-n, --limit <count>', 'how many of each tenant', '20')
    .action((id: string | undefined, options: Options) =>
      id === undefined ? list(options) : show(id, options),
    );
}

async function list(options: Options): Promise<void> {
  const tenants =
    options.tenant === undefined
      ? (await callApi<Page<{ id: string; name: string }>>(options, 'GET', '/v1/tenants?limit=200')).items
      : [
          await callApi<{ id: string; name: string }>(
            options,
            'GET',
            `/v1/tenants/${encodeURIComponent(options.tenant)}`,
          ),
        ];
  const query = new URLSearchParams({
    limit: options.limit,
    ...(options.status && { status: options.status }),
  });
  const table = newTable(['delivery', 'tenant', 'event type', 'status', 'attempts', 'last', 'next']);
  for (const tenant of tenants) {
    const page = await callApi<Page<DeliveryRow>>(
      options,
      'GET',
      `/v1/tenants/${tenant.id}/deliveries?${query}`,
    );
    for (const row of page.items) {
      const next = row.held_reason ?? inWords(row.next_attempt_at);
      table.push([
        row.id,
        tenant.name,
        row.event_type,
        coloured(row.status),
        row.attempt_count,
        lastResult(row),
        next,
      ]);
    }
  }
  process.stdout.write(table.length === 0 ? 'No deliveries.\n' : `${table.toString()}\n`);
}

async function show(id: string, options: Options): Promise<void> {
  const log = await callApi<Log>(options, 'GET', `/v1/deliveries/${encodeURIComponent(id)}`);
  const lines = [
    `${log.id}  ${log.event_type}  ${coloured(log.status)}`,
    `event ${log.event_id} for endpoint ${log.endpoint_id}, accepted ${log.created_at}`,
    ...log.attempts.flatMap((attempt) => [
      '',
      `attempt ${attempt.number} (${attempt.trigger}) at ${attempt.started_at}, ${attempt.duration_ms} ms`,
      ...(attempt.request === null ? [] : [`  POST ${attempt.request.url}`]),
      ...(attempt.response === null
        ? []
        : [`  ${attempt.response.status}  ${excerpt(attempt.response.body)}`]),
      ...(attempt.error === null ? [] : [`  ${attempt.error.code}: ${attempt.error.message}`]),
    ]),
    '',
    log.next_step,
    ...(log.workflow.web_url === null ? [] : [`In Temporal: ${log.workflow.web_url}`]),
    ...(log.log_source === 'archive' ? ["(Temporal's history is not there; this is from the archive.)"] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function excerpt(body: string): string {
  const line = body.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}
