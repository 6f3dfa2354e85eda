/** Cache directory of the embedded parts: downloaded or built programs, which all instances share. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The cache directory of this user. Root's is one that every user can read: PostgreSQL refuses to run as root, and the user that
 * it runs as must be able to execute it.
 */
export function cacheDirectory(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'tidings');
  if (process.getuid?.() === 0) return '/var/cache/tidings';
  return join(homedir(), '.cache', 'tidings');
}
