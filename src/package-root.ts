/** Root folder and version of the package, the same for the sources and for the built files. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));
}

export const PACKAGE_ROOT = findRoot(import.meta.dirname);

export const VERSION: string = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')).version;

/** The folder of this version's migrations. */
export const MIGRATIONS = join(PACKAGE_ROOT, 'migrations');

/** The folder of the built pages; there may be none. */
export const PAGES = join(PACKAGE_ROOT, 'dist', 'web');
