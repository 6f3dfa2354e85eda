/** Keys and signatures as bytes, and their comparison in constant time by Web Crypto. */
import { WebhookRefused } from './refusal.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const HMAC = { name: 'HMAC', hash: 'SHA-256' };
/** What stands before the 32 bytes of an ed25519 seed in PKCS #8 (RFC 8410, section 7). */
const PKCS8_HEAD = '302e020100300506032b657004220420';

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

/** @returns `null`: it is no base64 */
export function fromBase64(text: string): Bytes | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** @returns `null`: it is no hexadecimal number of whole bytes */
export function fromHex(text: string): Bytes | null {
  if (!/^([0-9a-f]{2})+$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export function join(...parts: readonly (string | Uint8Array)[]): Bytes {
  const all = parts.map((part) => (typeof part === 'string' ? utf8(part) : part));
  const joined = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const hmacKey = (key: Bytes) => crypto.subtle.importKey('raw', key, HMAC, false, ['sign', 'verify']);

export async function hmac(key: Bytes, data: Bytes): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(HMAC, await hmacKey(key), data));
}

export async function isHmac(key: Bytes, signature: Bytes, data: Bytes): Promise<boolean> {
  return crypto.subtle.verify(HMAC, await hmacKey(key), signature, data);
}

/** @throws WebhookRefused algorithm_unavailable */
export async function isEd25519(publicKey: Bytes, signature: Bytes, data: Bytes): Promise<boolean> {
  const key = await crypto.subtle
    .importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    .catch(unavailable);
  return crypto.subtle.verify('Ed25519', key, signature, data);
}

/** @param seed 32 bytes; what follows them, the public key, is left out */
export async function ed25519(seed: Bytes, data: Bytes): Promise<Uint8Array> {
  const pkcs8 = join(fromHex(PKCS8_HEAD) ?? '', seed.subarray(0, 32));
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']).catch(unavailable);
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, data));
}

function unavailable(): never {
  throw new WebhookRefused('algorithm_unavailable');
}

/** Compares by two HMACs with a key that nobody knows, so that the time tells nothing of where they differ. */
export async function areEqual(one: string, other: string): Promise<boolean> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  return isHmac(key, (await hmac(key, utf8(one))) as Bytes, utf8(other));
}
