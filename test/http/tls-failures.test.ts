/** A failed TLS handshake is a `tls_error`, whatever its reason, and the log says the reason in words. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { generate } from 'selfsigned';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender, type SendResult } from '../../src/http/send.ts';
import { tlsReason } from '../../src/http/tls-reasons.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { startConnectProxy } from '../helpers/connect-proxy.ts';
import { startDeafServer } from '../helpers/deaf-server.ts';
import { makeFolder } from '../helpers/folder.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const DAY_MS = 24 * 3600 * 1000;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

type Pair = { key: string; cert: string };
type Made = { name?: string; fromMs?: number; toMs?: number; by?: Pair; isAuthority?: boolean };

async function certificate({
  name = 'localhost',
  fromMs = -DAY_MS,
  toMs = DAY_MS,
  by,
  isAuthority = false,
}: Made = {}): Promise<Pair> {
  const now = Date.now();
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now + fromMs),
    notAfterDate: new Date(now + toMs),
    extensions: [
      { name: 'basicConstraints', cA: isAuthority, critical: true },
      isAuthority
        ? { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true }
        : { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
    ...(by && { ca: by }),
  });
  return { key: made.private, cert: made.cert };
}

let authority: Pair;
let trusted: string;
beforeAll(async () => {
  authority = await certificate({ name: 'An Authority', isAuthority: true });
  trusted = join(await makeFolder(), 'authority.pem');
  writeFileSync(trusted, authority.cert);
});

/** @returns the URL of a server that answers over TLS, where it comes to that */
async function serveTls(
  options: TlsOptions,
  answers: (socket: Socket) => void = (socket) => void socket.end(OK),
): Promise<string> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => {}).once('data', () => answers(socket));
  });
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => new Promise((resolve) => server.close(resolve)));
  return `https://localhost:${(server.address() as AddressInfo).port}/`;
}

async function send(
  url: string,
  more: { timeoutMs?: number; egressProxy?: string } = {},
): Promise<SendResult> {
  const { timeoutMs = 20_000, egressProxy } = more;
  const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
  const guard = createAddressGuard({ allowCidrs: LOOPBACK, lookup });
  const sender = createSender({ guard, caFiles: [trusted], egressProxy });
  const result = await sender.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs });
  await sender.close();
  if ('fault' in result) throw new Error(result.fault);
  return result;
}

const https = (url: string) => url.replace('http://127.0.0.1', 'https://localhost');
const raw = async (treat: (socket: Socket) => void) => https((await startTcpServer(treat)).url);

const FAILURES: Record<string, { serve: () => Promise<string>; says: RegExp }> = {
  'an expired certificate': {
    serve: async () => serveTls(await certificate({ by: authority, fromMs: -3 * DAY_MS, toMs: -DAY_MS })),
    says: /^Its certificate, or one that vouches for it, has expired \(CERT_HAS_EXPIRED\)\.$/,
  },
  'a certificate that is not valid yet': {
    serve: async () => serveTls(await certificate({ by: authority, fromMs: DAY_MS, toMs: 2 * DAY_MS })),
    says: /not valid yet \(CERT_NOT_YET_VALID\)/,
  },
  'a self-signed certificate': {
    serve: async () => serveTls(await certificate()),
    says: /is self-signed, and nobody trusted vouches for it \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
  },
  'a certificate of another host': {
    serve: async () => serveTls(await certificate({ by: authority, name: 'other.example' })),
    says: /is not for this host: .*other\.example.*\(ERR_TLS_CERT_ALTNAME_INVALID\)/,
  },
  'a certificate of an authority that nobody knows': {
    serve: async () =>
      serveTls(
        await certificate({ by: await certificate({ name: 'Another Authority', isAuthority: true }) }),
      ),
    says: /authority that is not trusted here, or the intermediate certificate is missing/,
  },
  'a certificate that somebody signed in the name of a trusted authority': {
    serve: async () =>
      serveTls(await certificate({ by: await certificate({ name: 'An Authority', isAuthority: true }) })),
    says: /was not signed by the authority that it names \(CERT_SIGNATURE_FAILURE\)/,
  },
  'another version of TLS': {
    serve: async () =>
      serveTls({
        ...(await certificate({ by: authority })),
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'ALL:@SECLEVEL=0',
      }),
    says: /no TLS version that both sides speak/,
  },
  'no cipher in common': {
    serve: async () =>
      serveTls({
        ...(await certificate({ by: authority })),
        maxVersion: 'TLSv1.2',
        ciphers: 'AECDH-NULL-SHA:@SECLEVEL=0',
      }),
    says: /alert: handshake failure|no cipher/i,
  },
  'a client certificate demanded in TLS 1.2': {
    serve: async () =>
      serveTls({
        ...(await certificate({ by: authority })),
        maxVersion: 'TLSv1.2',
        requestCert: true,
        rejectUnauthorized: true,
      }),
    says: /or it demands a client certificate/,
  },
  'a client certificate demanded in TLS 1.3, which is said after the handshake': {
    serve: async () =>
      serveTls({
        ...(await certificate({ by: authority })),
        minVersion: 'TLSv1.3',
        requestCert: true,
        rejectUnauthorized: true,
      }),
    says: /It demands a client certificate, which Tidings does not have/,
  },
  'an alert': {
    // fatal, internal_error (RFC 8446 section 6)
    serve: () =>
      raw((socket) => void socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 80])))),
    says: /broke off with the alert "internal error"/,
  },
  'an alert about the name': {
    serve: () =>
      raw((socket) => void socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 112])))),
    says: /does not know the host name/,
  },
  'the end, at once': {
    serve: () => raw((socket) => void socket.end()),
    says: /closed during the TLS handshake/,
  },
  'the end, after the hello': {
    serve: () => raw((socket) => void socket.once('data', () => socket.end())),
    says: /closed during the TLS handshake/,
  },
  'a reset': {
    serve: () => raw((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    says: /closed during the TLS handshake/,
  },
  'plain HTTP on the port of TLS': {
    serve: async () => https((await startReceiver()).url),
    says: /What it answered is not TLS; perhaps the port speaks plain http/,
  },
  'something else altogether': {
    serve: () => raw((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')),
    says: /What it answered is not TLS/,
  },
};

describe.each(Object.entries(FAILURES))('%s', (_what, { serve, says }) => {
  test('is a tls_error that says so', async () => {
    const result = await send(await serve());
    expect(result).toMatchObject({ response: null, error: { code: 'tls_error' } });
    expect(result.error?.message).toMatch(says);
    expect(result.error?.message).toMatch(/^[A-Z][ -~]+\.$/);
  });

  test('also through an egress proxy', async () => {
    const proxy = await startConnectProxy();
    const result = await send(await serve(), { egressProxy: proxy.url });
    expect(result).toMatchObject({ response: null, error: { code: 'tls_error' } });
    expect(result.error?.message).toMatch(says);
  });
});

test('the way to all of these leads through a handshake that succeeds', async () => {
  const url = await serveTls(await certificate({ by: authority }));
  expect(await send(url)).toMatchObject({ error: null, response: { status: 200 } });
});

test('a connection that is closed after the handshake is closed, and no fault of TLS', async () => {
  const url = await serveTls(await certificate({ by: authority }), (socket) => void socket.end());
  expect(await send(url)).toMatchObject({ response: null, error: { code: 'connection_reset' } });
});

describe('a timeout says what was waited for', () => {
  test.each<[string, () => Promise<string>, string]>([
    [
      'the connection',
      async () => `https://localhost:${await startDeafServer()}/`,
      'nothing accepted the connection',
    ],
    ['the handshake', () => raw((socket) => void socket.resume()), 'the TLS handshake did not end'],
    [
      'the response',
      async () => serveTls(await certificate({ by: authority }), () => {}),
      'the receiver had the request and said nothing',
    ],
    [
      'the rest of its headers',
      async () =>
        serveTls(await certificate({ by: authority }), (socket) => void socket.write('HTTP/1.1 200 OK\r\n')),
      'the headers of its response did not end',
    ],
  ])('%s', async (_what, serve, phase) => {
    const result = await send(await serve(), { timeoutMs: 2_000 });
    expect(result).toMatchObject({ response: null, error: { code: 'timeout' } });
    expect(result.error?.message).toContain(`No response within 2000 ms: ${phase}.`);
  });
});

test.each([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /demands a client certificate/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /alert "unknown ca"/],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', /alert "no application protocol"/],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /alert "bad certificate"/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not trusted here, or the intermediate certificate is missing/],
  ['CERT_REVOKED', /was revoked/],
  ['ERR_SSL_SOMETHING_NEW', /not acceptable \(ERR_SSL_SOMETHING_NEW\)/],
])('%s has words', (code, words) => {
  expect(tlsReason(Object.assign(new Error('x'), { code }))).toMatch(words);
});

test('older Nodes hide the reason in the text of EPROTO', () => {
  const text =
    '40E7:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../ssl/record:1586:SSL alert number 42';
  expect(tlsReason(Object.assign(new Error(text), { code: 'EPROTO' }))).toMatch(/alert "bad certificate"/);
});
