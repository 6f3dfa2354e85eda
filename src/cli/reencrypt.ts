/** `tidings re-encrypt`: the second half of changing the encryption key. */
import type { Command } from 'commander';
import { reencryptDatabase } from '../runtime/processes.ts';
import { readSettings } from '../runtime/settings.ts';

export function reencryptCommand(program: Command): void {
  program
    .command('re-encrypt')
    .description('Put every secret in the database (DATABASE_URL) under the first of TIDINGS_ENCRYPTION_KEYS')
    .action(async () => {
      const { resealed, current, unreadable } = await reencryptDatabase(
        readSettings({ database: true, keys: true }),
      );
      process.stdout.write(`${resealed} re-encrypted, ${current} were so already.\n`);
      if (unreadable.length === 0) return;
      process.stderr.write(
        `${unreadable.length} cannot be opened with any of the keys; put the key that is missing back and run this again:\n` +
          `${unreadable.map((id) => `  ${id}`).join('\n')}\n`,
      );
      process.exit(1);
    });
}
