/** Responses that are sent before the request's body has arrived reach every client, whatever the client still sends. */
import { spawn, spawnSync } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

const LARGE = 8 * 1024 * 1024;
const TIMES = 4;

let tidings: TestService;
let tenant: string;
let limitedKey: string;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_BODY_BYTES: String(64 * 1024 * 1024) });
  tenant = (await tidings.call('POST', '/v1/tenants', { name: 'x' })).body.id;
  limitedKey = (
    await tidings.call('POST', '/v1/keys', {
      kind: 'tenant',
      tenant,
      scopes: ['emit'],
      rate_limit: { per_second: 1 },
    })
  ).body.key;
});
afterAll(() => tidings?.stop());

type Sent = { method: string; path: string; headers: Record<string, string>; bytes: number };
/** @returns the status that the client has seen */
type Client = (sent: Sent) => Promise<number>;

const CLIENTS: Record<string, Client> = {
  "node's http": ({ method, path, headers, bytes }) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(tidings.url + path, { method, headers, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      request.on('error', reject);
      request.end(Buffer.alloc(bytes, 32));
    }),
  fetch: async ({ method, path, headers, bytes }) => {
    const response = await fetch(tidings.url + path, { method, headers, body: Buffer.alloc(bytes, 32) });
    await response.text();
    return response.status;
  },
  "Python's http.client": async (sent) => {
    // In the background: the service runs in this process.
    const child = spawn('python3', ['-c', PYTHON, tidings.url, JSON.stringify(sent)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (text += chunk));
    await new Promise((resolve) => child.once('close', resolve));
    if (!/^\d+$/.test(text.trim())) throw new Error(text);
    return Number(text);
  },
  'a socket that sends everything before it reads': async ({ method, path, headers, bytes }) => {
    const socket = open();
    socket.pause();
    socket.write(head(method, path, { ...headers, 'content-length': String(bytes) }));
    await new Promise((resolve) => socket.write(Buffer.alloc(bytes, 32), resolve));
    return (await answerOf(socket)).status;
  },
  'a socket that sends in chunks without a length': async ({ method, path, headers, bytes }) => {
    const socket = open();
    socket.pause();
    socket.write(head(method, path, { ...headers, 'transfer-encoding': 'chunked' }));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 32), Buffer.from('\r\n')]);
    for (let sent = 0; sent < bytes; sent += 0x10000) {
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
    }
    socket.write('0\r\n\r\n');
    return (await answerOf(socket)).status;
  },
};
const PYTHON = `
import http.client, json, sys, urllib.parse
url, sent = urllib.parse.urlsplit(sys.argv[1]), json.loads(sys.argv[2])
connection = http.client.HTTPConnection(url.hostname, url.port)
connection.request(sent['method'], sent['path'], body=b' ' * sent['bytes'], headers=sent['headers'])
response = connection.getresponse()
response.read()
print(response.status)
`;
const hasPython = spawnSync('python3', ['--version']).status === 0;

function open(): Socket {
  const { hostname, port } = new URL(tidings.url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
}

const head = (method: string, path: string, headers: Record<string, string> = {}) =>
  [
    `${method} ${path} HTTP/1.1`,
    'host: tidings',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** Reads until the other side has said everything. */
async function answerOf(socket: Socket): Promise<{ status: number; text: string }> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    // Whole, and the connection may stay.
    const [headers = '', body = ''] = text.split('\r\n\r\n');
    if (
      !/connection: close/i.test(headers) &&
      body.length >= Number(/content-length: (\d+)/i.exec(headers)?.[1])
    )
      socket.end();
  });
  socket.resume();
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const SITUATIONS: Record<string, () => Omit<Sent, 'bytes'> & { status: number }> = {
  'too large': () => ({ ...emitTo(tenant), status: 413 }),
  'a wrong key': () => ({ ...emitTo(tenant), headers: { ...JSON_TYPE, 'x-api-key': 'wrong' }, status: 401 }),
  'no key': () => ({ ...emitTo(tenant), headers: JSON_TYPE, status: 401 }),
  'a path that there is not': () => ({ ...emitTo(tenant), path: '/v1/nothing', status: 404 }),
  'a method that there is not': () => ({ ...emitTo(tenant), method: 'PUT', status: 405 }),
  'another type': () => ({
    ...emitTo(tenant),
    headers: { 'content-type': 'text/plain', 'x-api-key': ADMIN_KEY },
    status: 415,
  }),
  'another encoding': () => ({
    ...emitTo(tenant),
    headers: { ...JSON_TYPE, 'x-api-key': ADMIN_KEY, 'content-encoding': 'gzip' },
    status: 415,
  }),
};
const emitTo = (id: string) => ({
  method: 'POST',
  path: `/v1/tenants/${id}/events`,
  headers: { ...JSON_TYPE, 'x-api-key': ADMIN_KEY },
});

describe.each(Object.entries(CLIENTS))('%s', (client, send) => {
  const each = client.includes('Python') && !hasPython ? test.skip.each : test.each;

  each(Object.entries(SITUATIONS))('sees that it is %s', async (_what, situation) => {
    const { status, ...sent } = situation();
    for (let n = 0; n < TIMES; n += 1) expect(await send({ ...sent, bytes: LARGE })).toBe(status);
  });

  each([['asks too often']])('sees that it %s', async () => {
    const sent = { ...emitTo(tenant), headers: { ...JSON_TYPE, 'x-api-key': limitedKey }, bytes: LARGE };
    // Somebody else with the same key leaves it nothing, however slow this client is.
    let isOver = false;
    const other = (async () => {
      while (!isOver) {
        await tidings.call('POST', sent.path, { type: 'a.b', data: {} }, { 'x-api-key': limitedKey });
        await sleep(10);
      }
    })();
    await sleep(100);
    const statuses: number[] = [];
    // One that comes in the moment between two seconds is too large.
    while (!statuses.includes(429)) statuses.push(await send(sent));
    isOver = true;
    await other;
    expect(new Set([...statuses, 413])).toEqual(new Set([413, 429]));
  });
});

test('bodies beyond the memory for all of them are refused while they come, and it is free again afterwards', async () => {
  const path = `/v1/tenants/${tenant}/events/batch`;
  const bytes = 15 * 1024 * 1024;
  const begin = async () => {
    const socket = open();
    socket.write(
      head('POST', path, { ...JSON_TYPE, 'x-api-key': ADMIN_KEY, 'content-length': String(bytes) }),
    );
    const written = new Promise((resolve) => socket.write(Buffer.alloc(bytes - 10, 32), resolve));
    await written;
    return socket;
  };
  const first = [await begin(), await begin()];
  await sleep(500);
  const { status, text } = await answerOf(await begin());
  expect([status, /retry-after: \d/i.test(text)]).toEqual([503, true]);
  for (const socket of first) socket.destroy();
  await sleep(500);
  const again = await begin();
  again.write(Buffer.alloc(10, 32));
  expect((await answerOf(again)).status).toBe(400);
});

test('a small body that was not waited for costs no connection', async () => {
  const socket = open();
  const bytes = 200_000;
  const answers: string[] = [];
  socket.on('data', (chunk) => answers.push(...(String(chunk).match(/HTTP\/1\.1 \d+/g) ?? [])));
  for (let n = 1; n <= 3; n += 1) {
    socket.write(head('POST', '/v1/nothing', { ...JSON_TYPE, 'content-length': String(bytes) }));
    await sleep(100);
    await new Promise((resolve) => socket.write(Buffer.alloc(bytes, 32), resolve));
    while (answers.length < n) await sleep(10);
  }
  expect(answers).toEqual(Array(3).fill('HTTP/1.1 401'));
  socket.destroy();
});

describe('a client that asks before it sends (expect: 100-continue)', () => {
  const expecting = (headers: Record<string, string>, bytes: number) =>
    head('POST', `/v1/tenants/${tenant}/events`, {
      ...JSON_TYPE,
      expect: '100-continue',
      'content-length': String(bytes),
      ...headers,
    });

  test.each([
    ['too large', { 'x-api-key': ADMIN_KEY }, LARGE, 413],
    ['from a stranger', { 'x-api-key': 'wrong' }, 100, 401],
    ['of another type', { 'x-api-key': ADMIN_KEY, 'content-type': 'text/plain' }, 100, 415],
    ['compressed', { 'x-api-key': ADMIN_KEY, 'content-encoding': 'gzip' }, 100, 415],
  ])('is answered at once when it is %s, and need not send', async (_what, headers, bytes, status) => {
    const socket = open();
    socket.write(expecting(headers, bytes));
    const { text } = await answerOf(socket);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toMatch(/connection: close/i);
  });

  test('is told to go on when nothing is against it', async () => {
    const body = '{"type":"a.b","data":{}}';
    const socket = open();
    const told = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
    socket.write(expecting({ 'x-api-key': ADMIN_KEY }, body.length));
    expect(await told).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    expect((await answerOf(socket)).status).toBe(202);
  });
});

test('headers without end are answered, and the rest is thrown away', async () => {
  const socket = open();
  socket.pause();
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\n`);
  for (let n = 0; n < 32; n += 1) {
    await new Promise((resolve) => socket.write(`x-${n}: ${'y'.repeat(32 * 1024)}\r\n`, resolve));
  }
  const { status, text } = await answerOf(socket);
  expect([status, text.match(/HTTP\/1\.1/g)?.length]).toEqual([431, 1]);
});

test('a client that never stops sending is cut off', async () => {
  const socket = open();
  socket.write(
    head('POST', `/v1/tenants/${tenant}/events`, {
      ...JSON_TYPE,
      'x-api-key': 'wrong',
      'content-length': '99999999999',
    }),
  );
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const chunk = Buffer.alloc(1024 * 1024);
  let sent = 0;
  while (!socket.destroyed) {
    await Promise.race([new Promise((resolve) => socket.write(chunk, resolve)), closed]);
    sent += chunk.length;
  }
  // More than was drained: what lies in buffers on the way.
  expect(sent).toBeLessThan(512 * 1024 * 1024);
});

test('a client that sends too slowly is refused; one that is only slow is waited for', async () => {
  const batch = `/v1/tenants/${tenant}/events/batch`;
  const authorised = { ...JSON_TYPE, 'x-api-key': ADMIN_KEY };
  const silent = open();
  const halfHeaders = open();
  halfHeaders.write('POST / HTTP/1.1\r\nhost: x\r\n');
  const dripHeaders = open();
  dripHeaders.write('POST / HTTP/1.1\r\n');
  const halfBody = open();
  halfBody.write(`${head('POST', batch, { ...authorised, 'content-length': '1000' })}{`);
  const dripBody = open();
  dripBody.write(head('POST', batch, { ...authorised, 'content-length': '100000' }));
  const dripChunks = open();
  dripChunks.write(head('POST', batch, { ...authorised, 'transfer-encoding': 'chunked' }));
  const drip = setInterval(() => {
    dripHeaders.write('x: y\r\n');
    dripBody.write(' ');
    dripChunks.write('1\r\n \r\n');
  }, 500);
  // Three quarters of a megabyte at half as much again as must come: longer than the grace.
  const body = Buffer.from(
    JSON.stringify({ events: [{ type: 'a.b', data: 'x'.repeat(200_000) }] }).padEnd(768 * 1024),
  );
  const slow = open();
  slow.write(head('POST', batch, { ...authorised, 'content-length': String(body.length) }));
  let at = 0;
  const trickle = setInterval(() => {
    if (at < body.length) slow.write(body.subarray(at, at + 8 * 1024));
    at += 8 * 1024;
  }, 333);
  const late = [silent, halfHeaders, dripHeaders, halfBody, dripBody, dripChunks].map(answerOf);
  expect((await Promise.all(late)).map(({ status }) => status)).toEqual([408, 408, 408, 408, 408, 408]);
  clearInterval(drip);
  expect((await answerOf(slow)).status).toBe(202);
  clearInterval(trickle);
}, 120_000);
