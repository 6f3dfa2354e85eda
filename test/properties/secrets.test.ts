/** For every secret: what is signed is verified, what is sealed is opened, what is echoed is masked. */
import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { ConfigError, parseKeyRing } from '../../src/config/environment.ts';
import { MASK } from '../../src/domain/endpoint.ts';
import { SIGNING_SCHEMES } from '../../src/signing/index.ts';
import { redact, redactText } from '../../src/signing/redaction.ts';
import {
  generateEd25519Secret,
  publicKeyOf,
  standardWebhooksSigning as standardWebhooks,
} from '../../src/signing/standard-webhooks.ts';
import { createVault } from '../../src/store/vault.ts';
import { jsonText } from './json-text.ts';

const anyText = fc.string({ unit: 'binary' });
const eventId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const key = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);

describe('a body that is signed', () => {
  const timestampS = Math.floor(Date.now() / 1000);
  const sent = (webhookId: string, signature: Record<string, string>) => ({
    'webhook-id': webhookId,
    'webhook-timestamp': String(timestampS),
    ...signature,
  });

  test('is taken by the library that receivers use, with any secret of a rotation, and by no other', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { minLength: 2, maxLength: 4 }),
        eventId,
        jsonText,
        (keys, webhookId, text) => {
          const [stranger = '', ...secrets] = keys;
          expect(keys.map((each) => standardWebhooks.secretProblem(each))).toEqual(keys.map(() => null));
          const body = Buffer.from(text);
          const headers = sent(webhookId, standardWebhooks.sign({ webhookId, timestampS, body, secrets }));
          for (const secret of secrets)
            expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(text));
          expect(() => new Webhook(stranger).verify(body, headers)).toThrow();
          expect(() => new Webhook(secrets[0] ?? '').verify(`${text} `, headers)).toThrow();
        },
      ),
    );
  });

  test('is verified with the public key of an ed25519 secret', () => {
    fc.assert(
      fc.property(
        fc.constant(null).map(generateEd25519Secret),
        eventId,
        anyText,
        (secret, webhookId, text) => {
          const body = Buffer.from(text);
          const { 'webhook-signature': signature = '' } = standardWebhooks.sign({
            webhookId,
            timestampS,
            body,
            secrets: [secret],
          });
          const x = Buffer.from((publicKeyOf(secret) ?? '').slice('whpk_'.length), 'base64').toString(
            'base64url',
          );
          const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
          const signed = Buffer.concat([Buffer.from(`${webhookId}.${timestampS}.`), body]);
          expect(verify(null, signed, publicKey, Buffer.from(signature.slice('v1a,'.length), 'base64'))).toBe(
            true,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each(SIGNING_SCHEMES)('by $name: a secret that it takes is one that it can sign with', (scheme) => {
    const almost = fc
      .tuple(
        fc.constant(null).map(() => scheme.generateSecret()),
        fc.nat(60),
        anyText,
      )
      .map(([secret, at, junk]) => secret.slice(0, at) + junk + secret.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(anyText, almost), (secret) => {
        if (scheme.secretProblem(secret) !== null) return;
        const headers = scheme.sign({
          webhookId: 'evt_1',
          timestampS,
          body: Buffer.from('{}'),
          secrets: [secret],
        });
        for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]+$/);
      }),
    );
  });
});

describe('the vault', () => {
  const ring = ['new', 'old'].map((id, at) => ({ id, key: Buffer.alloc(32, at + 1) }));
  const vault = createVault(ring);

  test('opens what it has sealed, also with the keys of before', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const plain = Buffer.from(text).toString();
        expect(vault.open(vault.seal(plain, 'ep_1'), 'ep_1')).toBe(plain);
        expect(vault.open(createVault(ring.slice(1)).seal(plain, 'ep_1'), 'ep_1')).toBe(plain);
        expect(vault.seal(plain, 'ep_1').equals(vault.seal(plain, 'ep_1'))).toBe(false);
      }),
    );
  });

  test('opens nothing that was changed, cut or made up', () => {
    fc.assert(
      fc.property(anyText, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, flip) => {
        const sealed = vault.seal(text, 'ep_1');
        const changed = Buffer.from(sealed);
        const place = at % sealed.length;
        changed[place] = (changed[place] ?? 0) ^ flip;
        expect(() => vault.open(changed, 'ep_1')).toThrow();
        expect(() => vault.open(sealed.subarray(0, place), 'ep_1')).toThrow();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => vault.open(Buffer.from(bytes), 'ep_1')).toThrow();
      }),
    );
  });
});

describe('a ring of keys', () => {
  const entry = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  });

  test('is read as it was written', () => {
    const entries = fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: ({ id }) => id });
    fc.assert(
      fc.property(entries, (ring) => {
        const text = ring.map(({ id, key: bytes }) => ` ${id}:${bytes.toString('base64')}`).join(',');
        expect(parseKeyRing(text)).toEqual(ring);
      }),
    );
  });

  test('of any other text is refused with words', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(() => parseKeyRing(text)).toThrow(ConfigError);
      }),
    );
  });
});

describe('a secret that a receiver echoes', () => {
  const secret = fc
    .string({ unit: 'binary', minLength: 6, maxLength: 20 })
    .map((text) => Buffer.from(text).toString())
    .filter((text) => !/[•\ufffd]/.test(text));
  const around = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '\0', '"') });

  test('is nowhere in what is kept, whatever its bytes and wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }),
        fc.array(around, { minLength: 5, maxLength: 5 }),
        (secrets, parts) => {
          const values = [...secrets].sort((a, b) => b.length - a.length);
          const echoed = parts.flatMap((part, at) => [part, secrets[at] ?? '']).join('');
          const kept = redact(Buffer.from(echoed), values);
          for (const value of secrets) expect(kept.includes(Buffer.from(value))).toBe(false);
          expect(kept.includes(Buffer.from(MASK))).toBe(true);
          // Headers arrive as Latin-1, whatever the receiver meant.
          const header = Buffer.from(echoed).toString('latin1');
          for (const value of secrets) {
            const shown = Buffer.from(redactText(header, values), 'latin1');
            expect(shown.includes(Buffer.from(value))).toBe(false);
            expect(redactText(echoed, values)).not.toContain(value);
          }
        },
      ),
    );
  });

  test('is masked too where the excerpt ends in the middle of it', () => {
    fc.assert(
      fc.property(secret, around, fc.nat(), (value, before, cut) => {
        const bytes = Buffer.from(value);
        const length = 6 + (cut % Math.max(1, bytes.length - 6));
        const excerpt = Buffer.concat([Buffer.from(before), bytes.subarray(0, length)]);
        expect(redact(excerpt, [value], true).includes(bytes.subarray(0, length))).toBe(false);
      }),
    );
  });

  test('does not change what holds no secret', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const kept = redact(Buffer.from(bytes), ['never-in-there']);
        expect(kept.equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});
