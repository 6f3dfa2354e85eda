/** `tidings start` (and `npm start`): runs everything on this machine, with a demo. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Environment } from '../config/environment.ts';
import type { Logger } from '../observability/logger.ts';
import type { EmbeddedService } from '../runtime/processes.ts';
import { connectionOf, URL_FILE } from './connection.ts';
import { EXIT } from './failures.ts';
import { say, warn, whenOutputCloses } from './output.ts';
import { untilSignal } from './shutdown.ts';

/** How long what is told to stop while it starts is given to have started; then it stops in order. */
const START_MS = 5_000;

export function startCommand(program: Command): void {
  program
    .command('start')
    .description(
      'Run everything on this machine: API, worker, PostgreSQL and Temporal, and a demo on the first start',
    )
    .option('--no-demo', 'without the demo')
    .action(start);
}

async function start({ demo: wantsDemo }: { demo: boolean }): Promise<void> {
  // Handled before the start, so that a signal at any time stops what has been started.
  const signal = untilSignal();
  // The service goes on when nobody reads its output any more.
  whenOutputCloses(() => {});
  const { EMBEDDED, runEmbedded } = await import('../runtime/processes.ts');
  const { readSettings } = await import('../config/settings.ts');
  const { openDemo } = await import('./start-demo.ts');
  const environment = readSettings(EMBEDDED);
  const dataDir = resolve(environment.TIDINGS_DATA_DIR);
  const { logger, logFile } = await openLog(environment, dataDir);
  /** Runs an optional part. When it fails, warns and goes on without it. */
  const tryOptional = async <Result>(what: string, work: () => Promise<Result>): Promise<Result | null> => {
    try {
      return await work();
    } catch (error) {
      const reason = (error as Error).message;
      logger.warn({ what, reason }, 'an optional part does not work; the service goes on without it');
      warn`${what} does not work: ${reason} The service goes on without it.`;
      return null;
    }
  };
  const demo = wantsDemo ? await tryOptional('The demo', () => openDemo(join(dataDir, 'demo'))) : null;
  say('Starting PostgreSQL and Temporal …');
  const stopAnnouncing = announceSignal(signal);
  const starting = runEmbedded(environment, {
    logger,
    progress: (line) => say(`  ${line}`),
    caFiles: demo === null ? [] : [demo.certFile],
    isReceiver: (port) => demo?.isAt(port) ?? false,
  });
  const embedded = await Promise.race([starting, signal.then(() => sleep(START_MS, null))]);
  stopAnnouncing();
  if (embedded === null) return leaveHalfStarted();
  const url = embedded.service.url ?? '';
  const urlFile = join(dataDir, URL_FILE);
  await tryOptional(`The file ${urlFile}, by which other commands find the service,`, () =>
    writeFile(urlFile, `${url}\n`),
  );
  embedded.service.working.catch((error: Error) => {
    warn`The worker could not be started: ${error.message}`;
    void embedded.stop().finally(() => process.exit(EXIT.failed));
  });
  const isWorking = await startedWorking(embedded, signal);
  if (isWorking && demo !== null) {
    await tryOptional('The demo', () => demo.play(url, embedded.adminKey, signal));
  }
  sayAddresses(embedded, environment, url, logFile);
  if (environment.TIDINGS_PAGES === 'on') {
    await tryOptional('The link to the dashboard', () => sayLink(url, embedded.adminKey));
  }
  say`\nStopping (${await signal}): requests and attempts in flight are finished first. Ctrl-C again to leave at once.`;
  await embedded.stop();
  await demo?.close();
  await rm(urlFile, { force: true, recursive: true }).catch(() => {});
  process.exit(EXIT.done);
}

/** Ends everything as it is. Nothing is in flight yet, and PostgreSQL and Temporal survive a crash. */
async function leaveHalfStarted(): Promise<never> {
  const { killFamily } = await import('../embedded/process-family.ts');
  warn`Not everything had started within ${START_MS / 1000} seconds of the signal: the parts are ended as they are.`;
  await killFamily(process.pid);
  process.exit(EXIT.done);
}

/** Opens the log file. When it cannot be written, the log goes to standard error. */
async function openLog(
  environment: Environment,
  dataDir: string,
): Promise<{ logger: Logger; logFile: string }> {
  const { createLogger } = await import('../observability/logger.ts');
  const logFile = join(dataDir, 'logs', 'tidings.log');
  await mkdir(dataDir, { recursive: true });
  try {
    await mkdir(join(dataDir, 'logs'), { recursive: true });
    return { logger: createLogger(environment.TIDINGS_LOG_LEVEL, logFile), logFile };
  } catch (error) {
    warn`${logFile} cannot be written: ${(error as Error).message} The log goes to standard error.`;
    return { logger: createLogger(environment.TIDINGS_LOG_LEVEL), logFile: 'standard error' };
  }
}

/** Prints a line when a signal comes while the parts start. @returns a function that ends this */
function announceSignal(signal: Promise<NodeJS.Signals>): () => void {
  let isDone = false;
  void signal.then((name) => {
    if (!isDone) warn`${name}: stopping as soon as it has started. Ctrl-C again to leave at once.`;
  });
  return () => {
    isDone = true;
  };
}

const WORKING_MS = 15_000;

/** Waits for the worker. @returns whether it runs; `false` also after some seconds, because events are accepted while Temporal is away */
async function startedWorking(embedded: EmbeddedService, signal: Promise<unknown>): Promise<boolean> {
  const working = embedded.service.working.then(
    () => true,
    () => false,
  );
  const later = new Promise<boolean>((done) => setTimeout(done, WORKING_MS, false).unref());
  const isWorking = await Promise.race([working, later, signal.then(() => false)]);
  if (!isWorking) warn('Temporal cannot be reached yet: events are accepted, and delivered when it can.');
  return isWorking;
}

/** Goes to the terminal alone, never to the log. */
async function sayLink(url: string, key: string): Promise<void> {
  const { signInLink } = await import('./sign-in.ts');
  const link = await signInLink(connectionOf({ url, key }));
  say('\nThe dashboard (this link signs in once, within five minutes; npx tidings sign-in prints another):');
  say`  ${link}`;
}

function sayAddresses(
  embedded: EmbeddedService,
  environment: Environment,
  url: string,
  logFile: string,
): void {
  const { uiUrl, namespace } = embedded.temporal;
  say('');
  say`  API             ${url}`;
  say`  API reference   ${url}/docs`;
  if (uiUrl !== null) say`  Temporal        ${uiUrl}/namespaces/${namespace}/workflows`;
  say`  Admin key       ${environment.TIDINGS_ADMIN_KEY ? 'TIDINGS_ADMIN_KEY' : join(embedded.dataDir, 'admin.key')}`;
  say`  Log             ${logFile}`;
  say('');
  say('Next, in another terminal:');
  say('  npx tidings deliveries');
  say('  npx tidings emit invoice.paid --tenant demo-standard --data \'{"amount": 1.00}\'');
  say('');
  say('Ctrl-C stops everything. The next start finds its data again.');
}
