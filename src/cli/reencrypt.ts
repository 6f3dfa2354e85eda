/** `tidings re-encrypt`: the second half of changing the encryption key. */
import type { Command } from 'commander';
import { CommandError, EXIT } from './failures.ts';
import { say } from './output.ts';

export function reencryptCommand(program: Command): void {
  program
    .command('re-encrypt')
    .description('Put every secret in the database (DATABASE_URL) under the first of TIDINGS_ENCRYPTION_KEYS')
    .action(async () => {
      const { reencryptDatabase } = await import('../runtime/processes.ts');
      const { readSettings } = await import('../config/settings.ts');
      const { resealed, current, unreadable } = await reencryptDatabase(
        readSettings({ database: true, keys: true }),
      );
      say`${resealed} re-encrypted, ${current} were so already.`;
      if (unreadable.length === 0) return;
      throw new CommandError(
        `${unreadable.length} cannot be opened with any of the keys; put the key that is missing back and run this again:\n` +
          unreadable.map((id) => `  ${id}`).join('\n'),
        EXIT.failed,
      );
    });
}
