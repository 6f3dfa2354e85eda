/** A secret that a receiver sends back, in whatever form, is masked before anything is stored. */
import fc from 'fast-check';
import { MASK } from '../../src/domain/endpoint.ts';
import { redact, redactText } from '../../src/signing/redaction.ts';
import {
  generateEd25519Secret,
  standardWebhooksSigning as standardWebhooks,
} from '../../src/signing/standard-webhooks.ts';

const SECRET = 'a/b"c+d é=&<s3cret>\'\\x';
const bytes = Buffer.from(SECRET);

const percent = (text: string) => encodeURIComponent(text).replaceAll("'", '%27');
const codeUnits = (text: string) => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const hex4 = (code: number) => code.toString(16).padStart(4, '0');
const html = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const WAYS: [string, (text: string) => string | Buffer][] = [
  ['as it is', (text) => text],
  ['in Latin-1', (text) => Buffer.from(text, 'latin1')],
  ['in JSON', (text) => JSON.stringify({ you: text })],
  [
    'in JSON as PHP writes it',
    (text) => JSON.stringify(text).replaceAll('/', '\\/').replaceAll('é', '\\u00e9'),
  ],
  ['in JSON inside JSON', (text) => JSON.stringify(JSON.stringify(text).replaceAll('/', '\\/'))],
  [
    'in JSON of escapes only',
    (text) =>
      codeUnits(text)
        .map((code) => `\\u${hex4(code).toUpperCase()}`)
        .join(''),
  ],
  ['in JavaScript', (text) => [...bytesOf(text, 'latin1')].map((byte) => `\\x${hex(byte)}`).join('')],
  ['percent-encoded', percent],
  ['percent-encoded in lower case', (text) => percent(text).replace(/%../g, (each) => each.toLowerCase())],
  [
    'percent-encoded to the last character',
    (text) => [...bytesOf(text)].map((byte) => `%${hex(byte)}`).join(''),
  ],
  ['percent-encoded twice', (text) => percent(percent(text))],
  ['percent-encoded as Latin-1', (text) => percent(text).replace('%C3%A9', '%E9')],
  ['as a form', (text) => new URLSearchParams({ q: text }).toString()],
  ['in HTML', html],
  ['in HTML by numbers', (text) => [...text].map((each) => `&#${each.codePointAt(0)};`).join('')],
  [
    'in HTML by hexadecimal numbers',
    (text) => [...text].map((each) => `&#x${each.codePointAt(0)?.toString(16)};`).join(''),
  ],
  [
    'in HTML with leading zeros',
    (text) => [...text].map((each) => `&#x000${each.codePointAt(0)?.toString(16).toUpperCase()};`).join(''),
  ],
  ['in HTML inside JSON', (text) => JSON.stringify(html(text))],
  ['a URL in HTML in JSON', (text) => JSON.stringify(html(`/?q=${percent(text)}&x=1`))],
  ['in hex', (text) => bytesOf(text).toString('hex')],
  ['in upper-case hex', (text) => bytesOf(text).toString('hex').toUpperCase()],
  ['in base64', (text) => bytesOf(text).toString('base64')],
  ['in base64url', (text) => bytesOf(text).toString('base64url')],
  ['in base64 in a URL', (text) => percent(bytesOf(text).toString('base64'))],
  [
    'in base64 inside JSON as PHP writes it',
    (text) => bytesOf(text).toString('base64').replaceAll('/', '\\/'),
  ],
  ['in base64 behind one byte', (text) => bytesOf(`a${text}b`).toString('base64')],
  ['in base64 behind two bytes', (text) => bytesOf(`ab${text}bc`).toString('base64')],
  ['in base64 in lines', (text) => bytesOf(`${'xx'}${text}`).toString('base64').replace(/.{16}/g, '$&\r\n')],
  ['in base64 of Latin-1', (text) => bytesOf(text, 'latin1').toString('base64')],
  ['in upper case', (text) => text.replace(/[a-z]/g, (each) => each.toUpperCase())],
];

const bytesOf = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);
const hex = (byte: number) => byte.toString(16).padStart(2, '0').toUpperCase();

/** Every way in which somebody who reads the log may get the secret back. */
function shows(kept: string, secret: string): boolean {
  return (
    kept.includes(secret) ||
    kept.includes(JSON.stringify(secret).slice(1, -1)) ||
    kept.toLowerCase().includes(bytesOf(secret).toString('hex')) ||
    kept.includes(bytesOf(secret).toString('base64').slice(0, -4))
  );
}

describe.each(WAYS)('a secret that comes back %s', (_way, encode) => {
  const echoed = encode(SECRET);

  test('is masked in a body, and what stands around it stays', () => {
    const body = Buffer.concat([
      Buffer.from('before <'),
      Buffer.from(echoed as string),
      Buffer.from('> after'),
    ]);
    const kept = redact(body, ['something-else', SECRET]).toString();
    expect(kept).toContain(MASK);
    expect(kept).toMatch(/^before </);
    expect(kept).toMatch(/> after$/);
    expect(shows(kept, SECRET)).toBe(false);
    expect(Buffer.byteLength(kept)).toBeLessThan(body.length / 2 + 60);
  });

  test('is masked in a header and in a message', () => {
    const header = Buffer.from(echoed as string).toString('latin1');
    expect(redactText(header, [SECRET])).toContain(MASK);
    const message = `closed after “${Buffer.from(echoed as string).toString()}”`;
    if (!message.includes('\ufffd'))
      expect(redactText(message, [SECRET])).toMatch(new RegExp(`“.*${MASK}.*”`, 's'));
  });

  test('is masked wherever the excerpt breaks it off', () => {
    const whole = Buffer.from(echoed as string);
    // Less than this is no more than a shorter secret, which is not masked either.
    const least = Math.ceil((whole.length * 8) / bytes.length) + 12;
    for (let length = least; length < whole.length; length += 1) {
      const kept = redact(
        Buffer.concat([Buffer.from('you sent '), whole.subarray(0, length)]),
        [SECRET],
        true,
      );
      expect([length, kept.toString('latin1')]).toEqual([
        length,
        expect.stringContaining(Buffer.from(MASK).toString('latin1')),
      ]);
    }
  });
});

test.each([
  ['the key of an HMAC secret', standardWebhooks.generateSecret()],
  ['the key of an ed25519 secret', generateEd25519Secret()],
])('%s is masked without its prefix, in hex, in base64url and as bytes', (_what, secret) => {
  const forms = [secret, ...(standardWebhooks.keyForms?.(secret) ?? [])];
  const text = secret.slice(secret.indexOf('_') + 1);
  const key = Buffer.from(text, 'base64');
  for (const echoed of [
    Buffer.from(text),
    Buffer.from(key.toString('hex')),
    Buffer.from(key.toString('base64url')),
    key,
    key.subarray(0, 32),
  ]) {
    const kept = redact(Buffer.concat([Buffer.from('key='), echoed, Buffer.from('.')]), forms);
    expect(kept.toString()).toBe(`key=${MASK}.`);
  }
});

describe('for every secret', () => {
  const secret = fc.string({
    unit: fc.constantFrom(...'abcXYZ019/+=&"\'\\<>% é😀-_'),
    minLength: 8,
    maxLength: 40,
  });
  /** Each character by an encoder of its own: receivers mix them. */
  const encoders: ((character: string) => string)[] = [
    (each) => JSON.stringify(each).slice(1, -1),
    (each) => [...bytesOf(each)].map((byte) => `%${hex(byte)}`).join(''),
    (each) =>
      codeUnits(each)
        .map((code) => `\\u${hex4(code)}`)
        .join(''),
    (each) => `&#${each.codePointAt(0)};`,
    (each) => `&#x${each.codePointAt(0)?.toString(16)};`,
  ];

  test('nothing that one escaping makes of it is kept, each character in its own way', () => {
    fc.assert(
      fc.property(
        secret,
        fc.array(fc.nat(encoders.length - 1), { minLength: 40, maxLength: 40 }),
        (value, ways) => {
          const echoed = [...value].map((each, at) => encoders[ways[at] ?? 0]?.(each) ?? '').join('');
          expect(redact(Buffer.from(`<p>${echoed}</p>`), [value]).toString()).toBe(`<p>${MASK}</p>`);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['%aaaaaaaa', '%aaaaaaa%61'],
    ['%aa%bbcccccc', '%aa%25bbcccccc'],
    ['&#97;bcdefg', '&#97;bcdef&#103;'],
    ['\\u0041bcdefg', '\\u0041bcdef%67'],
  ])('%s, which looks escaped itself, and comes back as %s', (value, echoed) => {
    expect(redact(Buffer.from(`<p>${echoed}</p>`), [value]).toString()).toBe(`<p>${MASK}</p>`);
  });

  test('what holds none stays byte for byte, escapes and all', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'%2f\\u00&#;x"é\n '), maxLength: 400 }), (text) => {
        const body = Buffer.from(text);
        expect(redact(body, ['never-in-there'], false).equals(body)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test('a body that is nothing but beginnings of secrets, in every escaping, is masked whole', () => {
  const secrets = Array.from({ length: 20 }, (_, at) => 'a'.repeat(200 - at));
  const body = Buffer.from('a%61\\u0061&#97;'.repeat(1_100));
  expect(redact(body, secrets, true).toString().replaceAll(MASK, '')).toBe('');
});
