/** `@tidings/verify` accepts what each contract signs, in the forms in which frameworks give a request, and says why it refuses the rest. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import {
  basic,
  bearer,
  type Profile,
  type RequestLike,
  signForTest,
  verify,
  WebhookRefused,
} from '../../packages/verify/src/index.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { PROFILES, profileNamed } from '../../src/profiles/index.ts';
import { generateEd25519Secret, publicKeyOf } from '../../src/signing/standard-webhooks.ts';
import { makeEmptyProject } from '../helpers/empty-project.ts';
import { makeFolder } from '../helpers/folder.ts';
import { asModule, blocksOf } from '../helpers/readme-blocks.ts';
import { bodyOf, storedVectors } from '../helpers/vectors.ts';

const vectors = storedVectors();

/** @returns `accepted`, or the reason */
async function outcomeOf(request: RequestLike, options: Parameters<typeof verify>[1]): Promise<string> {
  try {
    await verify(request, options);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    // The words say what to do.
    expect(error.message).toMatch(/^[a-z0-9_]+( \(.+\))?: .{40}/s);
    return error.reason;
  }
}

test.each(vectors)('$name: $outcome', async (vector) => {
  const { profile, secrets, headers, now, outcome } = vector;
  const body = bodyOf(vector);
  expect(await outcomeOf({ headers, body }, { profile, secret: secrets, nowMs: now * 1000 })).toBe(outcome);
});

test('the vectors know every profile of Tidings, and it has no other', () => {
  const known = [...new Set(vectors.map(({ profile }) => profile))];
  expect(known.sort()).toEqual(PROFILES.map(({ name }) => name).sort());
});

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const text = '{"name":"Zoë 🎉"}';
const bytes = Buffer.from(text);
const signed = () => signForTest({ secret, body: text });

describe('a request may be', () => {
  const forms: Record<string, (headers: Record<string, string>) => RequestLike> = {
    'a Request': (headers) => new Request('https://example.com/', { method: 'POST', headers, body: bytes }),
    'Headers and a string': (headers) => ({ headers: new Headers(headers), body: text }),
    "Node's headers and a Buffer": (headers) => ({ headers, body: bytes }),
    "Node's headers, repeated": (headers) => ({
      headers: { ...headers, 'webhook-signature': ['v1,AAAA', headers['webhook-signature'] ?? ''] },
      body: bytes,
    }),
    'headers with other cases': (headers) => ({
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
      ),
      body: bytes,
    }),
    'pairs and a Uint8Array': (headers) => ({
      headers: Object.entries(headers),
      body: new Uint8Array(bytes),
    }),
    'a Map and an ArrayBuffer': (headers) => ({
      headers: new Map(Object.entries(headers)),
      body: new Uint8Array(bytes).buffer,
    }),
  };
  test.each(Object.entries(forms))('%s', async (_name, form) => {
    const webhook = await verify(form(await signed()), { secret });
    expect(Buffer.from(webhook.body).equals(bytes)).toBe(true);
    expect(webhook.text()).toBe(text);
    expect(webhook.id).toBe('msg_test');
    expect(Math.abs(Date.now() - Number(webhook.timestamp))).toBeLessThan(60_000);
    expect(webhook.isTimeSigned).toBe(true);
  });
});

test.each<[string, unknown]>([
  ['body_parsed', { name: 'Zoë 🎉' }],
  ['body_parsed', [1]],
  ['body_parsed', 7],
  ['body_missing', undefined],
  ['body_missing', null],
])('%s for %j', async (reason, body) => {
  const request = { headers: await signed(), body: body as string };
  expect(await outcomeOf(request, { secret })).toBe(reason);
});

test('a Request that was read before is refused in words, and not with an empty body', async () => {
  const request = new Request('https://example.com/', {
    method: 'POST',
    headers: await signed(),
    body: bytes,
  });
  await request.json();
  expect(await outcomeOf(request, { secret })).toBe('body_used');
});

test('the tolerance can be set', async () => {
  const headers = await signForTest({ secret, body: text, timestampSeconds: 1_000 });
  const options = { secret, nowMs: 1_000_000 + 1_000_000 };
  expect(await outcomeOf({ headers, body: text }, options)).toBe('timestamp_too_old');
  expect(await outcomeOf({ headers, body: text }, { ...options, toleranceSeconds: 1_000 })).toBe('accepted');
});

test("the specification's library accepts what is signed for a test", async () => {
  expect(new Webhook(secret).verify(bytes, await signed())).toEqual(JSON.parse(text));
});

const privateKey = generateEd25519Secret();
const CREDENTIALS: Record<string, { signs: string; verifies: string }> = {
  'standard-webhooks': { signs: secret, verifies: secret },
  'standard-webhooks, ed25519': { signs: privateKey, verifies: publicKeyOf(privateKey) ?? '' },
  'reading-steps': { signs: 'a secret with ü', verifies: 'a secret with ü' },
  'scorm-api': { signs: 'k', verifies: 'k' },
  leah: { signs: basic('ada', 'pässword'), verifies: basic('ada', 'pässword') },
  lessonly: { signs: bearer('t0ken'), verifies: bearer('t0ken') },
};

test.each(Object.entries(CREDENTIALS))(
  '%s: what is signed for a test is accepted',
  async (name, { signs, verifies }) => {
    const profile = name.split(',')[0] as Profile;
    const headers = await signForTest({ profile, secret: signs, body: text });
    expect(await outcomeOf({ headers, body: bytes }, { profile, secret: verifies })).toBe('accepted');
    expect(await outcomeOf({ headers, body: bytes }, { profile, secret: `${verifies}BBBB` })).not.toBe(
      'accepted',
    );
  },
);

test.each(Object.entries(CREDENTIALS).filter(([name]) => !['leah', 'lessonly'].includes(name)))(
  '%s: what Tidings signs is accepted, and not with another body',
  async (name, { signs, verifies }) => {
    const profile = name.split(',')[0] as Profile;
    const timestampS = Math.floor(Date.now() / 1000);
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(timestampS),
      ...profileNamed(profile).signing?.sign({
        webhookId: 'evt_1',
        timestampS,
        body: bytes,
        secrets: [signs],
      }),
    };
    expect(await outcomeOf({ headers, body: bytes }, { profile, secret: verifies })).toBe('accepted');
    expect(await outcomeOf({ headers, body: `${text} ` }, { profile, secret: verifies })).toBe(
      'signature_mismatch',
    );
  },
);

test('the package installs in an empty project without the network, brings nothing along, and works', async () => {
  const project = await makeEmptyProject('verify');
  const names = project.packed.verify ?? [];
  expect(names).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'README.md']));
  expect(names.filter((name) => !/^(dist\/[\w-]+\.(js|d\.ts)|README\.md|package\.json)$/.test(name))).toEqual(
    [],
  );
  await writeFile(
    join(project.folder, 'try.js'),
    `import { signForTest, verify } from '@tidings/verify';
     const secret = ${JSON.stringify(secret)};
     const body = '{}';
     const webhook = await verify({ headers: await signForTest({ secret, body }), body }, { secret });
     console.log(webhook.text());`,
  );
  expect(await project.run(process.execPath, ['try.js'])).toBe('{}\n');

  // What its README shows: a receiver, and a test of one.
  const [receives = '', tests = '', ...others] = blocksOf('packages/verify/README.md', 'ts');
  expect(others).toEqual([]);
  await writeFile(join(project.folder, 'receiver.js'), asModule(receives));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const posted = once(server, 'request');
  const { port } = server.address() as AddressInfo;
  await writeFile(
    join(project.folder, 'test.js'),
    asModule(tests).replace('http://127.0.0.1:4000', `http://127.0.0.1:${port}`),
  );
  const testing = project.run(process.execPath, ['test.js']);
  const [request, response] = (await posted) as [IncomingMessage, ServerResponse];
  const sent = await buffer(request);
  response.end();
  await testing;
  server.close();
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-')),
  );
  const [, documented = ''] = /secret: '(whsec_[^']+)'/.exec(tests) ?? [];
  await writeFile(
    join(project.folder, 'ask.js'),
    `import { POST } from './receiver.js';
     globalThis.queue = (id, text) => console.log(id, text);
     for (const body of [${JSON.stringify(sent.toString())}, '{}']) {
       const request = new Request('http://x/', { method: 'POST', headers: ${JSON.stringify(headers)}, body });
       console.log((await POST(request)).status);
     }`,
  );
  const output = await project.run('env', [`WEBHOOK_SECRET=${documented}`, process.execPath, 'ask.js']);
  expect(output).toBe(`msg_test ${sent}\n204\n401\n`);
}, 120_000);

test('the package is at most 4 kB, bundled and compressed', async () => {
  const folder = await makeFolder();
  const lib = {
    entry: join(PACKAGE_ROOT, 'packages/verify/src/index.ts'),
    formats: ['es'],
    fileName: 'verify',
  };
  const config = join(folder, 'vite.config.mjs');
  await writeFile(
    config,
    `export default ${JSON.stringify({ build: { lib, minify: true, outDir: join(folder, 'bundle') } })};`,
  );
  await promisify(execFile)('npx', ['vite', 'build', '--config', config, '--logLevel', 'warn'], {
    cwd: PACKAGE_ROOT,
  });
  expect(gzipSync(await readFile(join(folder, 'bundle/verify.js'))).length).toBeLessThanOrEqual(4_096);
}, 120_000);

describe.each([
  {
    language: 'Python',
    needs: ['python3', '--version'],
    tests: ['python3', '-B', '-m', 'unittest', 'discover', '-s', 'tests'],
    folder: 'packages/verify-python',
  },
  { language: 'Go', needs: ['go', 'version'], tests: ['go', 'test', './...'], folder: 'packages/verify-go' },
])('the library for $language', ({ needs, tests, folder }) => {
  const [program = '', ...version] = needs;
  const isHere = spawnSync(program, version).status === 0;
  (isHere ? test : test.skip)(
    'makes of every vector what must be made of it',
    () => {
      const [runner = '', ...parameters] = tests;
      const { status, stdout, stderr } = spawnSync(runner, parameters, {
        cwd: join(PACKAGE_ROOT, folder),
        encoding: 'utf8',
        env: { ...process.env, PYTHONPATH: 'src', GOFLAGS: '-mod=mod', GOWORK: 'off', GOTOOLCHAIN: 'local' },
      });
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
    },
    120_000,
  );
});
