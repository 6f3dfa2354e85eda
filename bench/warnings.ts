/** Counts of what Tidings' processes have warned of, from their logs. */
import { readFile } from 'node:fs/promises';

/** pino's number of the level */
const WARN = 40;

type Entry = { level?: number; msg?: string };

/** @returns how often, by message */
export async function warningsIn(logFiles: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const file of logFiles) {
    for (const line of (await readFile(file, 'utf8')).split('\n')) {
      const { level = 0, msg = '' } = parsed(line);
      if (level >= WARN) counts[msg] = (counts[msg] ?? 0) + 1;
    }
  }
  return counts;
}

function parsed(line: string): Entry {
  try {
    return (JSON.parse(line) as Entry | null) ?? {};
  } catch {
    // A library's own line, or a line that is still being written.
    return {};
  }
}
