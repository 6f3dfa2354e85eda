/** `tidings migrate`: brings the database up to date, before the processes that need it start. */
import type { Command } from 'commander';
import { migrateDatabase } from '../runtime/processes.ts';
import { readSettings } from '../runtime/settings.ts';

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('Bring the database (DATABASE_URL) up to date')
    .action(async () => {
      const say = (line: string) => void process.stdout.write(`${line}\n`);
      const applied = await migrateDatabase(readSettings({ database: true }), say);
      say(applied.length === 0 ? 'Nothing to do.' : `Applied ${applied.join(', ')}.`);
    });
}
