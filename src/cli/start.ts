/** `tidings start` (and `npm start`): everything on this machine, with a demo that delivers. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { destination, pino } from 'pino';
import type { Environment } from '../config.ts';
import { demoCertificate } from '../runtime/demo/certificate.ts';
import { type DemoReceivers, startDemoReceivers } from '../runtime/demo/receivers.ts';
import { type CallApi, type DemoTenant, playDemo } from '../runtime/demo/scenario.ts';
import { ADMIN_KEY_FILE } from '../runtime/keys.ts';
import { EMBEDDED, type EmbeddedService, runEmbedded } from '../runtime/processes.ts';
import { readSettings } from '../runtime/settings.ts';
import { callApi, URL_FILE } from './api.ts';
import { untilSignal } from './shutdown.ts';
import { coloured, type DeliveryRow, inWords, lastResult, newTable } from './tables.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

export function startCommand(program: Command): void {
  program
    .command('start')
    .description(
      'Run everything on this machine: API, worker, an own PostgreSQL and Temporal, and at first a demo',
    )
    .option('--no-demo', 'without the demo')
    .action(async ({ demo }: { demo: boolean }) => {
      // Caught from the first moment: what has been started is stopped, whenever somebody changes their mind.
      const signal = untilSignal();
      const environment = readSettings(EMBEDDED);
      const dataDir = resolve(environment.TIDINGS_DATA_DIR);
      const logFile = join(dataDir, 'logs', 'tidings.log');
      await mkdir(join(dataDir, 'logs'), { recursive: true });
      const logger = pino(
        { level: environment.TIDINGS_LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime },
        destination({ dest: logFile, sync: true }),
      );
      const certificate = demo ? await demoCertificate(join(dataDir, 'demo')) : null;
      let receivers: DemoReceivers | null = null;
      say('Starting PostgreSQL and Temporal …');
      const embedded = await runEmbedded(environment, {
        logger,
        progress: (line) => say(`  ${line}`),
        caFiles: certificate === null ? [] : [certificate.certFile],
        isReceiver: (port) => receivers?.isAt(port) ?? false,
      });
      const url = embedded.service.url ?? '';
      await writeFile(join(dataDir, URL_FILE), `${url}\n`);
      if (certificate !== null) {
        receivers = await startDemoReceivers(join(dataDir, 'demo'), certificate);
        await runDemo(embedded, url, receivers);
      }
      sayAddresses(embedded, environment, url, logFile);
      say(`\nStopping (${await signal}): finishing what is in flight. Ctrl-C again to leave at once.`);
      await embedded.stop();
      await receivers?.close();
      await rm(join(dataDir, URL_FILE), { force: true });
      process.exit(0);
    });
}

async function runDemo(embedded: EmbeddedService, url: string, receivers: DemoReceivers): Promise<void> {
  const call: CallApi = (method, path, body) =>
    callApi(
      { url, key: embedded.adminKey },
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
    );
  const { tenants, isNew } = await playDemo(call, receivers);
  if (!isNew) return;
  say(
    '\nA demo: each product’s sample events go to a receiver on this machine that verifies them as its document says.\n',
  );
  await watchDeliveries(call, tenants);
}

const WATCH_MS = 20_000;
const REDRAW_MS = 250;

/** Draws the table until nothing moves any more; where there is no terminal to redraw, once at the end. */
async function watchDeliveries(call: CallApi, tenants: DemoTenant[]): Promise<void> {
  const deadline = Date.now() + WATCH_MS;
  const isLive = process.stdout.isTTY === true;
  let drawn = 0;
  for (;;) {
    const rows = await readRows(call, tenants);
    const isOver =
      rows.every(({ row }) => ['succeeded', 'failed'].includes(row.status)) || Date.now() > deadline;
    if (isLive || isOver) {
      if (drawn > 0) process.stdout.write(`\u001b[${drawn}A\u001b[0J`);
      const table = drawTable(rows);
      say(table);
      drawn = table.split('\n').length;
    }
    if (isOver) return;
    await new Promise((done) => setTimeout(done, REDRAW_MS));
  }
}

type Row = { tenant: string; row: DeliveryRow };

async function readRows(call: CallApi, tenants: DemoTenant[]): Promise<Row[]> {
  const pages = await Promise.all(
    tenants.map((tenant) =>
      call<{ items: DeliveryRow[] }>('GET', `/v1/tenants/${tenant.id}/deliveries?limit=50`),
    ),
  );
  return pages.flatMap((page, at) =>
    page.items.reverse().map((row) => ({ tenant: tenants[at]?.name ?? '', row })),
  );
}

function drawTable(rows: Row[]): string {
  const table = newTable(['contract', 'event', 'status', 'attempts', 'last answer', 'next']);
  for (const { tenant, row } of rows) {
    table.push([
      tenant,
      row.event_type,
      coloured(row.status),
      row.attempt_count,
      lastResult(row),
      inWords(row.next_attempt_at),
    ]);
  }
  return table.toString();
}

function sayAddresses(
  embedded: EmbeddedService,
  environment: Environment,
  url: string,
  logFile: string,
): void {
  const { uiUrl } = embedded.temporal;
  const keyFile = environment.TIDINGS_ADMIN_KEY
    ? 'TIDINGS_ADMIN_KEY'
    : join(embedded.dataDir, ADMIN_KEY_FILE);
  say('');
  say(`  API             ${url}`);
  say(`  API reference   ${url}/docs`);
  if (uiUrl !== null) say(`  Temporal        ${uiUrl}/namespaces/${embedded.temporal.namespace}/workflows`);
  say(`  Admin key       ${keyFile}`);
  say(`  Log             ${logFile}`);
  say('');
  say('Next, in another terminal:');
  say('  npx tidings deliveries');
  say('  npx tidings emit invoice.paid --tenant demo-standard --data \'{"amount": 1.00}\'');
  say('');
  say('Ctrl-C stops everything. The next start finds its data again.');
}
