/** The contracts: which headers carry what, and what each signs. */
import {
  areEqual,
  ed25519,
  fromBase64,
  fromHex,
  hmac,
  isEd25519,
  isHmac,
  join,
  toBase64,
  toHex,
  utf8,
} from './keys.ts';
import { type RefusalReason, WebhookRefused } from './refusal.ts';

/** The names under which Tidings knows its contracts. */
export type Profile = 'standard-webhooks' | 'reading-steps' | 'scorm-api' | 'leah' | 'lessonly';

export type Received = { header(name: string): string | null; body: Uint8Array };

export type Contract = {
  /** whether id and time are signed, so that they can be relied on */
  signsTime: boolean;
  /** @returns `null`: one of the secrets fits; else why none does. Each is tried, so that the time tells nothing of which one fits. */
  check(received: Received, secrets: readonly string[]): Promise<RefusalReason | null>;
  /** @returns the headers of a request that carries this body */
  sign(sent: Sent, secrets: readonly string[]): Promise<Record<string, string>>;
};

export type Sent = { id: string; timestampS: number; body: Uint8Array };

/** More signatures than a rotation ever makes are not looked at. */
const MAX_SIGNATURES = 8;

export const CONTRACTS: Record<Profile, Contract> = {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  'standard-webhooks': {
    signsTime: true,
    async check({ header, body }, secrets) {
      const id = required(header, 'webhook-id');
      const time = required(header, 'webhook-timestamp');
      const signatures = required(header, 'webhook-signature')
        .split(' ')
        .filter(Boolean)
        .slice(0, MAX_SIGNATURES);
      if (!signatures.some((each) => /^v1a?,/.test(each)))
        throw new WebhookRefused('header_malformed', 'webhook-signature has neither v1 nor v1a');
      const signed = join(id, '.', time, '.', body);
      let isRight = false;
      let hasKind = false;
      for (const key of secrets.map(standardKey))
        for (const signature of signatures) {
          const [version, text = ''] = signature.split(',');
          if (version !== key.version) continue;
          hasKind = true;
          const bytes = fromBase64(text);
          const verify = key.version === 'v1' ? isHmac : isEd25519;
          if (bytes !== null && (await verify(key.bytes, bytes, signed))) isRight = true;
        }
      if (isRight) return null;
      return hasKind ? 'signature_mismatch' : 'key_kind_mismatch';
    },
    async sign({ id, timestampS, body }, secrets) {
      const signed = join(id, '.', String(timestampS), '.', body);
      const signatures = secrets.map(async (secret) => {
        const [prefix, key] = [
          secret.slice(0, secret.indexOf('_') + 1),
          fromBase64(secret.slice(secret.indexOf('_') + 1)),
        ];
        if (key === null || (prefix !== 'whsec_' && prefix !== 'whsk_'))
          throw new WebhookRefused('secret_malformed');
        return prefix === 'whsk_'
          ? `v1a,${toBase64(await ed25519(key, signed))}`
          : `v1,${toBase64(await hmac(key, signed))}`;
      });
      return { 'webhook-signature': (await Promise.all(signatures)).join(' ') };
    },
  },
  'reading-steps': hexHeader('x-readingsteps-signature', 'sha256='),
  'scorm-api': hexHeader('x-allure-signature', '', { 'x-allure-signature-algorithm': 'sha256' }),
  leah: authorization(),
  lessonly: authorization(),
};

/** @throws WebhookRefused header_missing */
function required(header: Received['header'], name: string): string {
  const value = header(name);
  if (value === null || value === '') throw new WebhookRefused('header_missing', name);
  return value;
}

/** @throws WebhookRefused secret_malformed, private_key_given */
function standardKey(secret: string): { version: 'v1' | 'v1a'; bytes: Uint8Array<ArrayBuffer> } {
  if (secret.startsWith('whsk_')) throw new WebhookRefused('private_key_given');
  const isPublic = secret.startsWith('whpk_');
  const bytes = isPublic || secret.startsWith('whsec_') ? fromBase64(secret.slice(isPublic ? 5 : 6)) : null;
  if (bytes === null || (isPublic && bytes.length !== 32)) throw new WebhookRefused('secret_malformed');
  return { version: isPublic ? 'v1a' : 'v1', bytes };
}

/** The hexadecimal HMAC-SHA256 of the body, in a header. @param fixed further headers and their values, checked where they are there */
function hexHeader(name: string, prefix: string, fixed: Record<string, string> = {}): Contract {
  return {
    signsTime: false,
    async check({ header, body }, secrets) {
      const value = required(header, name);
      for (const [other, expected] of Object.entries(fixed)) {
        const given = header(other);
        if (given !== null && given !== expected)
          throw new WebhookRefused('header_malformed', `${other}: ${expected} is expected`);
      }
      const signature = value.startsWith(prefix) ? fromHex(value.slice(prefix.length)) : null;
      if (signature === null) throw new WebhookRefused('header_malformed', name);
      let isRight = false;
      for (const secret of secrets) if (await isHmac(utf8(secret), signature, join(body))) isRight = true;
      return isRight ? null : 'signature_mismatch';
    },
    async sign({ body }, [secret = '']) {
      return { [name]: prefix + toHex(await hmac(utf8(secret), join(body))), ...fixed };
    },
  };
}

/** No signature: the value of the Authorization header is the secret. */
function authorization(): Contract {
  return {
    signsTime: false,
    async check({ header }, secrets) {
      const value = required(header, 'authorization');
      let isRight = false;
      for (const secret of secrets) if (await areEqual(secret, value)) isRight = true;
      return isRight ? null : 'authorization_mismatch';
    },
    sign: async (_sent, [secret = '']) => ({ authorization: secret }),
  };
}
