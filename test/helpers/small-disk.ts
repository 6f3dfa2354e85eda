/** A disk that a test can fill. It leaves no mount behind: it is taken out of sight at once, and ends with its last user. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from './cleanup.ts';

const run = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

/** Whether this machine lets us mount. */
export function canMount(): boolean {
  return process.getuid?.() === 0 && run('unshare', '-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt');
}

/** @returns a path that works for this process and those that it starts */
export async function smallDisk(folder: string, megabytes: number): Promise<{ path: string }> {
  const mountPoint = join(folder, 'disk');
  mkdirSync(mountPoint);
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', mountPoint))
    throw new Error(`${mountPoint} could not be mounted`);
  let handle: number;
  try {
    handle = openSync(mountPoint, 'r');
  } finally {
    run('umount', '--lazy', mountPoint);
  }
  atEnd(async () => closeSync(handle));
  return { path: `/proc/${process.pid}/fd/${handle}` };
}

/** Leaves no room on the disk. @returns what makes room again */
export function fill(path: string): () => void {
  const file = join(path, 'filler');
  const handle = openSync(file, 'w');
  const piece = Buffer.alloc(64 * 1024);
  try {
    for (;;) writeSync(handle, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
  if (statfsSync(path).bavail > 16) throw new Error(`${path} has room left`);
  return () => rmSync(file);
}
