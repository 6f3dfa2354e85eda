/** `tidings start` as a process of its own, on embedded parts in a folder of its own. Needs the build. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from './cleanup.ts';

export const MAIN = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');

export type Started = {
  child: ChildProcess;
  url: string;
  output(): string;
  end(signal: NodeJS.Signals): Promise<number | null>;
};

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  // As `mktemp -d` makes them: nobody else may enter, PostgreSQL's user neither.
  await chmod(folder, 0o700);
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const environment = (folder: string) => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TIDINGS_DATA_DIR: join(folder, 'data'),
  TIDINGS_TEMPORAL_CLI: process.env.TEST_TEMPORAL_PROGRAM,
});

/** Resolves when it says that everything is up. */
export async function start(folder: string, ...args: string[]): Promise<Started> {
  return startWith({}, folder, ...args);
}

/** The same with more environment variables. */
export async function startWith(
  env: Record<string, string>,
  folder: string,
  ...args: string[]
): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, 'start', ...args], {
    env: { ...environment(folder), ...env },
    cwd: folder,
  });
  return untilUp(child);
}

/** The same by `npm start`, of a build that is there, in a process group of its own, as a terminal has it. */
export async function startByNpm(folder: string): Promise<Started> {
  const child = spawn('npm', ['start', '--ignore-scripts', '--', '--no-demo'], {
    env: environment(folder),
    cwd: PACKAGE_ROOT,
    detached: true,
  });
  return untilUp(child);
}

async function untilUp(child: ChildProcess): Promise<Started> {
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const [, url] = / API {13}(http:\S+)/.exec(output) ?? [];
      if (url !== undefined && output.includes('Ctrl-C stops everything')) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    void exited.then((code) => reject(new Error(`It ended with ${code}:\n${output}`)));
  });
  return {
    child,
    url: await ready,
    output: () => output,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
