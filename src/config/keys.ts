/** The admin key and the encryption keys: from the environment, or generated once and kept in the data directory. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyRing } from '../store/vault.ts';
import { ConfigError, type Environment, parseKeyRing } from './environment.ts';

export type Keys = { adminKey: string; keyRing: KeyRing };

export const ADMIN_KEY_FILE = 'admin.key';
const ENCRYPTION_KEYS_FILE = 'encryption.keys';

/** Keys from the environment alone, as a production process has them. @throws ConfigError naming what is missing */
export function keysFromEnvironment(environment: Environment): Keys {
  const { TIDINGS_ADMIN_KEY: adminKey, TIDINGS_ENCRYPTION_KEYS: encryptionKeys } = environment;
  if (adminKey === undefined || encryptionKeys === undefined) {
    throw new ConfigError(
      'TIDINGS_ADMIN_KEY and TIDINGS_ENCRYPTION_KEYS must be set. Make them once and keep them:\n' +
        '  TIDINGS_ADMIN_KEY=$(openssl rand -hex 24)\n' +
        '  TIDINGS_ENCRYPTION_KEYS=k1:$(openssl rand -base64 32)',
    );
  }
  return { adminKey, keyRing: parseKeyRing(encryptionKeys) };
}

/** Keys from the environment; missing ones are generated once into the data directory, readable by their owner only. */
export async function keysOfDataDirectory(environment: Environment, dataDir: string): Promise<Keys> {
  await mkdir(dataDir, { recursive: true });
  const adminKey =
    environment.TIDINGS_ADMIN_KEY ??
    (await readOrMake(
      join(dataDir, ADMIN_KEY_FILE),
      () => `tidings_${randomBytes(24).toString('base64url')}`,
    ));
  const encryptionKeys =
    environment.TIDINGS_ENCRYPTION_KEYS ??
    (await readOrMake(join(dataDir, ENCRYPTION_KEYS_FILE), () => `k1:${randomBytes(32).toString('base64')}`));
  return { adminKey, keyRing: parseKeyRing(encryptionKeys) };
}

async function readOrMake(file: string, make: () => string): Promise<string> {
  try {
    await writeFile(file, `${make()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}
