/** Structured logger. Secrets never reach it, because no object that holds one is logged. */
import { type LevelWithSilent, type Logger, pino } from 'pino';
import { visibleText } from '../domain/visible-text.ts';

export type { Logger } from 'pino';

const STANDARD_ERROR = 2;
/** How much of the log is kept in memory while it cannot be written; more is lost. */
const MAX_WAITING_CHARACTERS = 1024 * 1024;

/**
 * Writes JSON lines to the end of a file, or to standard error: standard output belongs to what a command prints. A log that
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
      serializers: { err: withoutValues },
      // JSON escapes the C0 controls alone; text from receivers may hold others that steer a terminal.
      hooks: { streamWrite: (line) => `${visibleText(line.slice(0, -1))}\n` },
    },
    destination,
  );
}

/** Fields of an error in which PostgreSQL quotes rows and parameters: a payload, a name, an address. */
const QUOTING = ['detail', 'where', 'hint', 'internalQuery', 'parameters'];
/** Classes 22 and 23 of SQLSTATE: the message itself quotes the value. */
const QUOTES_A_VALUE = /^2[23]/;

/** Serializes an error for the log without the values that were to be stored: a log cannot be erased. */
function withoutValues(error: Error): object {
  const serialized: Record<string, unknown> = { ...pino.stdSerializers.err(error) };
  for (const name of QUOTING) delete serialized[name];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code, message } = cause as Error & { code?: unknown };
    if (typeof code !== 'string' || !QUOTES_A_VALUE.test(code) || message === '') continue;
    const instead = `PostgreSQL refused a value (${code})`;
    serialized.message = String(serialized.message).replaceAll(message, instead);
    serialized.stack = String(serialized.stack).replaceAll(message, instead);
  }
  return serialized;
}
