/** Encrypts what must not be readable in the database: AES-256-GCM, the key's id beside the ciphertext. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keys by id; the first one encrypts, all of them decrypt. Each is 32 bytes. */
export type KeyRing = readonly { id: string; key: Buffer }[];

export type Vault = {
  seal(plaintext: string): Buffer;
  /** @throws Error when the key's id is unknown or the value was tampered with */
  open(sealed: Buffer): string;
};

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed value is: length of the key's id (1 byte), the id, the IV, the tag, the ciphertext. */
export function createVault(keyRing: KeyRing): Vault {
  const [current] = keyRing;
  if (current === undefined) throw new Error('The key ring is empty');
  return {
    seal(plaintext) {
      const id = Buffer.from(current.id);
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, iv, { authTagLength: TAG_BYTES }).setAAD(id);
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(id.length), id, iv, cipher.getAuthTag(), ciphertext]);
    },
    open(sealed) {
      const idLength = sealed[0] ?? 0;
      const id = sealed.subarray(1, 1 + idLength);
      const entry = keyRing.find((each) => each.id === id.toString());
      if (entry === undefined) {
        throw new Error(`A value is encrypted with key "${id}", which TIDINGS_ENCRYPTION_KEYS does not hold`);
      }
      const ivAt = 1 + idLength;
      const tagAt = ivAt + IV_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', entry.key, sealed.subarray(ivAt, tagAt), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(id)
        .setAuthTag(sealed.subarray(tagAt, tagAt + TAG_BYTES));
      return decipher.update(sealed.subarray(tagAt + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
