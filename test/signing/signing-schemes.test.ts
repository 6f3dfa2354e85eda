/** The conformance suite of signing schemes: every scheme of the registry is tested here, a new one without an edit. */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { MASK } from '../../src/domain/endpoint.ts';
import type { SignatureRecipe } from '../../src/domain/signing.ts';
import { PROFILES, profileNamed } from '../../src/profiles/index.ts';
import { allureSignature, readingStepsSignature } from '../../src/signing/hmac-header.ts';
import { SIGNING_SCHEMES } from '../../src/signing/index.ts';
import { redactText } from '../../src/signing/redaction.ts';
import { buildRequest } from '../../src/signing/request.ts';

const bodies = ['{}', '{"a":1}', '{"a": 1}', '{"a":"日本 🎉"}', '', '\u0000'].map((text) =>
  Buffer.from(text),
);
const [body] = bodies as [Buffer];
const at = { webhookId: 'evt_1', timestampS: 1_700_000_000 };

/** Those of the registry, and those that profiles make for themselves. */
const schemes = [...new Set([...SIGNING_SCHEMES, ...PROFILES.flatMap(({ signing }) => signing ?? [])])];

test('no two schemes have the same name', () => {
  expect(new Set(schemes.map(({ name }) => name)).size).toBe(schemes.length);
});

describe.each(schemes)('the scheme $name', (scheme) => {
  const secret = scheme.generateSecret();
  const sign = (input: Partial<Parameters<typeof scheme.sign>[0]> = {}) =>
    scheme.sign({ ...at, body, secrets: [secret], ...input });

  test('makes secrets that it accepts itself, each another one', () => {
    const secrets = Array.from({ length: 20 }, () => scheme.generateSecret());
    expect(secrets.map((each) => scheme.secretProblem(each))).toEqual(secrets.map(() => null));
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  test('makes secrets that nobody guesses', () => {
    expect(scheme.generateSecret().length).toBeGreaterThanOrEqual(32);
  });

  test('says what is wrong with an empty secret', () => {
    expect(scheme.secretProblem('')).toEqual(expect.stringMatching(/./));
  });

  test('signs the same body the same way each time', () => {
    expect(sign()).toEqual(sign());
  });

  test('signs every body differently', () => {
    const signatures = bodies.map((each) => JSON.stringify(sign({ body: each })));
    expect(new Set(signatures).size).toBe(bodies.length);
  });

  test('signs differently with another secret', () => {
    expect(sign({ secrets: [scheme.generateSecret()] })).not.toEqual(sign());
  });

  test('signs with the newest secret first of all', () => {
    const older = scheme.generateSecret();
    const [name] = Object.keys(sign()) as [string];
    expect(sign({ secrets: [secret, older] })[name]?.startsWith(sign()[name] ?? '?')).toBe(true);
  });

  test('sets the headers that it announces, and no other', () => {
    expect(Object.keys(sign()).sort()).toEqual(scheme.headers.map(({ name }) => name).sort());
    for (const { holds } of scheme.headers) expect(holds).toMatch(/^.{3,}[^.]$/);
  });

  test('sets names and values that HTTP takes', () => {
    for (const [name, value] of Object.entries(sign())) {
      expect(() => new Headers([[name, value]])).not.toThrow();
      expect(value).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
    }
  });

  test('does not give the secret away', () => {
    const material = secret.slice(secret.indexOf('_') + 1);
    for (const value of Object.values(sign())) expect(value).not.toContain(material);
  });

  test('leaves the body alone', () => {
    const bytes = Buffer.from('{"a":1}');
    sign({ body: bytes });
    expect(bytes.toString()).toBe('{"a":1}');
  });
});

/** The signed text and the key, as a receiver gets them that knows nothing but the recipe. */
function verifies(recipe: SignatureRecipe, secret: string, headers: Record<string, string>): boolean {
  const parts = {
    'webhook-id': at.webhookId,
    'webhook-timestamp': String(at.timestampS),
    body: String(body),
  };
  const signed = Buffer.from(recipe.signed.map((part) => parts[part]).join('.'));
  const key = Buffer.from(secret.slice(recipe.key.prefix.length), recipe.key.encoding);
  const value = headers[recipe.header] ?? '';
  return (recipe.separator === null ? [value] : value.split(recipe.separator))
    .filter((each) => each.startsWith(recipe.prefix))
    .some((each) => {
      const signature = each.slice(recipe.prefix.length);
      if (recipe.algorithm === 'hmac-sha256') {
        return createHmac('sha256', key).update(signed).digest(recipe.encoding) === signature;
      }
      const publicKey = createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
        format: 'jwk',
      });
      return verify(null, signed, publicKey, Buffer.from(signature, recipe.encoding));
    });
}

const recipes = schemes.flatMap((scheme) => (scheme.recipes ?? []).map((recipe) => ({ scheme, recipe })));

describe.each(recipes)(
  'the recipe of $scheme.name for $recipe.algorithm',
  ({ scheme, recipe }: (typeof recipes)[number]) => {
    const kind = scheme.secretKinds?.find(({ name }) => name === recipe.secretKind);
    const make = () => (kind ?? scheme).generateSecret();
    const keyOf = (secret: string) =>
      recipe.algorithm === 'ed25519' ? (scheme.publicKey?.(secret) ?? '') : secret;

    test('names a kind of secret and a header that there are', () => {
      expect(kind === undefined).toBe(recipe.secretKind === null);
      expect(scheme.headers.map(({ name }) => name)).toContain(recipe.header);
    });

    test('is all that a receiver needs to verify, also while two secrets sign', () => {
      const [secret, older] = [make(), make()];
      expect(keyOf(secret).startsWith(recipe.key.prefix)).toBe(true);
      expect(verifies(recipe, keyOf(secret), scheme.sign({ ...at, body, secrets: [secret] }))).toBe(true);
      const both = scheme.sign({ ...at, body, secrets: [secret, older] });
      expect(verifies(recipe, keyOf(secret), both)).toBe(true);
      expect(verifies(recipe, keyOf(older), both)).toBe(recipe.separator !== null);
      expect(verifies(recipe, keyOf(make()), both)).toBe(false);
    });
  },
);

describe.each(schemes)('the secrets of $name', (scheme) => {
  const kinds = scheme.secretKinds ?? [];

  test('are described for the reference', () => {
    expect(scheme.secretForm).toMatch(/^.{8,}[^.]$/);
  });

  test('of each kind that a caller may choose are accepted, sign, and are known as their own kind alone', () => {
    for (const kind of kinds) {
      const made = kind.generateSecret();
      expect(scheme.secretProblem(made)).toBeNull();
      expect(Object.keys(scheme.sign({ ...at, body, secrets: [made] }))).not.toEqual([]);
      expect(kinds.filter((each) => each.isKindOf(made)).map(({ name }) => name)).toEqual([kind.name]);
    }
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
    if (kinds.length > 0) {
      expect(kinds.filter((each) => each.isKindOf(scheme.generateSecret())).length).toBe(1);
    }
  });

  test('are masked where a receiver repeats them, and their public key is none of them', () => {
    for (const secret of [scheme.generateSecret(), ...kinds.map((kind) => kind.generateSecret())]) {
      const { secretValues } = buildRequest({
        profile: { ...profileNamed('standard-webhooks'), signing: scheme },
        secrets: {
          url: 'https://example.com/',
          auth: { type: 'none' },
          headers: {},
          signing: [{ value: secret, expiresAtMs: null }],
        },
        authorization: { headers: [] },
        webhookId: 'evt_1',
        body,
        nowMs: 0,
        version: '1',
      });
      expect(redactText(`you have ${secret}!`, secretValues)).toBe(`you have ${MASK}!`);
      const key = scheme.publicKey?.(secret) ?? 'none';
      expect(redactText(key, secretValues)).toBe(key);
      expect(key).not.toContain(secret);
    }
  });
});

describe('what the documents of the products say', () => {
  const secret = 'a-secret-of-the-customer';
  const payload = Buffer.from('{"event":"test","note":"ü"}');
  const hex = createHmac('sha256', secret).update(payload.toString('utf8')).digest('hex');

  test('Reading Steps: sha256= and the hex digits', () => {
    expect(readingStepsSignature.sign({ ...at, body: payload, secrets: [secret] })).toEqual({
      'X-ReadingSteps-Signature': `sha256=${hex}`,
    });
  });

  test('SCORM API: the hex digits, and the name of the algorithm beside them', () => {
    expect(allureSignature.sign({ ...at, body: payload, secrets: [secret] })).toEqual({
      'X-Allure-Signature': hex,
      'X-Allure-Signature-Algorithm': 'sha256',
    });
  });

  test.each([readingStepsSignature, allureSignature])(
    '$name depends on the body alone, not on the time or the id',
    (scheme) => {
      const later = { webhookId: 'evt_2', timestampS: at.timestampS + 60 };
      expect(scheme.sign({ ...later, body: payload, secrets: [secret] })).toEqual(
        scheme.sign({ ...at, body: payload, secrets: [secret] }),
      );
    },
  );

  test.each([
    ['x', null],
    ['x'.repeat(256), null],
    ['x'.repeat(257), 'must have 1 to 256 characters'],
  ])('a chosen secret has 1 to 256 characters', (chosen, problem) => {
    expect(allureSignature.secretProblem(chosen)).toBe(problem);
  });
});
