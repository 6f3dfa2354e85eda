/**
 * Verifies requests as a receiver does, for each contract. It is written from the products' documents and apart from the code that
 * signs, so that the two can disagree.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What the receiver knows: a signing secret, or the value that it expects in `authorization`. */
export type Knows = { secret?: string | undefined; authorization?: string | undefined };

/** `unverified`: no check failed, but some could not be made. */
export type Verdict = { is: 'genuine' } | { is: 'refused' | 'unverified'; why: string };

const TOLERANCE_S = 300;

/** @returns what is wrong with the signature, or `null` */
type Check = (headers: IncomingHttpHeaders, body: Buffer, secret: string) => string | null;

/** By profile; `null`: the contract has no signature, so the credential alone proves the sender. */
export const SIGNATURES: Record<string, Check | null> = {
  'standard-webhooks': standardWebhooks,
  'reading-steps': (headers, body, secret) =>
    same(header(headers, 'x-readingsteps-signature'), `sha256=${hexHmac(secret, body)}`),
  'scorm-api': (headers, body, secret) => same(header(headers, 'x-allure-signature'), hexHmac(secret, body)),
  leah: null,
  lessonly: null,
};

/** @returns why requests of this profile cannot be verified with what is known; `null`: they can */
export function whyUnverifiable(profile: string, knows: Knows): string | null {
  const signature = Object.hasOwn(SIGNATURES, profile) ? SIGNATURES[profile] : undefined;
  if (signature === undefined) return `how the profile ${profile} signs is not known here`;
  if (signature === null) {
    return knows.authorization === undefined
      ? `the profile ${profile} has no signature, and which Authorization to expect is not known`
      : null;
  }
  return knows.secret === undefined ? 'the secret that signs is not known' : null;
}

/** Makes every check that it can. One that fails refuses the request, even when others could not be made. */
export function verify(profile: string, headers: IncomingHttpHeaders, body: Buffer, knows: Knows): Verdict {
  const { secret, authorization } = knows;
  const signature = Object.hasOwn(SIGNATURES, profile) ? SIGNATURES[profile] : null;
  const problem =
    (authorization === undefined ? null : same(header(headers, 'authorization'), authorization)) ??
    (signature && secret !== undefined ? signature(headers, body, secret) : null);
  if (problem !== null) return { is: 'refused', why: problem };
  const why = whyUnverifiable(profile, knows);
  return why === null ? { is: 'genuine' } : { is: 'unverified', why };
}

function standardWebhooks(headers: IncomingHttpHeaders, body: Buffer, secret: string): string | null {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const distanceS = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(timestamp !== '' && distanceS <= TOLERANCE_S)) return 'the timestamp is too far from now';
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const signatures = header(headers, 'webhook-signature').split(' ');
  const isRight = secret.startsWith('whsec_') ? symmetric(secret, signed) : asymmetric(secret, signed);
  return signatures.some(isRight) ? null : 'no signature matches';
}

function symmetric(secret: string, signed: Buffer): (signature: string) => boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(signed).digest('base64');
  return (signature) => same(signature, `v1,${expected}`) === null;
}

const ED25519_BYTES = 32;

/** @param secret `whsk_…`, whose second half is the public key, or `whpk_…`, which is that key */
function asymmetric(secret: string, signed: Buffer): (signature: string) => boolean {
  const bytes = Buffer.from(secret.replace(/^wh[sp]k_/, ''), 'base64').subarray(-ED25519_BYTES);
  const x = bytes.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return (signature) =>
    signature.startsWith('v1a,') &&
    verifySignature(null, signed, key, Buffer.from(signature.slice('v1a,'.length), 'base64'));
}

const header = (headers: IncomingHttpHeaders, name: string) => String(headers[name] ?? '');
const hexHmac = (secret: string, body: Buffer) => createHmac('sha256', secret).update(body).digest('hex');

function same(given: string, expected: string): string | null {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b) ? null : 'the signature or credential does not match';
}
