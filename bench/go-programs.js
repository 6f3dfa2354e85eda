/** The Go programs that the bench runs: Temporal's server, built once into the cache, and the load, built at each start. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../dist/src/embedded/directories.js';
import { waitForLock } from '../dist/src/embedded/lock-file.js';
import { PACKAGE_ROOT } from '../dist/src/package-root.js';

const run = promisify(execFile);

export const TEMPORAL_VERSION = '1.29.1';
const MODULES = ['cmd/server', 'cmd/tools/sql'].map(
  (path) => `go.temporal.io/server/${path}@v${TEMPORAL_VERSION}`,
);

/**
 * Temporal's server as it is run in production, and the tool that makes its tables.
 * @param {(line: string) => void} progress
 * @returns {Promise<{ server: string, sqlTool: string }>} their paths
 * @throws Error when they are not in the cache and Go cannot build them
 */
export async function temporalPrograms(progress) {
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

async function buildTemporal(folder, progress) {
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

/** Builds the program that emits and receives. @returns {Promise<string>} its path in `folder` */
export async function buildLoad(folder) {
  const program = join(folder, 'load');
  await go(['build', '-o', program, '.'], {}, join(PACKAGE_ROOT, 'bench', 'load'));
  return program;
}

export async function goVersion() {
  return (await go(['env', 'GOVERSION'], {})).trim();
}

async function go(args, env, cwd) {
  try {
    const { stdout } = await run('go', args, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('The bench needs Go 1.24 or later on the PATH (https://go.dev/dl)');
    throw new Error(`go ${args[0]} failed:\n${(error.stderr || error.message).trim()}`, { cause: error });
  }
}
