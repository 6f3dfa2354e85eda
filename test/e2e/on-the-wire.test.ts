/**
 * The log of an attempt shows what happened on the wire: the address, an answer that could not be read, a body before decoding.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { atEnd } from '../helpers/cleanup.ts';
import { makeFolder } from '../helpers/folder.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const TOKEN = randomBytes(18).toString('hex');

let tidings: TestService;
/** of a receiver that writes what it knows into its certificate, which is for another host */
let telling: { key: string; cert: string };
beforeAll(async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: TOKEN }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: `${TOKEN}.example.com` }] }],
  });
  telling = { key, cert };
  const file = join(await makeFolder(), 'telling.pem');
  writeFileSync(file, cert);
  tidings = await startTestService({ TIDINGS_CA_FILE: file });
});
afterAll(() => tidings?.stop());

/** The one attempt of an event to the endpoint, and where the event is. */
async function attemptAt(url: string, data: unknown = {}) {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Wire' });
  const endpoint = { url, retry_schedule: [], auth: { type: 'bearer', token: TOKEN } };
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, endpoint);
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data,
  });
  const log = await tidings.settled(event.deliveries[0].id);
  return {
    attempt: log.attempts[0],
    delivery: log.id as string,
    path: `/v1/tenants/${tenant.id}/events/${event.id}`,
  };
}

const answering = async (answer: string) =>
  (
    await startTcpServer((socket: Socket) =>
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1'))),
    )
  ).url;

test('an ordinary attempt: the address, and nothing else to tell', async () => {
  const receiver = await startReceiver();
  const { attempt } = await attemptAt(receiver.url);
  expect(attempt).toMatchObject({
    response: { status: 200, raw_length: 12, decoded_from: null, body_problem: null },
    received: null,
    connection: { address: '127.0.0.1', others: [], reused: false, resent: false },
    error: null,
  });
});

test('an attempt that reached nobody says whom it tried', async () => {
  const receiver = await startReceiver();
  await receiver.close();
  const { attempt } = await attemptAt(receiver.url);
  expect(attempt).toMatchObject({
    response: null,
    received: null,
    connection: { address: null, others: [{ address: '127.0.0.1', error: 'ECONNREFUSED' }] },
    error: { code: 'connection_refused' },
  });
});

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
])('a compressed body (%s) can be read, and a secret in it cannot', async (coding, compress) => {
  const bytes = compress(Buffer.from(`thank you, ${TOKEN}, and good-bye`));
  const receiver = await startReceiver((response) =>
    response.writeHead(200, { 'content-encoding': coding }).end(bytes),
  );
  const { attempt } = await attemptAt(receiver.url);
  expect(attempt.response).toMatchObject({
    ...{
      body: 'thank you, ••••, and good-bye',
      truncated: false,
      raw_length: bytes.length,
      decoded_from: coding,
    },
  });
  expect(attempt.response).not.toHaveProperty('body_base64');
});

test('what a certificate says of a secret is in nothing that is told of the attempt', async () => {
  const server = createServer(telling, (_request, response) => response.end());
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { attempt } = await attemptAt(`https://localhost:${(server.address() as AddressInfo).port}/`);
  const told = { address: '127.0.0.1', error: expect.stringContaining('••••') };
  expect(attempt).toMatchObject({
    error: { code: 'tls_error', message: expect.stringContaining('••••') },
    connection: { address: null, others: expect.arrayContaining([told]) },
    tls: { subject: expect.stringContaining('••••') },
  });
  expect(JSON.stringify(attempt)).not.toContain(TOKEN);
});

test('a body that breaks off says so', async () => {
  const { attempt } = await attemptAt(await answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok'));
  expect(attempt).toMatchObject({
    error: null,
    response: { body: 'ok', truncated: true, body_problem: 'the connection was closed after 2 of 10 bytes' },
  });
});

test('an unreadable answer is an invalid_response with the bytes that came, without secrets, and goes with the payload', async () => {
  const word = randomBytes(12).toString('hex');
  const { attempt, delivery, path } = await attemptAt(
    await answering(`220 ${TOKEN} ${word}\r\n\xff, and more`),
    {
      word,
    },
  );
  expect(attempt).toMatchObject({
    response: null,
    received: { body: expect.stringContaining(`220 •••• ${word}\r\n`), body_base64: expect.any(String) },
    error: { code: 'invalid_response', message: expect.stringContaining('not a valid HTTP response') },
  });
  expect(JSON.stringify(attempt)).not.toContain(TOKEN);
  expect(Buffer.from(attempt.received.body_base64, 'base64').toString('latin1')).not.toContain(TOKEN);

  const filter = path.replace(/events\/.*/, 'deliveries?error_code=invalid_response');
  expect((await tidings.call('GET', filter)).body.items).toHaveLength(1);

  expect(attempt.error.message + attempt.received.body).toContain(word);
  await tidings.call('DELETE', `${path}/payload`);
  const { body } = await tidings.call('GET', `/v1/deliveries/${delivery}`);
  expect(JSON.stringify(body)).not.toContain(word);
  expect(body.attempts[0]).toMatchObject({ received: null, error: { code: 'invalid_response' } });
});

test('names that JavaScript has words for arrive in `data` as they were sent', async () => {
  const receiver = await startReceiver();
  const data = JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":2},"toString":[{"__proto__":3}]}');
  await attemptAt(receiver.url, data);
  const [request] = await receiver.until(1);
  expect(request?.body.toString()).toContain(JSON.stringify(data));
});

test('a schema that names __proto__ is refused: nothing would check what it says', async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Schemas' });
  const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}');
  const answer = await tidings.call('POST', `/v1/tenants/${tenant.id}/event-types`, {
    ...{ name: 'a.b', schema, example: {} },
  });
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(answer.body.errors.map((each: { path: string }) => each.path)).toEqual([
    'schema.properties.__proto__',
  ]);
});
