/**
 * Writes the vectors that all verifying libraries are tested with: packages/verify/vectors/vectors.json. OpenSSL computes the signatures, so
 * that no library is tested against itself. For receivers with a clock of their own, `make-vectors.js FILE` writes the vectors of this moment
 * to another file.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a verifying library must make of a request: `accepted`, or the reason for which it is refused. */
export type Vector = {
  name: string;
  profile: string;
  secrets: string[];
  headers: Record<string, string>;
  body_base64: string;
  /** the time of the receiver, in Unix seconds */
  now: number;
  outcome: string;
};

const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
const [file = 'packages/verify/vectors/vectors.json'] = process.argv.slice(2);
const NOW = process.argv.length > 2 ? Math.floor(Date.now() / 1_000) : 1_795_849_142;
const ID = 'evt_01m8gf6e42e8jssntmrhet3kgs';
const KEY = 'Jb1pSUzvqN3mTq0n1hXo2vJ8bF4rT6yK';
const OTHER_KEY = 'pZ3xq8Wm5LrC0uVd7nKs2aTf6HyGj1Be';
/** The key of the specification's own vector: seed, then public key. */
const ED25519 = '6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const PUBLIC_KEY = `whpk_${Buffer.from(ED25519, 'base64').subarray(32).toString('base64')}`;
const HEX_SECRET = 'a readable secret, with äöü';
const BODY = Buffer.from('{"type":"lesson.completed","data":{"name":"Zoë","score":1.0}}');
/** JSON that no UTF-8 decoder leaves as it is. */
const LATIN1 = Buffer.from('{"name":"Zo\u00eb"}', 'latin1');

const hmac = (key: Buffer, data: Buffer) =>
  openssl(['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`, '-binary'], data);

function ed25519(data: Buffer): Buffer {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([head, Buffer.from(ED25519, 'base64').subarray(0, 32)]);
  const [key, input] = [join(folder, 'key.der'), join(folder, 'data')];
  writeFileSync(key, der);
  writeFileSync(input, data);
  return openssl(['pkeyutl', '-sign', '-keyform', 'DER', '-inkey', key, '-rawin', '-in', input]);
}

const openssl = (parameters: string[], input?: Buffer): Buffer =>
  execFileSync('openssl', parameters, { input, stdio: ['pipe', 'pipe', 'inherit'] });

const signed = (body: Buffer, at = NOW, id = ID) => Buffer.concat([Buffer.from(`${id}.${at}.`), body]);
const v1 = (body = BODY, at = NOW, key = KEY) =>
  `v1,${hmac(Buffer.from(key, 'base64'), signed(body, at)).toString('base64')}`;
const v1a = (body = BODY, at = NOW) => `v1a,${ed25519(signed(body, at)).toString('base64')}`;
const hex = (body = BODY, secret = HEX_SECRET) => hmac(Buffer.from(secret), body).toString('hex');

const standard = (
  name: string,
  signature: string,
  change: Partial<Vector> & { at?: number } = {},
): Vector => {
  const { at = NOW, headers, ...rest } = change;
  return {
    name,
    profile: 'standard-webhooks',
    secrets: [`whsec_${KEY}`],
    headers: {
      'webhook-id': ID,
      'webhook-timestamp': String(at),
      'webhook-signature': signature,
      ...headers,
    },
    body_base64: BODY.toString('base64'),
    now: NOW,
    outcome: 'accepted',
    ...rest,
  };
};

const other = (
  profile: string,
  name: string,
  headers: Record<string, string>,
  change: Partial<Vector> = {},
): Vector => ({
  name,
  profile,
  secrets: [HEX_SECRET],
  headers: { 'webhook-id': ID, 'webhook-timestamp': String(NOW), ...headers },
  body_base64: BODY.toString('base64'),
  now: NOW,
  outcome: 'accepted',
  ...change,
});

const refused = (outcome: string) => ({ outcome });
const bodyOf = (body: Buffer) => ({ body_base64: body.toString('base64') });
const without = (name: string, vector: Vector): Vector => ({
  ...vector,
  headers: Object.fromEntries(Object.entries(vector.headers).filter(([each]) => each !== name)),
});
const sha256 = { 'X-Allure-Signature-Algorithm': 'sha256' };
const BASIC = `Basic ${Buffer.from('ada:pässword').toString('base64')}`;

const vectors: Vector[] = [
  standard('HMAC', v1()),
  standard('HMAC of a body that is no UTF-8', v1(LATIN1), bodyOf(LATIN1)),
  standard('HMAC of an empty body', v1(Buffer.alloc(0)), bodyOf(Buffer.alloc(0))),
  standard('ed25519', v1a(), { secrets: [PUBLIC_KEY] }),
  standard('the old secret during a rotation', `${v1(BODY, NOW, OTHER_KEY)} ${v1()}`),
  standard('both secrets at the receiver', v1(), { secrets: [`whsec_${OTHER_KEY}`, `whsec_${KEY}`] }),
  standard('from HMAC to ed25519, the receiver has the HMAC secret', `${v1a()} ${v1()}`),
  standard('from HMAC to ed25519, the receiver has the public key', `${v1a()} ${v1()}`, {
    secrets: [PUBLIC_KEY],
  }),
  standard('a version that is not known, beside one that is', `v9,AAAA ${v1()}`),
  without('webhook-id', standard('names of headers in other cases', v1(), { headers: { 'Webhook-Id': ID } })),
  standard('five minutes ago', v1(BODY, NOW - 300), { at: NOW - 300 }),
  standard('in five minutes', v1(BODY, NOW + 300), { at: NOW + 300 }),
  standard('longer ago', v1(BODY, NOW - 301), { at: NOW - 301, ...refused('timestamp_too_old') }),
  standard('further ahead', v1(BODY, NOW + 301), { at: NOW + 301, ...refused('timestamp_in_future') }),
  standard('another body', v1(), { ...bodyOf(Buffer.from('{}')), ...refused('signature_mismatch') }),
  standard('another id', v1(), { headers: { 'webhook-id': 'evt_other' }, ...refused('signature_mismatch') }),
  standard('another time', v1(), { at: NOW - 1, ...refused('signature_mismatch') }),
  standard('another secret', v1(), { secrets: [`whsec_${OTHER_KEY}`], ...refused('signature_mismatch') }),
  standard('ed25519 with another body', v1a(), {
    secrets: [PUBLIC_KEY],
    ...bodyOf(Buffer.from('{}')),
    ...refused('signature_mismatch'),
  }),
  standard('a signature that is no base64', 'v1,!!!', refused('signature_mismatch')),
  standard('ed25519 for a receiver with an HMAC secret', v1a(), refused('key_kind_mismatch')),
  standard('HMAC for a receiver with a public key', v1(), {
    secrets: [PUBLIC_KEY],
    ...refused('key_kind_mismatch'),
  }),
  standard('no version that is known', 'v9,AAAA', refused('header_malformed')),
  standard('no time at all', v1(), {
    headers: { 'webhook-timestamp': 'now' },
    ...refused('signature_mismatch'),
  }),
  without('webhook-id', standard('no id', v1(), refused('header_missing'))),
  without('webhook-timestamp', standard('no time', v1(), refused('header_missing'))),
  without('webhook-signature', standard('no signature', v1(), refused('header_missing'))),
  standard('the private key at the receiver', v1a(), {
    secrets: [`whsk_${ED25519}`],
    ...refused('private_key_given'),
  }),
  standard('a secret without its prefix', v1(), { secrets: [KEY], ...refused('secret_malformed') }),
  standard('a secret that is no base64', v1(), { secrets: ['whsec_###'], ...refused('secret_malformed') }),
  standard('no secret', v1(), { secrets: [], ...refused('secret_missing') }),
  standard('an empty secret', v1(), { secrets: [''], ...refused('secret_missing') }),
  other('reading-steps', 'Reading Steps', { 'X-ReadingSteps-Signature': `sha256=${hex()}` }),
  other(
    'reading-steps',
    'Reading Steps, a body that is no UTF-8',
    { 'X-ReadingSteps-Signature': `sha256=${hex(LATIN1)}` },
    bodyOf(LATIN1),
  ),
  other('reading-steps', 'Reading Steps, an old time, which is not signed', {
    'X-ReadingSteps-Signature': `sha256=${hex()}`,
    'webhook-timestamp': '1',
  }),
  other(
    'reading-steps',
    'Reading Steps, another body',
    { 'X-ReadingSteps-Signature': `sha256=${hex()}` },
    { ...bodyOf(LATIN1), ...refused('signature_mismatch') },
  ),
  other(
    'reading-steps',
    'Reading Steps, another secret',
    { 'X-ReadingSteps-Signature': `sha256=${hex(BODY, 'another')}` },
    refused('signature_mismatch'),
  ),
  other(
    'reading-steps',
    'Reading Steps, without the prefix',
    { 'X-ReadingSteps-Signature': hex() },
    refused('header_malformed'),
  ),
  other(
    'reading-steps',
    'Reading Steps, half a byte',
    { 'X-ReadingSteps-Signature': 'sha256=abc' },
    refused('header_malformed'),
  ),
  other('reading-steps', 'Reading Steps, no signature', {}, refused('header_missing')),
  other('scorm-api', 'SCORM API', { 'X-Allure-Signature': hex(), ...sha256 }),
  other('scorm-api', 'SCORM API, without the algorithm', { 'X-Allure-Signature': hex() }),
  other(
    'scorm-api',
    'SCORM API, another algorithm',
    { 'X-Allure-Signature': hex(), 'X-Allure-Signature-Algorithm': 'md5' },
    refused('header_malformed'),
  ),
  other(
    'scorm-api',
    'SCORM API, another body',
    { 'X-Allure-Signature': hex(), ...sha256 },
    { ...bodyOf(LATIN1), ...refused('signature_mismatch') },
  ),
  other('leah', 'Leah, basic', { Authorization: BASIC }, { secrets: [BASIC] }),
  other(
    'leah',
    'Leah, bearer',
    { authorization: 'Bearer t0ken' },
    { secrets: ['Bearer old', 'Bearer t0ken'] },
  ),
  other(
    'leah',
    'Leah, another token',
    { authorization: 'Bearer t0ken' },
    { secrets: ['Bearer t0kem'], ...refused('authorization_mismatch') },
  ),
  other('leah', 'Leah, no credentials', {}, { secrets: [BASIC], ...refused('header_missing') }),
  other('lessonly', 'Lessonly', { authorization: 'as it was  written' }, { secrets: ['as it was  written'] }),
  other(
    'lessonly',
    'Lessonly, another value',
    { authorization: 'as it was written' },
    { secrets: ['as it was  written'], ...refused('authorization_mismatch') },
  ),
];

const named = new Set(vectors.map(({ name }) => name));
if (named.size !== vectors.length) throw new Error('Two vectors have one name');
writeFileSync(file, `${JSON.stringify(vectors, null, 2)}\n`);
rmSync(folder, { recursive: true });
