#!/usr/bin/env node
/** The command line: one file a command. */
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { ConfigError } from '../config.ts';
import { VERSION } from '../package-root.ts';
import { ApiError } from './api.ts';
import { deliveriesCommand } from './deliveries.ts';
import { emitCommand } from './emit.ts';
import { listenCommand } from './listen.ts';
import { migrateCommand } from './migrate.ts';
import { reencryptCommand } from './reencrypt.ts';
import { retryCommand } from './retry.ts';
import { serveCommands } from './serve.ts';
import { startCommand } from './start.ts';

// Left to itself, V8 lets the heap of a busy service grow to several times of what is in use before it looks: half as much
// memory for no more time that a measurement shows (docs/performance.md).
setFlagsFromString('--heap-growing-percent=50');

const program = new Command('tidings')
  .description('Webhook delivery that loses nothing and explains everything.')
  .version(VERSION)
  .showHelpAfterError('(tidings --help shows what there is)')
  .addHelpText(
    'after',
    '\nTo begin: tidings start, then tidings deliveries. What runs is configured by environment variables; see docs/configuration.md.',
  );

startCommand(program);
serveCommands(program);
migrateCommand(program);
reencryptCommand(program);
emitCommand(program);
deliveriesCommand(program);
retryCommand(program);
listenCommand(program);

program.parseAsync().catch((error: Error) => {
  // A stack helps nobody with a wrong setting or a refused request.
  const isExpected = error instanceof ConfigError || error instanceof ApiError;
  process.stderr.write(
    `${isExpected || process.env.TIDINGS_LOG_LEVEL !== 'debug' ? error.message : error.stack}\n`,
  );
  process.exit(1);
});
