/** Progress of the demo, kept in a file of the data directory. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoProgress } from './scenario.ts';

export function demoProgress(folder: string): DemoProgress {
  const file = join(folder, 'progress');
  return {
    async read() {
      const text = (await readFile(file, 'utf8').catch(() => '')).trim();
      return text === 'begun' || text === 'played' ? text : null;
    },
    write: (now) => writeFile(file, `${now}\n`),
  };
}
