/** The command line as a shell runs it. Needs the build. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from './cleanup.ts';
import { ADMIN_KEY } from './service.ts';

export const MAIN = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');

export type CliRun = {
  pid: number;
  stdout(): string;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  /** whoever reads its output leaves */
  closeOutput(): void;
  /** resolves when its output contains that */
  until(text: string | RegExp): Promise<void>;
  /** resolves with its exit status, or the signal that ended it */
  ended: Promise<number | NodeJS.Signals | null>;
};

export type CliOptions = { env?: Record<string, string | undefined>; cwd?: string; stdin?: string | Buffer };

/** Starts `tidings …`; without anything in the environment but the test's own key. */
export function startCli(args: readonly string[], { env = {}, cwd, stdin = '' }: CliOptions = {}): CliRun {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TIDINGS_API_KEY: ADMIN_KEY, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (name) => child.kill(name),
    closeOutput: () => child.stdout.destroy(),
    ended,
    async until(text) {
      const isThere = () =>
        typeof text === 'string' ? (stdout + stderr).includes(text) : text.test(stdout + stderr);
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      while (!isThere()) {
        if (isOver) throw new Error(`It ended without ${text}:\n${stdout}${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** Runs it to its end. */
export async function runCli(
  args: readonly string[],
  options?: CliOptions,
): Promise<{ status: number | NodeJS.Signals | null; stdout: string; stderr: string }> {
  const run = startCli(args, options);
  const status = await run.ended;
  return { status, stdout: run.stdout(), stderr: run.stderr() };
}
