/** `tidings re-encrypt`: re-encrypts all secrets with the first encryption key; the second step of a key rotation. */
import type { Command } from 'commander';
import { CommandError, EXIT } from './failures.ts';
import { say } from './output.ts';

export function reencryptCommand(program: Command): void {
  program
    .command('re-encrypt')
    .description(
      'Encrypt every secret in the database (DATABASE_URL) with the first of TIDINGS_ENCRYPTION_KEYS',
    )
    .action(async () => {
      const { reencryptDatabase } = await import('../runtime/processes.ts');
      const { readSettings } = await import('../config/settings.ts');
      const { resealed, current, unreadable } = await reencryptDatabase(
        readSettings({ database: true, keys: true }),
      );
      say`${resealed} re-encrypted, ${current} were so already.`;
      if (unreadable.length === 0) return;
      throw new CommandError(
        `${unreadable.length} cannot be decrypted with any of the keys; add the missing key again and repeat the command:\n` +
          unreadable.map((id) => `  ${id}`).join('\n'),
        EXIT.failed,
      );
    });
}
