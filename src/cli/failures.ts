/** Failures of commands: a sentence for people and an exit status for programs. */
import { CommanderError } from 'commander';
import { ConfigError } from '../config/environment.ts';

/** Documented in docs/command-line.md and in `tidings --help`. */
export const EXIT = {
  done: 0,
  /** the service refused it, or something failed on the way */
  failed: 1,
  /** an option, an argument, a file or a setting is wrong; nothing was done */
  usage: 2,
  /** there was no answer, or the answer was not from Tidings */
  noAnswer: 3,
  /** Ctrl-C pressed twice: left at once */
  leftAtOnce: 130,
} as const;

/** A failure whose message is printed as it is. */
export class CommandError extends Error {
  readonly exitStatus: number;
  constructor(message: string, exitStatus: number, options?: ErrorOptions) {
    super(message, options);
    this.exitStatus = exitStatus;
  }
}

/** An argument, an option, or a file named by one cannot be used. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** Message and exit status for an error. `null`: the message has been printed already. */
export function failureOf(error: unknown): { message: string | null; exitStatus: number } {
  if (error instanceof CommandError) return { message: error.message, exitStatus: error.exitStatus };
  if (error instanceof ConfigError) return { message: error.message, exitStatus: EXIT.usage };
  // Commander has printed its message. Help and version are successes.
  if (error instanceof CommanderError) {
    return { message: null, exitStatus: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const said = inWords(error as SystemError) ?? message;
  return {
    message: process.env.TIDINGS_LOG_LEVEL === 'debug' ? (stack ?? said) : said,
    exitStatus: EXIT.failed,
  };
}

type SystemError = NodeJS.ErrnoException & { address?: string; port?: number };

/** Errors of the operating system and of PostgreSQL that an operator meets, with what to do. */
function inWords(error: SystemError): string | null {
  const { code, syscall, message } = error;
  if (syscall === 'listen' || syscall === 'bind') {
    const place = `${error.address ?? ''}:${error.port ?? ''}`;
    const reason = {
      EADDRINUSE: 'is taken by another program',
      EACCES: 'needs rights that this user does not have',
    }[code ?? ''];
    return `Cannot listen on ${place}: it ${reason ?? `cannot be used (${code})`}. Set TIDINGS_PORT and TIDINGS_HOST (or TIDINGS_METRICS_PORT and TIDINGS_METRICS_HOST) to a free address.`;
  }
  switch (code) {
    case '28P01':
    case '28000':
    case '3D000':
      return `DATABASE_URL cannot be used: ${message}. Correct the user, the password or the name of the database.`;
    case '42P01':
      return 'The database has no tables of Tidings yet. Run: tidings migrate';
    case 'ENOSPC':
      return `There is no room left on the disk: ${message}`;
    default:
      return null;
  }
}
