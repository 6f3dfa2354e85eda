/** `tidings migrate`: applies the migrations that the database lacks, before the processes that need them start. */
import type { Command } from 'commander';
import { say } from './output.ts';

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('Bring the database (DATABASE_URL) up to date')
    .action(async () => {
      const { migrateDatabase } = await import('../runtime/processes.ts');
      const { readSettings } = await import('../config/settings.ts');
      const applied = await migrateDatabase(readSettings({ database: true }), say);
      say(applied.length === 0 ? 'Nothing to do.' : `Applied ${applied.join(', ')}.`);
    });
}
