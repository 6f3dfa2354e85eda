/**
 * Encrypts secrets for the database: envelope encryption with AES-256-GCM. Each value has a data key of its own, which is wrapped by a key
 * of the ring. A change of the ring's key wraps the data keys anew and leaves the values as they are.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keys by id; the first one encrypts, all of them decrypt. Each is 32 bytes. */
export type KeyRing = readonly { id: string; key: Buffer }[];

export type Vault = {
  /** @param context the id of the row that the value belongs to: moved to another row, it cannot be opened */
  seal(plaintext: string, context: string): Buffer;
  /** @throws Error when the key's id is unknown, or the value was tampered with or belongs to something else */
  open(sealed: Buffer, context: string): string;
  /** @returns the same value under the ring's first key; `null` when it is under that key already. @throws Error as `open` */
  reseal(sealed: Buffer, context: string): Buffer | null;
};

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const WRAPPED_BYTES = IV_BYTES + TAG_BYTES + KEY_BYTES;
/** The first bytes of an envelope. No value of the first format begins like this: its first byte is the length of the key's id. */
const ENVELOPE = Buffer.of(0, 1);

/** A sealed value holds `0 1`, the length of the key's id (1 byte), the id, the wrapped data key, and the encrypted value. */
export function createVault(keyRing: KeyRing): Vault {
  const [current] = keyRing;
  if (current === undefined) throw new Error('The key ring is empty');

  function keyNamed(id: string): Buffer {
    const entry = keyRing.find((each) => each.id === id);
    if (entry !== undefined) return entry.key;
    throw new Error(`A value is encrypted with key "${id}", which TIDINGS_ENCRYPTION_KEYS does not hold`);
  }

  function wrap(dataKey: Buffer, content: Buffer, context: string, { id, key } = current as KeyRing[number]) {
    const name = Buffer.from(id);
    return Buffer.concat([
      ENVELOPE,
      Buffer.of(name.length),
      name,
      encrypt(key, dataKey, `${id} ${context}`),
      content,
    ]);
  }

  function unwrap(sealed: Buffer, context: string): { id: string; dataKey: Buffer; content: Buffer } {
    const keyAt = ENVELOPE.length + 1 + (sealed[ENVELOPE.length] ?? 0);
    const id = sealed.subarray(ENVELOPE.length + 1, keyAt).toString();
    const dataKey = decrypt(keyNamed(id), sealed.subarray(keyAt, keyAt + WRAPPED_BYTES), `${id} ${context}`);
    return { id, dataKey, content: sealed.subarray(keyAt + WRAPPED_BYTES) };
  }

  function open(sealed: Buffer, context: string): string {
    if (!isEnvelope(sealed)) return openFirstFormat(sealed, keyNamed);
    const { dataKey, content } = unwrap(sealed, context);
    return decrypt(dataKey, content, context).toString('utf8');
  }

  function seal(plaintext: string, context: string): Buffer {
    const dataKey = randomBytes(KEY_BYTES);
    return wrap(dataKey, encrypt(dataKey, Buffer.from(plaintext, 'utf8'), context), context);
  }

  return {
    seal,
    open,
    reseal(sealed, context) {
      if (!isEnvelope(sealed)) return seal(open(sealed, context), context);
      const { id, dataKey, content } = unwrap(sealed, context);
      return id === current.id ? null : wrap(dataKey, content, context);
    },
  };
}

const isEnvelope = (sealed: Buffer) => sealed.subarray(0, ENVELOPE.length).equals(ENVELOPE);

/** @returns IV, tag and ciphertext */
function encrypt(key: Buffer, plaintext: Buffer, context: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(context),
  );
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
}

function decrypt(key: Buffer, encrypted: Buffer, context: string): Buffer {
  const tagAt = IV_BYTES;
  const textAt = IV_BYTES + TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, tagAt), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(context))
    .setAuthTag(encrypted.subarray(tagAt, textAt));
  return Buffer.concat([decipher.update(encrypted.subarray(textAt)), decipher.final()]);
}

/** Opens a value from before envelopes: encrypted with the ring's key itself, and the key's id as context. */
function openFirstFormat(sealed: Buffer, keyNamed: (id: string) => Buffer): string {
  const idLength = sealed[0] ?? 0;
  const id = sealed.subarray(1, 1 + idLength).toString();
  return decrypt(keyNamed(id), sealed.subarray(1 + idLength), id).toString('utf8');
}
