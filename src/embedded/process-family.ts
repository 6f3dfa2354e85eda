/** Kills processes with everything that they have started, whatever state it is in. */
import { descendants } from '../http/listening-ports.ts';

/**
 * Kills the process, unless it is this one, and all of its descendants, at once. Where the operating system has no `/proc` those in
 * its process group are killed alone.
 */
export async function killFamily(pid: number): Promise<void> {
  // Asked first: who has lost a parent can no longer be found. PostgreSQL's processes have groups of their own, and one that is
  // stopped does not notice that the first of them is gone.
  const family = await descendants(pid).catch(() => []);
  if (pid !== process.pid) kill(-pid);
  for (const member of family) if (member !== process.pid) kill(member);
}

/** @param target a process, or with a minus sign a group */
function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
