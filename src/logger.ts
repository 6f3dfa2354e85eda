/** Structured logs; secrets never reach them because nothing that holds one is logged. */
import { type LevelWithSilent, type Logger, pino } from 'pino';
import { visibleText } from './domain/visible-text.ts';

export type { Logger } from 'pino';

const STANDARD_ERROR = 2;
/** Kept in memory while it cannot be written; what is more is lost. */
const MAX_WAITING_CHARACTERS = 1024 * 1024;

/**
 * JSON lines on standard error, for standard output belongs to what a command prints, or at the end of a file. A log that
 * cannot be written (disk full, terminal closed) is lost; the service goes on.
 */
export function createLogger(level: LevelWithSilent, file?: string): Logger {
  const destination = pino.destination({
    dest: file ?? STANDARD_ERROR,
    sync: true,
    maxLength: MAX_WAITING_CHARACTERS,
  });
  destination.on('error', () => {});
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // JSON escapes the old control characters alone; what comes from receivers may hold all.
      hooks: { streamWrite: (line) => `${visibleText(line.slice(0, -1))}\n` },
    },
    destination,
  );
}
