/** Another commit, built in a worktree beside this one, to be measured in turns with it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import type { Build } from './build.ts';
import type { Cleanup } from './cleanup.ts';

const execute = promisify(execFile);

/** @returns the commit's full hash. @throws Error when there is no such commit, or no repository */
export async function commitNamed(name: string): Promise<string> {
  return (
    await run('git', ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]).catch(
      (cause) => {
        throw new Error(`There is no commit "${name}" in the repository of ${PACKAGE_ROOT}`, { cause });
      },
    )
  ).trim();
}

/**
 * Builds a commit with what its own lock file asks for.
 * @param folder a folder that there is; the worktree is made in it, and removed at the end
 * @returns the build, named after the commit
 */
export async function buildCommit(
  commit: string,
  folder: string,
  cleanup: Cleanup,
  progress: (line: string) => void,
): Promise<Build> {
  const name = commit.slice(0, 7);
  const root = join(folder, `worktree-${name}`);
  const aborted = new AbortController();
  progress(`Building ${name} in a worktree beside. This takes a minute or two.`);
  cleanup.add(async () => {
    aborted.abort();
    await run('git', ['worktree', 'remove', '--force', root]);
  });
  await run('git', ['worktree', 'add', '--detach', root, commit]);
  // Its own `prepare` builds it.
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: root,
    signal: aborted.signal,
  });
  return { name, root };
}

/** @returns what it wrote. @throws Error with what it complained of */
async function run(
  command: string,
  args: string[],
  options: { cwd?: string; signal?: AbortSignal } = {},
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      cwd: PACKAGE_ROOT,
      maxBuffer: 64 * 1024 * 1024,
      ...options,
    });
    return stdout;
  } catch (caught) {
    const error = caught as Error & { stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${(error.stderr || error.message).trim()}`, {
      cause: error,
    });
  }
}
