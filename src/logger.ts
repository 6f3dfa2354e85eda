/** Structured logs; secrets never reach them because nothing that holds one is logged. */
import { type LevelWithSilent, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on standard error; standard output belongs to what a command prints. */
export function createLogger(level: LevelWithSilent): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination(2),
  );
}
