/**
 * Each product's own sample code, cut from its document as it stands, accepts what we send. Skipped where the documents are
 * not beside the repository.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { transformSync } from '@swc/core';
import { generate } from 'selfsigned';
import { freePort } from '../../src/embedded/free-port.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { type Received, startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';
import { bodyOf, storedVectors } from '../helpers/vectors.ts';

const SEEDS = join(PACKAGE_ROOT, '..', 'shared', 'seeds');
const testWithSeeds = existsSync(SEEDS) ? test : test.skip;

function seed(prefix: string): string {
  const name = readdirSync(SEEDS).find((each) => each.startsWith(prefix));
  return readFileSync(join(SEEDS, name ?? ''), 'utf8');
}

/** From the first line that begins with `from` to the end of the first `to` after it. */
function cut(text: string, from: string, to: string): string {
  const start = text.indexOf(from);
  const end = text.indexOf(to, start);
  if (start < 0 || end < 0) throw new Error(`The document no longer has the code between ${from} and ${to}`);
  return text.slice(start, end + to.length);
}

/** Emits every type's example and returns what one endpoint got, with its secret. */
async function deliverCatalogue(profile: string, endpoint: object) {
  const tidings = await startTestService();
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: profile, profile });
  const created = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    ...endpoint,
  });
  const { body: types } = await tidings.call('GET', `/v1/tenants/${tenant.id}/event-types`);
  for (const { name: type, example: data } of types.items) {
    await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type, data });
  }
  const received = await receiver.until(types.items.length);
  await tidings.stop();
  return { received, secret: created.body.secret as string };
}

const forged = (request: Received): Buffer => Buffer.from(request.body.toString().replace('{', '{ '));

testWithSeeds(
  "Reading Steps: the document's verifyWebhook accepts every event and refuses a forged one",
  async () => {
    const { received, secret } = await deliverCatalogue('reading-steps', {});
    const code = cut(seed('000'), "const crypto = require('crypto');", '=== signature;\n}');
    const verifyWebhook = new Function('require', `${code}\nreturn verifyWebhook;`)(require);
    for (const request of received) {
      const signature = request.headers['x-readingsteps-signature'];
      expect(verifyWebhook(request.body, signature, secret)).toBe(true);
      expect(verifyWebhook(forged(request), signature, secret)).toBe(false);
    }
    for (const vector of storedVectors().filter(({ profile }) => profile === 'reading-steps')) {
      const { name, headers, secrets, outcome } = vector;
      const isAccepted = verifyWebhook(bodyOf(vector), headers['X-ReadingSteps-Signature'], secrets[0]);
      expect([name, isAccepted]).toEqual([name, outcome === 'accepted']);
    }
  },
);

testWithSeeds("the SCORM API: the document's route and its Python function accept every event", async () => {
  const { received } = await deliverCatalogue('scorm-api', { secret: 'your-webhook-secret' });
  const text = seed('002');
  const source = cut(text, "import crypto from 'crypto';", "return new Response('OK', { status: 200 });\n}");
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const handled: unknown[] = [];
  const route = { exports: {} as { POST: (request: Request) => Promise<Response> } };
  process.env.WEBHOOK_SECRET = 'your-webhook-secret';
  new Function('require', 'exports', 'handleWebhookEvent', code)(require, route.exports, (event: unknown) =>
    handled.push(event),
  );
  for (const request of received) {
    const headers = request.headers as Record<string, string>;
    const ask = (body: Buffer) =>
      route.exports.POST(new Request('http://x/', { method: 'POST', headers, body }));
    expect((await ask(request.body)).status).toBe(200);
    expect((await ask(forged(request))).status).toBe(401);
    expect(JSON.parse(request.body.toString()).delivery_id).toMatch(/^delivery_/);
  }
  expect(handled).toHaveLength(received.length);
  for (const vector of storedVectors().filter(({ profile }) => profile === 'scorm-api')) {
    const { name, headers, secrets, outcome } = vector;
    // The document's code trusts the sender for the name of the algorithm, and has no word for one that it lacks.
    if (outcome === 'header_malformed') continue;
    process.env.WEBHOOK_SECRET = secrets[0] ?? '';
    const request = new Request('http://x/', { method: 'POST', headers, body: bodyOf(vector) });
    expect([name, (await route.exports.POST(request)).status]).toEqual([
      name,
      outcome === 'accepted' ? 200 : 401,
    ]);
  }

  const python = cut(text, 'import hmac', 'return hmac.compare_digest(signature, expected_signature)');
  const ask = `
import sys
for line in json.load(sys.stdin):
    print(verify_webhook_signature(line["signature"], line["body"], "your-webhook-secret"))`;
  const lines = received.map((request) => ({
    signature: request.headers['x-allure-signature'],
    body: request.body.toString(),
  }));
  const output = execFileSync('python3', ['-c', python + ask], {
    input: JSON.stringify(lines),
    encoding: 'utf8',
  });
  expect(output.trim().split('\n')).toEqual(received.map(() => 'True'));
});

testWithSeeds("Leah: the document's server.mjs accepts every event with Basic and with Bearer", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-test-'));
  const source = seed('001');
  const server = cut(source, 'import http from "node:http";', 'return false;\n}');
  writeFileSync(join(folder, 'server.mjs'), server);
  // The sample listens on 8080, which may be taken here; everything else runs as it stands.
  const port = await freePort(0);
  writeFileSync(
    join(folder, 'port.cjs'),
    `const { Server } = require('node:net'); const { listen } = Server.prototype;
     Server.prototype.listen = function (port) { return listen.call(this, ${port}, '127.0.0.1'); };`,
  );
  const child = spawn(process.execPath, ['--require', join(folder, 'port.cjs'), join(folder, 'server.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(async () => {
    child.kill();
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });

  // Leah's contract is https only: TLS ends in front of the sample.
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'leah' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  writeFileSync(join(folder, 'ca.pem'), cert);
  const front = createTlsServer({ key, cert }, (socket) => {
    const behind = connect(port, '127.0.0.1');
    socket.on('error', () => behind.destroy());
    behind.on('error', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    front.close();
  });
  const url = `https://127.0.0.1:${(front.address() as AddressInfo).port}/`;

  const tidings = await startTestService({ TIDINGS_CA_FILE: join(folder, 'ca.pem') });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Leah', profile: 'leah' });
  const endpoints = `/v1/tenants/${tenant.id}/endpoints`;
  await tidings.call('POST', endpoints, {
    url,
    auth: { type: 'basic', username: 'my_user', password: 'my_pass' },
  });
  await tidings.call('POST', endpoints, { url, auth: { type: 'bearer', token: 'qhDm976TwG2sBZcftRLube' } });
  await tidings.call('POST', endpoints, {
    url,
    auth: { type: 'bearer', token: 'wrong' },
    retry_schedule: [],
  });
  const { body: types } = await tidings.call('GET', `/v1/tenants/${tenant.id}/event-types`);
  for (const { name: type, example: data } of types.items) {
    const event = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type, data });
    const ends = await Promise.all(
      event.body.deliveries.map((delivery: { id: string }) => tidings.settled(delivery.id)),
    );
    expect(ends.map((end) => [end.status, end.last_response_status]).sort()).toEqual([
      ['failed', 401],
      ['succeeded', 200],
      ['succeeded', 200],
    ]);
  }
  expect(printed).toContain('Speaking Test finished');
  await tidings.stop();
});
