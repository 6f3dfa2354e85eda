/** Where embedded parts keep what is not one instance's data: downloaded or built programs. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The cache of this user. Root's is where every user may read: PostgreSQL does not run as root, and the user that it
 * runs as must be able to execute it.
 */
export function cacheDirectory(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'tidings');
  if (process.getuid?.() === 0) return '/var/cache/tidings';
  return join(homedir(), '.cache', 'tidings');
}
