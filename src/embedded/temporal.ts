/** The embedded Temporal: its development server with the Web UI, with its data in one SQLite file. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort, startOnFreePorts } from './free-port.ts';
import { PREDECESSOR_MS, spawnGuarded } from './guarded-process.ts';
import { waitUntilGone } from './lock-file.ts';

export type EmbeddedTemporal = {
  address: string;
  /** of the Web UI; null when it runs without */
  uiUrl: string | null;
  /** resolves with the last lines of its log when it ends without having been stopped */
  died: Promise<string>;
  stop(graceMs?: number): Promise<void>;
};

const DEFAULT_PORT = 7233;
const DEFAULT_UI_PORT = 8233;

/**
 * @param options.dataFile `null` keeps everything in memory (tests)
 * @throws Error with the end of its log when it does not start
 */
export function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  return startOnFreePorts(() => startOnce(options));
}

type TemporalOptions = {
  program: string;
  dataFile: string | null;
  logFile: string;
  ui?: boolean;
  /** use the ports of the last start, even if they are taken */
  samePorts?: boolean;
  /** more of Temporal's dynamic configuration, `key=value` (tests) */
  dynamicConfig?: string[];
};

async function startOnce(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const { program, dataFile, logFile, ui = true } = options;
  const pidFile = join(dirname(dataFile ?? logFile), 'temporal.pid');
  await waitUntilGone(pidFile, PREDECESSOR_MS);
  const [port, uiPort] = await ports(dataFile, options.samePorts ?? false);
  if (dataFile !== null) await mkdir(dirname(dataFile), { recursive: true });
  const process = await spawnGuarded({
    command: program,
    args: [
      'server',
      'start-dev',
      '--ip=127.0.0.1',
      `--port=${port}`,
      `--http-port=${await freePort(0)}`,
      ...(ui ? [`--ui-port=${uiPort}`] : ['--headless']),
      ...(dataFile === null ? [] : [`--db-filename=${dataFile}`]),
      '--log-level=error',
      // The development server's default limits are too low for the retries of a busy system.
      '--dynamic-config-value=frontend.namespaceRPS=20000',
      '--dynamic-config-value=frontend.namespaceRPS.visibility=100',
      ...(options.dynamicConfig ?? []).map((entry) => `--dynamic-config-value=${entry}`),
    ],
    stopSignal: 'TERM',
    logFile,
    pidFile,
  });
  const address = `127.0.0.1:${port}`;
  await process.ready("Temporal's server", () => describeNamespace(address));
  return {
    address,
    uiUrl: ui ? `http://127.0.0.1:${uiPort}` : null,
    died: process.died,
    stop: process.stop,
  };
}

/** The well-known ports if they are free, and the same ones at the next start, because people bookmark the Web UI. */
async function ports(dataFile: string | null, same: boolean): Promise<[number, number]> {
  if (dataFile === null) return [await freePort(0), await freePort(0)];
  const file = join(dirname(dataFile), 'ports');
  const [port = DEFAULT_PORT, uiPort = DEFAULT_UI_PORT] = (await readFile(file, 'utf8').catch(() => ''))
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
  if (same) return [port, uiPort];
  const chosen: [number, number] = [await freePort(port), await freePort(uiPort)];
  await mkdir(dirname(dataFile), { recursive: true });
  await writeFile(file, chosen.join(' '));
  return chosen;
}

async function describeNamespace(address: string): Promise<void> {
  const connection = Connection.lazy({ address });
  try {
    await connection.withDeadline(Date.now() + 1_000, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
  } finally {
    await connection.close();
  }
}
