/** Lock files that name the process that holds them: one instance for each data directory, one builder for each cache. */

import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export type Lock = { release(): Promise<void> };

/**
 * Takes the lock. It replaces one whose process has died.
 * @returns the lock, or the pid of the process that has it
 */
export async function takeLock(path: string): Promise<Lock | { heldBy: number }> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      await writeFile(path, whoIs(process.pid), { flag: 'wx', mode: 0o600 });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await aliveIn(path);
    if (holder !== null) return { heldBy: holder };
    await rm(path, { force: true });
  }
}

/** Waits for the lock; calls `onWait` once, with the process that holds it. */
export async function waitForLock(path: string, onWait: (pid: number) => void): Promise<Lock> {
  for (let isAnnounced = false; ; isAnnounced = true) {
    const lock = await takeLock(path);
    if ('release' in lock) return lock;
    if (!isAnnounced) onWait(lock.heldBy);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Waits until the process that a file names has ended, at most so long. */
export async function waitUntilGone(path: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while ((await aliveIn(path)) !== null && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A process as such a file names it: its number, and when it started. */
export function whoIs(pid: number): string {
  return `${pid} ${birthOf(pid)}\n`;
}

/** The process that `whoIs` named, or `null` when it has ended. */
export function ifAlive(named: string): number | null {
  const [pid, birth] = named.trim().split(' ');
  return pid !== undefined && pid !== '' && isAlive(Number(pid), birth) ? Number(pid) : null;
}

async function aliveIn(path: string): Promise<number | null> {
  return ifAlive(await readFile(path, 'utf8').catch(() => ''));
}

function isAlive(pid: number, birth: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but is another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (isZombie(pid)) return false;
  // After a restart of the machine another process may have the number.
  const now = birthOf(pid);
  return now === 'unknown' || birth === 'unknown' || now === birth;
}

/** When the process started, in the kernel's ticks since boot; `unknown` where there is no /proc. */
const birthOf = (pid: number): string => fieldsOf(pid)[19] ?? 'unknown';

/** Whether the process has ended, and only its parent has not noticed. */
export const isZombie = (pid: number): boolean => /^[ZX]$/.test(fieldsOf(pid)[0] ?? '');

/** What the kernel says of the process, from its state on: the third field and those after it. None where there is no /proc. */
function fieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // They come after the name, which is in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
