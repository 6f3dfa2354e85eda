/** Finds or installs the `temporal` program: PATH, the cache, the SDK's download, `go install`, in this order. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from './directories.ts';
import { waitForLock } from './lock-file.ts';

const run = promisify(execFile);

/** The newest tag that `go install` accepts. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const BUILT_NAME = 'temporal-1.5.1';
const OLDEST_SERVER = [1, 24];
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** Shows progress to people who wait; each line is one sentence. */
export type Progress = (line: string) => void;

/**
 * @param configured the path that `TIDINGS_TEMPORAL_CLI` names, if any
 * @returns the path of a program that runs and is new enough
 * @throws Error that lists all ways to provide the program, when none works
 */
export async function findTemporalProgram(
  configured: string | undefined,
  progress: Progress,
): Promise<string> {
  if (configured !== undefined) {
    const problem = await programProblem(configured);
    if (problem !== null) throw new Error(`TIDINGS_TEMPORAL_CLI is ${configured}, but ${problem}`);
    return configured;
  }
  const cached = join(cacheDirectory(), BUILT_NAME);
  for (const candidate of ['temporal', cached]) {
    if ((await programProblem(candidate)) === null) return candidate;
  }
  await mkdir(cacheDirectory(), { recursive: true });
  const lock = await waitForLock(`${cached}.lock`, (pid) =>
    progress(`Another process (${pid}) is getting Temporal's server; waiting for it.`),
  );
  try {
    if ((await programProblem(cached)) === null) return cached;
    const failures: string[] = [];
    for (const way of [download, build]) {
      const failure = await way(cached, progress);
      if (failure === null) return cached;
      failures.push(failure);
    }
    throw new Error(noWay(failures));
  } finally {
    await lock.release();
  }
}

function noWay(failures: string[]): string {
  return [
    "Temporal's server is needed, but it could not be found or installed. Provide one of these:",
    '  - TEMPORAL_ADDRESS=host:port of a Temporal that runs (with TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, … as it needs)',
    '  - the `temporal` program on the PATH, or its path in TIDINGS_TEMPORAL_CLI (https://docs.temporal.io/cli)',
    "  - access to the internet, from which the SDK's download is fetched",
    '  - Go 1.24 or later, with which it is built once',
    'These attempts failed:',
    ...failures.map((failure) => `  - ${failure}`),
  ].join('\n');
}

/** Why this program cannot be used, or `null`. */
async function programProblem(path: string): Promise<string | null> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    const [, major, minor] = /Server (\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined) return `it does not say which server it has: ${stdout.trim()}`;
    const tooOld =
      Number(major) < (OLDEST_SERVER[0] ?? 0) ||
      (Number(major) === OLDEST_SERVER[0] && Number(minor) < (OLDEST_SERVER[1] ?? 0));
    return tooOld ? `its server is ${major}.${minor}, and ${OLDEST_SERVER.join('.')} is needed` : null;
  } catch (error) {
    return `it does not run (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
  }
}

/** The release that Temporal offers for this platform, as its SDKs fetch it. */
async function download(target: string, progress: Progress): Promise<string | null> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const info = `https://temporal.download/cli/default?arch=${arch}&platform=${process.platform}&format=tar.gz`;
  const folder = `${target}.download`;
  try {
    const described = await fetch(info, { signal: AbortSignal.timeout(5_000) });
    if (!described.ok) throw new Error(`status ${described.status}`);
    const { archiveUrl, fileToExtract } = (await described.json()) as {
      archiveUrl: string;
      fileToExtract: string;
    };
    progress("Downloading Temporal's server, once (about 40 MB).");
    const archive = await fetch(archiveUrl, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!archive.ok || archive.body === null) throw new Error(`status ${archive.status}`);
    await mkdir(folder, { recursive: true });
    const tar = spawn('tar', ['-xz', '-C', folder, fileToExtract], { stdio: ['pipe', 'ignore', 'ignore'] });
    const done = new Promise<number | null>((resolve) => tar.once('close', resolve));
    tar.stdin.end(Buffer.from(await archive.arrayBuffer()));
    if ((await done) !== 0) throw new Error('the archive could not be unpacked');
    await rename(join(folder, fileToExtract), target);
    return await programProblem(target);
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    return `download: ${cause?.message ?? (error as Error).message}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(target: string, progress: Progress): Promise<string | null> {
  const bin = `${target}.build`;
  const started = Date.now();
  try {
    await run('go', ['version']);
  } catch {
    return 'go install: there is no `go` on the PATH';
  }
  progress("Building Temporal's server with Go, once. This takes some minutes; later starts take seconds.");
  const ticker = setInterval(() => {
    progress(`Still building Temporal's server (${Math.round((Date.now() - started) / 1000)} s).`);
  }, 15_000);
  try {
    await run('go', ['install', '-ldflags=-s -w', MODULE], {
      env: { ...process.env, GOBIN: bin, GOFLAGS: '-trimpath' },
      maxBuffer: 16 * 1024 * 1024,
    });
    await rename(join(bin, 'temporal'), target);
    progress(`Temporal's server is built (${Math.round((Date.now() - started) / 1000)} s).`);
    return await programProblem(target);
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    return `go install: ${(stderr.trim() || message).split('\n').slice(-3).join(' ')}`;
  } finally {
    clearInterval(ticker);
    await rm(bin, { recursive: true, force: true });
  }
}
