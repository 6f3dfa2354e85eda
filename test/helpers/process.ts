/** Tidings as a process of its own, which a test may kill. Needs the build. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from './cleanup.ts';
import { ADMIN_KEY, apiClient, TEST_KEY_RING, type TestService } from './service.ts';

export type TestProcess = {
  pid: number;
  url: string;
  /** of the server for metrics and probes, where `TIDINGS_METRICS_PORT` asks for one */
  monitoringUrl(): string;
  /** the lines of its log so far */
  log: readonly string[];
  call: TestService['call'];
  /** whether it has not ended yet, by whatever hand */
  isAlive(): boolean;
  /** ends it as a crash does */
  kill(): Promise<void>;
  /** ends it as an operator does. @returns its exit code */
  stop(): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** resolves with its exit code */
  ended: Promise<number | null>;
};

// Where the kernel can be asked to, it ends the process with the tests, however they end. The pid stays the same.
const WITH_US =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
    ? ['setpriv', '--pdeathsig', 'KILL', '--']
    : [];

/** Starts `tidings <command>`; resolves when it listens, or for a worker when it runs. */
export async function startProcess(
  command: 'serve' | 'api' | 'worker',
  env: {
    databaseUrl: string;
    taskQueue: string;
    temporalAddress?: string;
    [variable: string]: string | undefined;
  },
): Promise<TestProcess> {
  const { databaseUrl, taskQueue, temporalAddress, ...more } = env;
  const [program = '', ...args] = [
    ...WITH_US,
    process.execPath,
    join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js'),
    command,
  ];
  const child: ChildProcess = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TIDINGS_PORT: '0',
      TIDINGS_ADMIN_KEY: ADMIN_KEY,
      TIDINGS_ENCRYPTION_KEYS: TEST_KEY_RING.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(
        ',',
      ),
      TIDINGS_ALLOW_CIDRS: '127.0.0.0/8',
      TIDINGS_ALLOW_HTTP: 'true',
      TIDINGS_TASK_QUEUE: taskQueue,
      TEMPORAL_ADDRESS: temporalAddress ?? process.env.TEST_TEMPORAL_ADDRESS,
      DATABASE_URL: databaseUrl,
      ...more,
    },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines: string[] = [];
  let monitoringUrl = '';
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then((code) =>
      reject(new Error(`tidings ${command} ended with ${code}:\n${lines.join('\n')}`)),
    );
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line);
      if (process.env.TEST_LOG_LEVEL) process.stderr.write(`${line}\n`);
      monitoringUrl = /"url":"(http:[^"]+)","msg":"metrics and probes/.exec(line)?.[1] ?? monitoringUrl;
      const [, address] = /Server listening at (http:\/\/\S+?)"/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
      if (command === 'worker' && monitoringUrl !== '') resolve('');
    });
    if (command === 'worker' && more.TIDINGS_METRICS_PORT === undefined) setTimeout(() => resolve(''), 2000);
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    url,
    monitoringUrl: () => monitoringUrl,
    log: lines,
    ended: exited,
    signal: (name) => child.kill(name),
    call: apiClient(url),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}
