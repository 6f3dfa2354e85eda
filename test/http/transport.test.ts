/** The result of every request tells how long each phase took, which address was dialled, and which certificate the receiver showed. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import type { Lookup } from '../../src/http/name-lookup.ts';
import { createSender, type Sender, type SendResult } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { startConnectProxy } from '../helpers/connect-proxy.ts';
import { startDeafServer } from '../helpers/deaf-server.ts';
import { makeFolder } from '../helpers/folder.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const DAY_MS = 24 * 3600 * 1000;
type Pair = { key: string; cert: string };

async function certificate(
  names: string[],
  { commonName = 'A Receiver', ageMs = 0, by }: { commonName?: string; ageMs?: number; by?: Pair } = {},
): Promise<Pair> {
  const from = Date.now() - DAY_MS - ageMs;
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(from + 2 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: by === undefined, critical: true },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    ],
    ...(by && { ca: by }),
  });
  return { key: made.private, cert: made.cert };
}

let trusted: Pair;
let other: Pair;
let unknown: Pair;
let caFile: string;
beforeAll(async () => {
  trusted = await certificate(['localhost']);
  other = await certificate(['other.example'], { commonName: 'Another Receiver' });
  unknown = await certificate(['unknown.example']);
  caFile = join(await makeFolder(), 'receiver.pem');
  writeFileSync(caFile, `${trusted.cert}\n${other.cert}`);
});

async function serveTls(pair: Pair): Promise<{ url: string; port: number }> {
  const server = createServer(pair, (request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}/`, port };
}

function startSender(options: { lookup?: Lookup; egressProxy?: string } = {}): Sender {
  const { lookup = async () => [{ address: '127.0.0.1', family: 4 }], egressProxy } = options;
  const guard = createAddressGuard({ allowCidrs: LOOPBACK, lookup });
  const sender = createSender({ guard, caFiles: [caFile], egressProxy });
  atEnd(() => sender.close());
  return sender;
}

async function send(url: string, sender = startSender(), timeoutMs = 20_000): Promise<SendResult> {
  const result = await sender.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs });
  if ('fault' in result) throw new Error(result.fault);
  return result;
}

const ms = expect.any(Number);

test('a first request has a time for each phase, and none is negative; the next one says that it reused the connection', async () => {
  const { url, port } = await serveTls(trusted);
  const sender = startSender();
  const first = await send(url, sender);
  expect(first).toMatchObject({ error: null, remoteAddress: `127.0.0.1:${port}` });
  expect(first.timings).toEqual({
    ...{ resolveMs: ms, connectMs: ms, tlsMs: ms, firstByteMs: ms, bodyMs: ms },
    reused: false,
  });
  const times = Object.values(first.timings).filter((each) => typeof each === 'number');
  expect(times.every((each) => each >= 0)).toBe(true);
  expect(times.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(first.durationMs);
  const next = await send(url, sender);
  expect(next.timings).toEqual({
    ...{ resolveMs: null, connectMs: null, tlsMs: null, firstByteMs: ms, bodyMs: ms },
    reused: true,
  });
  expect(next.remoteAddress).toBe(first.remoteAddress);
  // The very same object: a certificate is read once for each connection.
  expect(next.peer).toBe(first.peer);
});

test('the certificate is the one that the receiver has, as another reader reads it', async () => {
  const { peer, error } = await send((await serveTls(trusted)).url);
  expect(error).toBeNull();
  const read = new X509Certificate(trusted.cert);
  expect(peer).toEqual({
    protocol: 'TLSv1.3',
    subject: 'CN=A Receiver',
    issuer: 'CN=A Receiver',
    validTo: new Date(read.validTo).toISOString(),
    names: ['localhost'],
    fingerprintSha256: read.fingerprint256,
  });
});

describe('a certificate that is refused is shown, too:', () => {
  test.each<[string, () => Promise<Pair>, RegExp]>([
    ['expired', () => certificate(['localhost'], { ageMs: 5 * DAY_MS }), /./],
    ['self-signed', () => certificate(['localhost'], { commonName: 'Nobody' }), /self-signed/],
    ['of nobody who is trusted', () => certificate(['localhost'], { by: unknown }), /./],
    ['of another host', async () => other, /not for this host/],
  ])('%s', async (_what, make, says) => {
    const pair = await make();
    const { url, port } = await serveTls(pair);
    const result = await send(url);
    expect(result).toMatchObject({ error: { code: 'tls_error' }, remoteAddress: `127.0.0.1:${port}` });
    expect(result.error?.message).toMatch(says);
    expect(result.peer?.fingerprintSha256).toBe(new X509Certificate(pair.cert).fingerprint256);
    expect(result.timings).toMatchObject({ connectMs: ms, tlsMs: null, firstByteMs: null, bodyMs: null });
  });
});

test('whatever stands in a certificate is kept short and printable', async () => {
  const names = Array.from({ length: 200 }, (_, at) => `${'a'.repeat(50)}.${'b'.repeat(50)}${at}.example`);
  const { peer } = await send(
    (await serveTls(await certificate(names, { commonName: `\u0000\u202e${'x'.repeat(60)}` }))).url,
  );
  expect(peer?.names.length).toBeGreaterThan(5);
  expect(peer?.names.length).toBeLessThanOrEqual(20);
  expect(JSON.stringify(peer)).toMatch(/^[ -~]*$/);
  expect(JSON.stringify(peer)).not.toContain('\\u');
  expect(JSON.stringify(peer).length).toBeLessThan(4_096);
});

describe('what an attempt did not come to is null:', () => {
  const nothing = { resolveMs: null, connectMs: null, tlsMs: null, firstByteMs: null, bodyMs: null };
  test.each<[string, () => Promise<SendResult>, object, RegExp | null]>([
    [
      'a name without an address',
      () => {
        const lookup = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
        return send('http://nowhere.example/', startSender({ lookup }));
      },
      nothing,
      null,
    ],
    [
      'a connection that nothing accepts',
      async () => send(`http://127.0.0.1:${await startDeafServer()}/`, startSender(), 700),
      { ...nothing, resolveMs: ms },
      /^127\.0\.0\.1:\d+$/,
    ],
    [
      'a receiver that says nothing',
      async () => send((await startTcpServer((socket) => void socket.resume())).url, startSender(), 700),
      { ...nothing, resolveMs: ms, connectMs: ms },
      /^127\.0\.0\.1:\d+$/,
    ],
    [
      'headers that do not end',
      async () =>
        send(
          (await startTcpServer((socket) => void socket.write('HTTP/1.1 200 OK\r\n'))).url,
          startSender(),
          700,
        ),
      { ...nothing, resolveMs: ms, connectMs: ms, firstByteMs: ms },
      /^127\.0\.0\.1:\d+$/,
    ],
    [
      'plain http',
      async () => send((await startReceiver()).url),
      { ...nothing, resolveMs: ms, connectMs: ms, firstByteMs: ms, bodyMs: ms },
      /^127\.0\.0\.1:\d+$/,
    ],
  ])('%s', async (_what, run, timings, address) => {
    const result = await run();
    expect(result.timings).toEqual({ ...timings, reused: false });
    expect(result.peer).toBeNull();
    if (address === null) expect(result.remoteAddress).toBeNull();
    else expect(result.remoteAddress).toMatch(address);
  });
});

test('through an egress proxy the address is not claimed, and the certificate is still the receiver’s', async () => {
  const proxy = await startConnectProxy();
  const { url } = await serveTls(trusted);
  const result = await send(url, startSender({ egressProxy: proxy.url }));
  expect(result).toMatchObject({ error: null, remoteAddress: null, peer: { subject: 'CN=A Receiver' } });
  expect(result.timings).toMatchObject({ connectMs: ms, tlsMs: ms });
});

test('an address of IPv6 stands in brackets, and the last one dialled is named when none accepts', async () => {
  const port = await startDeafServer();
  const lookup = async () => [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const { remoteAddress } = await send(`http://two.example:${port}/`, startSender({ lookup }), 700);
  expect(remoteAddress).toBe(`[::1]:${port}`);
});
