/** The `tidings` program: all commands, each from a file of its own. */
import { Command } from 'commander';
import { visibleLines } from '../domain/visible-text.ts';
import { VERSION } from '../package-root.ts';
import { deliveriesCommand } from './deliveries.ts';
import { emitCommand } from './emit.ts';
import { listenCommand } from './listen.ts';
import { migrateCommand } from './migrate.ts';
import { reencryptCommand } from './reencrypt.ts';
import { retryCommand } from './retry.ts';
import { serveCommands } from './serve.ts';
import { signInCommand } from './sign-in.ts';
import { startCommand } from './start.ts';

const AFTER = `
To begin: tidings start, then tidings deliveries. What runs is configured by environment variables; see docs/configuration.md.

Exit status: 0 done; 1 the service refused, or something failed; 2 an option, an argument, a file or a setting is wrong;
3 no answer from Tidings; 130 left at once by a second Ctrl-C. See docs/command-line.md.`;

/** Makes the program. Parsing throws a usage error as `CommanderError`, after it has been printed. */
export function buildProgram(): Command {
  const program = new Command('tidings')
    .description('Webhook delivery that loses nothing and explains everything.')
    .version(VERSION)
    // Commands that are added later inherit these settings.
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(visibleLines(text)) })
    .showHelpAfterError('(tidings --help lists the commands, and --help after a command lists its options)')
    .addHelpText('after', AFTER);
  startCommand(program);
  serveCommands(program);
  migrateCommand(program);
  reencryptCommand(program);
  emitCommand(program);
  deliveriesCommand(program);
  retryCommand(program);
  listenCommand(program);
  signInCommand(program);
  return program;
}
