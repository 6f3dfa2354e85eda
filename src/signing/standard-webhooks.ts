/**
 * Standard Webhooks 1.0: `webhook-signature: v1,<base64>` (HMAC-SHA256, secret `whsec_…`) or `v1a,<base64>`
 * (ed25519, secret `whsk_…`) over `id.timestamp.body`. During a rotation both signatures are sent, newest first.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { SignatureRecipe, SigningInput, SigningScheme } from '../domain/signing.ts';

const HMAC_PREFIX = 'whsec_';
const ED25519_PREFIX = 'whsk_';
const ED25519_PUBLIC_PREFIX = 'whpk_';
const HMAC_MIN_BYTES = 24;
const HMAC_MAX_BYTES = 64;
const ED25519_SEED_BYTES = 32;

const HEADER = 'webhook-signature';
const RECIPE = {
  header: HEADER,
  separator: ' ',
  encoding: 'base64',
  signed: ['webhook-id', 'webhook-timestamp', 'body'],
} as const satisfies Partial<SignatureRecipe>;

export const standardWebhooksSigning: SigningScheme = {
  name: 'standard-webhooks',
  secretForm:
    '`whsec_` and the base64 of 24 to 64 bytes (HMAC-SHA256), or `whsk_` and the base64 of an ed25519 key',
  headers: [
    {
      name: HEADER,
      holds:
        '`v1,` and the base64 HMAC-SHA256, or `v1a,` and the base64 ed25519 signature, of `<webhook-id>.<webhook-timestamp>.<body>`. ' +
        'During a rotation one for each secret, separated by spaces, the newest first',
    },
  ],
  recipes: [
    {
      ...{ ...RECIPE, secretKind: 'hmac-sha256', algorithm: 'hmac-sha256', prefix: 'v1,' },
      key: { prefix: HMAC_PREFIX, encoding: 'base64' },
    },
    {
      ...{ ...RECIPE, secretKind: 'ed25519', algorithm: 'ed25519', prefix: 'v1a,' },
      key: { prefix: ED25519_PUBLIC_PREFIX, encoding: 'base64' },
    },
  ],
  signsWithAll: true,
  generateSecret: generateHmacSecret,
  secretKinds: [
    {
      name: 'hmac-sha256',
      generateSecret: generateHmacSecret,
      isKindOf: (secret) => secret.startsWith(HMAC_PREFIX),
    },
    {
      name: 'ed25519',
      generateSecret: generateEd25519Secret,
      isKindOf: (secret) => publicKeyOf(secret) !== null,
    },
  ],
  publicKey: publicKeyOf,
  secretProblem(secret) {
    if (secret.startsWith(HMAC_PREFIX)) {
      const length = strictBase64(secret.slice(HMAC_PREFIX.length))?.length ?? 0;
      if (length >= HMAC_MIN_BYTES && length <= HMAC_MAX_BYTES) return null;
      return `must be whsec_ and the base64 of ${HMAC_MIN_BYTES} to ${HMAC_MAX_BYTES} bytes`;
    }
    if (secret.startsWith(ED25519_PREFIX)) {
      return ed25519Key(secret) === null
        ? 'must be whsk_ and the base64 of an ed25519 key (seed, then public)'
        : null;
    }
    return 'must start with whsec_ (HMAC-SHA256) or whsk_ (ed25519)';
  },
  keyForms(secret) {
    const text = secret.replace(/^whs(ec|k)_/, '');
    const key = Buffer.from(text, 'base64');
    // The seed is the secret half of an ed25519 key.
    return [text, key.toString('latin1'), key.toString('latin1', 0, ED25519_SEED_BYTES)];
  },
  sign({ webhookId, timestampS, body, secrets }: SigningInput) {
    const signed = Buffer.concat([Buffer.from(`${webhookId}.${timestampS}.`), body]);
    return { [HEADER]: secrets.map((secret) => signatureOf(secret, signed)).join(' ') };
  },
};

function generateHmacSecret(): string {
  return HMAC_PREFIX + randomBytes(32).toString('base64');
}

/** A fresh ed25519 secret: `whsk_` and the base64 of the seed followed by the public key. */
export function generateEd25519Secret(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const key = Buffer.concat([Buffer.from(jwk.d ?? '', 'base64url'), Buffer.from(jwk.x ?? '', 'base64url')]);
  return ED25519_PREFIX + key.toString('base64');
}

/** The public half (`whpk_…`) of an ed25519 secret, or `null` for a secret that has none. */
export function publicKeyOf(secret: string): string | null {
  if (!secret.startsWith(ED25519_PREFIX)) return null;
  const bytes = strictBase64(secret.slice(ED25519_PREFIX.length));
  return bytes === null ? null : ED25519_PUBLIC_PREFIX + bytes.subarray(32).toString('base64');
}

function signatureOf(secret: string, signed: Buffer): string {
  if (secret.startsWith(ED25519_PREFIX)) {
    const key = ed25519Key(secret);
    if (key === null) throw new Error('A stored ed25519 secret is not a key');
    return `v1a,${sign(null, signed, key).toString('base64')}`;
  }
  const key = Buffer.from(secret.slice(HMAC_PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

function ed25519Key(secret: string): KeyObject | null {
  const bytes = strictBase64(secret.slice(ED25519_PREFIX.length));
  if (bytes?.length !== 64) return null;
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: bytes.subarray(0, 32).toString('base64url'),
    x: bytes.subarray(32).toString('base64url'),
  };
  try {
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    // Both halves must belong together, or the public key that we hand out would verify nothing.
    return createPublicKey(key).export({ format: 'jwk' }).x === jwk.x ? key : null;
  } catch {
    return null;
  }
}

/** Decodes base64 only in its canonical spelling, so that the stored secret is the one that the receiver has. */
function strictBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null;
}
