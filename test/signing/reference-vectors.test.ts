/** The test vectors of the Standard Webhooks specification, and a check that its own library accepts our signatures. */
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import {
  generateEd25519Secret,
  publicKeyOf,
  standardWebhooksSigning as standardWebhooks,
} from '../../src/signing/standard-webhooks.ts';

const webhookId = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const timestampS = 1614265330;
const body = Buffer.from('{"test": 2432232314}');

const hmacSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const hmacSignature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const ed25519Secret =
  'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const ed25519Signature =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';

const sign = (...secrets: string[]) =>
  standardWebhooks.sign({ webhookId, timestampS, body, secrets })['webhook-signature'] ?? '';

describe('the vectors of the specification', () => {
  test.each([
    { name: 'HMAC-SHA256', secret: hmacSecret, expected: hmacSignature },
    { name: 'ed25519', secret: ed25519Secret, expected: ed25519Signature },
  ])('$name gives the documented signature', ({ secret, expected }) => {
    expect(sign(secret)).toBe(expected);
  });

  test.each([
    { name: 'two HMAC secrets', secrets: [standardWebhooks.generateSecret(), hmacSecret] },
    { name: 'ed25519 after HMAC', secrets: [ed25519Secret, hmacSecret] },
    { name: 'HMAC after ed25519', secrets: [hmacSecret, ed25519Secret] },
  ])('a rotation sends both signatures, newest first: $name', ({ secrets }) => {
    const [newest, oldest] = secrets as [string, string];
    expect(sign(newest, oldest)).toBe(`${sign(newest)} ${sign(oldest)}`);
    expect(sign(newest)).not.toBe(sign(oldest));
  });

  test('the public half of the documented key verifies the documented signature', () => {
    const key = publicKey(publicKeyOf(ed25519Secret) ?? '');
    const signed = Buffer.from(`${webhookId}.${timestampS}.${body}`);
    expect(verify(null, signed, key, Buffer.from(ed25519Signature.slice(4), 'base64'))).toBe(true);
    expect(verify(null, signed.subarray(1), key, Buffer.from(ed25519Signature.slice(4), 'base64'))).toBe(
      false,
    );
  });

  test('an HMAC secret has no public half', () => {
    expect(publicKeyOf(hmacSecret)).toBeNull();
  });
});

describe("a receiver with the specification's library", () => {
  const now = Math.floor(Date.now() / 1000);
  const secret = standardWebhooks.generateSecret();
  const headers = (secrets: string[], bytes: Buffer) => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(now),
    ...standardWebhooks.sign({ webhookId: 'evt_1', timestampS: now, body: bytes, secrets }),
  });

  test.each([
    { name: 'ASCII', text: '{"a":1}' },
    { name: 'numbers and spaces as they were', text: '{"a": 1.0, "b" : 1e3}' },
    { name: 'text beyond ASCII', text: '{"a":"日本 ü 🎉"}' },
  ])('accepts a body with $name', ({ text }) => {
    const bytes = Buffer.from(text);
    expect(new Webhook(secret).verify(text, headers([secret], bytes))).toEqual(JSON.parse(text));
  });

  test('accepts either secret during a rotation, and neither another one', () => {
    const older = standardWebhooks.generateSecret();
    const both = headers([secret, older], body);
    expect(new Webhook(secret).verify(body, both)).toEqual(JSON.parse(body.toString()));
    expect(new Webhook(older).verify(body, both)).toEqual(JSON.parse(body.toString()));
    const stranger = new Webhook(standardWebhooks.generateSecret());
    expect(() => stranger.verify(body, both)).toThrow(WebhookVerificationError);
  });

  test('refuses a body, an id or a time that was tampered with', () => {
    const good = headers([secret], body);
    const webhook = new Webhook(secret);
    expect(() => webhook.verify(`${body} `, good)).toThrow(WebhookVerificationError);
    expect(() => webhook.verify(body, { ...good, 'webhook-id': 'evt_2' })).toThrow(WebhookVerificationError);
    expect(() => webhook.verify(body, { ...good, 'webhook-timestamp': String(now - 1) })).toThrow(
      WebhookVerificationError,
    );
  });
});

describe('which secrets are taken', () => {
  test.each([
    ['24 bytes', `whsec_${randomBytes(24).toString('base64')}`],
    ['64 bytes', `whsec_${randomBytes(64).toString('base64')}`],
    ['no padding', `whsec_${randomBytes(32).toString('base64').replace(/=+$/, '')}`],
    ['the documented one', hmacSecret],
    ['the documented ed25519 key', ed25519Secret],
    ['a fresh ed25519 key', generateEd25519Secret()],
  ])('one with %s', (_what, secret) => {
    expect(standardWebhooks.secretProblem(secret)).toBeNull();
  });

  test.each([
    ['too short', `whsec_${randomBytes(23).toString('base64')}`],
    ['too long', `whsec_${randomBytes(65).toString('base64')}`],
    ['empty', ''],
    ['only a prefix', 'whsec_'],
    ['only the other prefix', 'whsk_'],
    ['without a prefix', randomBytes(32).toString('base64')],
    ['a public key', publicKeyOf(ed25519Secret) ?? ''],
    ['not base64', `whsec_${'!'.repeat(43)}=`],
    ['base64url', `whsec_${Buffer.alloc(32, 0xfb).toString('base64url')}`],
    ['with a space', `whsec_ ${randomBytes(32).toString('base64')}`],
    ['with a line end', `whsec_${randomBytes(32).toString('base64')}\n`],
    ['half an ed25519 key', `whsk_${randomBytes(32).toString('base64')}`],
    ['more than an ed25519 key', `whsk_${randomBytes(65).toString('base64')}`],
  ])('not one that is %s', (_what, secret) => {
    expect(standardWebhooks.secretProblem(secret)).toMatch(/^must /);
  });

  // The public half is stored and handed out as the caller wrote it; nobody checks that it belongs to the seed.
  test('not an ed25519 key whose public half belongs to another seed', () => {
    const [one, other] = [generateEd25519Secret(), generateEd25519Secret()].map((each) =>
      Buffer.from(each.slice(5), 'base64'),
    ) as [Buffer, Buffer];
    const mixed = Buffer.concat([one.subarray(0, 32), other.subarray(32)]);
    expect(standardWebhooks.secretProblem(`whsk_${mixed.toString('base64')}`)).not.toBeNull();
  });
});

function publicKey(whpk: string) {
  const x = Buffer.from(whpk.slice('whpk_'.length), 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
