/**
 * The lock file of a PostgreSQL that was killed. PostgreSQL removes it, unless there is a process with its number: one that waits for its
 * parent to notice its end (in a container that may be for ever), or another one that has got the number since.
 */
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isZombie } from './lock-file.ts';

const FILE = 'postmaster.pid';

/** Removes it where no process works in the data directory. Without `/proc` nothing is removed: that is not known then. */
export async function removeStalePostmaster(data: string): Promise<void> {
  const file = join(data, FILE);
  const [pid = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (pid === '' || (await workIn(data)) !== false) return;
  await rm(file, { force: true });
}

/** Whether a process works in the directory, as each of PostgreSQL's does; `null`: not known. */
async function workIn(data: string): Promise<boolean | null> {
  const directory = await realpath(data);
  const names = await readdir('/proc').catch(() => null);
  if (names === null) return null;
  const places = names
    .filter((name) => /^\d+$/.test(name) && !isZombie(Number(name)))
    // Those of other users cannot be read; PostgreSQL's run as ours, or we are root.
    .map((name) => readlink(`/proc/${name}/cwd`).catch(() => ''));
  return (await Promise.all(places)).includes(directory);
}
