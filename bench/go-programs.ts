/** The Go programs that the bench runs: Temporal's server, built once into the cache, and the load, built at each start. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../src/embedded/directories.ts';
import { waitForLock } from '../src/embedded/lock-file.ts';
import { PACKAGE_ROOT } from '../src/package-root.ts';

const run = promisify(execFile);

export const TEMPORAL_VERSION = '1.29.1';
const MODULES = ['cmd/server', 'cmd/tools/sql'].map(
  (path) => `go.temporal.io/server/${path}@v${TEMPORAL_VERSION}`,
);

export type TemporalPrograms = { server: string; sqlTool: string };

/**
 * Temporal's server as it is run in production, and the tool that makes its tables.
 * @returns their paths
 * @throws Error when they are not in the cache and Go cannot build them
 */
export async function temporalPrograms(progress: (line: string) => void): Promise<TemporalPrograms> {
  const folder = join(cacheDirectory(), `temporal-server-${TEMPORAL_VERSION}`);
  const programs = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  await mkdir(cacheDirectory(), { recursive: true });
  const lock = await waitForLock(`${folder}.lock`, (pid) =>
    progress(`Another process (${pid}) builds Temporal's server; waiting for it.`),
  );
  try {
    const isThere = await stat(folder).catch(() => null);
    if (isThere === null) await buildTemporal(folder, progress);
    return programs;
  } finally {
    await lock.release();
  }
}

async function buildTemporal(folder: string, progress: (line: string) => void): Promise<void> {
  const partial = `${folder}.build`;
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  progress("Building Temporal's server with Go, once. This takes some minutes.");
  const ticker = setInterval(() => progress(`Still building Temporal's server (${seconds()} s).`), 15_000);
  try {
    await go(['install', '-ldflags=-s -w', ...MODULES], { GOBIN: partial, GOFLAGS: '-trimpath' });
    await rename(partial, folder);
    progress(`Temporal's server is built (${seconds()} s).`);
  } finally {
    clearInterval(ticker);
    await rm(partial, { recursive: true, force: true });
  }
}

/** Builds the program that emits and receives. @returns its path in `folder` */
export async function buildLoad(folder: string): Promise<string> {
  const program = join(folder, 'load');
  await go(['build', '-o', program, '.'], {}, join(PACKAGE_ROOT, 'bench', 'load'));
  return program;
}

export async function goVersion(): Promise<string> {
  return (await go(['env', 'GOVERSION'], {})).trim();
}

/** @returns what it wrote. @throws Error with what it complained of */
async function go(args: string[], env: Record<string, string>, cwd?: string): Promise<string> {
  try {
    const { stdout } = await run('go', args, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException & { stderr?: string };
    if (error.code === 'ENOENT')
      throw new Error('The bench needs Go 1.24 or later on the PATH (https://go.dev/dl)');
    throw new Error(`go ${args[0]} failed:\n${(error.stderr || error.message).trim()}`, { cause: error });
  }
}
