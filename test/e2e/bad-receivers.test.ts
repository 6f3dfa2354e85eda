/**
 * Receivers that answer with garbage: each delivery has a record of its own answer, and the records of others are not affected.
 */
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { atEnd } from '../helpers/cleanup.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

/** Reads a request to its end, then does as it is told with the connection. */
async function startRawReceiver(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (body.length < length) return;
      text = '';
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/hook`;
}

const says =
  (...parts: (string | Buffer)[]) =>
  (socket: Socket) =>
    socket.end(
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
    );
const response = (...headers: string[]) =>
  `${['HTTP/1.1 200 OK', 'connection: close', ...headers].join('\r\n')}\r\n\r\n`;
const withBody = (body: Buffer, ...headers: string[]) =>
  says(response(`content-length: ${body.length}`, ...headers), body);

type Expected = { status?: number; error?: string | null; body?: string; headers?: Record<string, string> };
const broken: Expected = { error: 'connection_reset' };
const unreadable: Expected = { error: 'invalid_response' };

const GARBAGE: Record<string, { answer: (socket: Socket) => void; expected: Expected }> = {
  'NUL in a header': { answer: says(response('x-a: a\0b', 'content-length: 0')), expected: unreadable },
  'a line end in a header': {
    answer: says(response('x-a: a\rb', 'content-length: 0')),
    expected: { status: 200, error: null, headers: { 'x-a': 'a b' } },
  },
  'a header without a colon': {
    answer: says(response('nonsense', 'content-length: 0')),
    expected: unreadable,
  },
  'no status line': { answer: says('hello\r\n\r\n'), expected: unreadable },
  'a body alone, as HTTP/0.9 had it': { answer: says('<html>ok</html>'), expected: unreadable },
  'another protocol': { answer: says(Buffer.from([0x15, 0x03, 0x03, 0, 2, 2, 40])), expected: unreadable },
  'HTTP/9.9': { answer: says('HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n'), expected: unreadable },
  'status 0': { answer: says('HTTP/1.1 0 No\r\ncontent-length: 0\r\n\r\n'), expected: unreadable },
  'status 99': { answer: says('HTTP/1.1 99 No\r\ncontent-length: 0\r\n\r\n'), expected: unreadable },
  'status 999': {
    answer: says('HTTP/1.1 999 No\r\ncontent-length: 0\r\n\r\n'),
    expected: { status: 999, error: 'http_status' },
  },
  'status 2147483648': {
    answer: says('HTTP/1.1 2147483648 No\r\ncontent-length: 0\r\n\r\n'),
    expected: unreadable,
  },
  'a status that is no number': { answer: says('HTTP/1.1 OK OK\r\n\r\n'), expected: unreadable },
  nothing: { answer: (socket) => socket.end(), expected: broken },
  'a reset': { answer: (socket) => socket.resetAndDestroy(), expected: broken },
  'half a header': { answer: says('HTTP/1.1 200 OK\r\nx-a: '), expected: unreadable },
  'headers of a megabyte': { answer: says(response(`x-a: ${'a'.repeat(1_000_000)}`)), expected: unreadable },
  'ten thousand cookies': {
    answer: says(response(...Array<string>(10_000).fill('set-cookie: a=b'), 'content-length: 0')),
    expected: unreadable,
  },
  'two lengths': {
    answer: says(response('content-length: 2', 'content-length: 3'), 'abc'),
    expected: unreadable,
  },
  'a length below zero': { answer: says(response('content-length: -1'), 'abc'), expected: unreadable },
  'an upgrade': {
    answer: says('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    expected: unreadable,
  },
  'a hundred times 103, and then nothing': {
    answer: says('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100)),
    expected: unreadable,
  },
  'a hundred times 103, and then 200': {
    answer: says(
      'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100),
      response('content-length: 2'),
      'ok',
    ),
    expected: { status: 200, error: null, body: 'ok' },
  },
  // RFC 9110 allows it only to those who were asked for it, and some send it all the same.
  '100, for which nobody has asked': {
    answer: says('HTTP/1.1 100 Continue\r\n\r\n', response('content-length: 2'), 'ok'),
    expected: { status: 200, error: null, body: 'ok' },
  },
  'headers beyond ASCII': {
    answer: says(response('x-utf8: Ã©', 'x-latin1: \xe9\xff', 'content-length: 0')),
    expected: { status: 200, error: null, headers: { 'x-utf8': 'Ã©', 'x-latin1': '\xe9\xff' } },
  },
  'headers that JavaScript has names for': {
    answer: says(response('__proto__: a', 'constructor: b', 'toString: c', 'content-length: 0')),
    expected: {
      status: 200,
      error: null,
      headers: Object.fromEntries([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['toString', 'c'],
      ]),
    },
  },
  'the same header again and again': {
    answer: says(
      response('x-a: 1', 'X-A: 2', 'x-a: 3', 'set-cookie: a', 'set-cookie: b', 'content-length: 0'),
    ),
    expected: { status: 200, error: null, headers: { 'x-a': '1, 3', 'X-A': '2', 'set-cookie': 'a, b' } },
  },
  'a body with NUL': {
    answer: withBody(Buffer.from('a\0b')),
    expected: { status: 200, error: null, body: 'a\0b' },
  },
  'a body that is not text': {
    answer: withBody(Buffer.from([0xff, 0xfe, 0, 0xc3, 0x28])),
    expected: { status: 200, error: null },
  },
  'half a surrogate pair': {
    answer: withBody(Buffer.from([0xed, 0xa0, 0x80])),
    expected: { status: 200, error: null },
  },
  'a compressed body': {
    answer: withBody(gzipSync('hello'), 'content-encoding: gzip'),
    expected: { status: 200, error: null, body: 'hello', headers: { 'content-encoding': 'gzip' } },
  },
  'what says that it is compressed': {
    answer: withBody(Buffer.from('hello'), 'content-encoding: gzip, br, nonsense'),
    expected: { status: 200, error: null, body: 'hello' },
  },
  'less than was announced': {
    answer: says(response('content-length: 100'), 'short'),
    expected: { status: 200, error: null, body: 'short' },
  },
  'more than was announced': {
    answer: says(response('content-length: 2'), 'ok and then something else'),
    expected: { status: 200, error: null, body: 'ok' },
  },
  'a second response that nobody asked for': {
    answer: says(response('content-length: 2'), 'ok', 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'),
    expected: { status: 200, error: null, body: 'ok' },
  },
  'chunks that are none': {
    answer: says(response('transfer-encoding: chunked'), 'zz\r\nabc\r\n'),
    expected: { status: 200, error: null, body: '' },
  },
  'a chunk without an end': {
    answer: says(response('transfer-encoding: chunked'), 'ffffff\r\nabc'),
    expected: { status: 200, error: null, body: 'abc' },
  },
  'a length and chunks': {
    answer: says(response('content-length: 3', 'transfer-encoding: chunked'), '3\r\nabc\r\n0\r\n\r\n'),
    expected: { status: 200, error: null, body: 'abc' },
  },
  'a retry-after of nonsense': {
    answer: says(
      'HTTP/1.1 503 No\r\nconnection: close\r\nretry-after: soon 99999999999999999999\r\ncontent-length: 0\r\n\r\n',
    ),
    expected: { error: 'http_status' },
  },
  'a redirect to nowhere': {
    answer: says('HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: \xff\r\ncontent-length: 0\r\n\r\n'),
    expected: { status: 302, error: 'redirect_refused' },
  },
};

test('one event to all of them and to healthy ones: each has its own record, and the healthy ones succeed', async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Garbage' });
  const urls = await Promise.all(Object.values(GARBAGE).map(({ answer }) => startRawReceiver(answer)));
  const healthy = await Promise.all([startReceiver(), startReceiver()]);
  const expectations = new Map<string, { what: string; expected: Expected }>();
  const create = async (url: string, what: string, expected: Expected) => {
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url,
      retry_schedule: [],
    });
    expectations.set(body.id, { what, expected });
  };
  // The healthy ones stand around the others: whatever they are batched with.
  await create(healthy[0]?.url ?? '', 'healthy', { status: 200, error: null });
  for (const [at, [what, { expected }]] of Object.entries(GARBAGE).entries())
    await create(urls[at] ?? '', what, expected);
  await create(healthy[1]?.url ?? '', 'healthy', { status: 200, error: null });

  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: 1,
  });
  expect(event.deliveries).toHaveLength(expectations.size);
  const isValid = await deliveryValidator();
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const { id, endpoint_id: endpointId } of event.deliveries) {
    const log = await tidings.settled(id);
    const { what, expected } = expectations.get(endpointId) ?? { what: '?', expected: {} };
    expect(isValid(log)).toEqual([]);
    expect(log.attempts).toHaveLength(1);
    const [attempt] = log.attempts;
    const succeeded = expected.error === null;
    wanted[what] = {
      status: succeeded ? 'succeeded' : 'failed',
      error: expected.error ?? null,
      ...(expected.status && { responded: expected.status }),
      ...(expected.body !== undefined && { body: expected.body }),
      ...(expected.headers && { headers: expected.headers }),
    };
    const shown = Object.keys(expected.headers ?? {}).map((name) => [name, attempt.response?.headers[name]]);
    found[what] = {
      status: log.status,
      error: attempt.error?.code ?? null,
      ...(expected.status && { responded: attempt.response?.status }),
      ...(expected.body !== undefined && { body: attempt.response?.body }),
      ...(expected.headers && { headers: Object.fromEntries(shown) }),
    };
    if (attempt.error !== null) expect(attempt.error.message).toMatch(/^[ -~–]+$/);
  }
  expect(found).toEqual(wanted);

  const list = await tidings.call('GET', `/v1/tenants/${tenant.id}/deliveries?limit=200`);
  expect(list.body.items).toHaveLength(expectations.size);
});

/** Checks a delivery against what the reference says of it. @returns what is wrong */
async function deliveryValidator(): Promise<(log: unknown) => unknown[]> {
  const { body: document } = await tidings.call('GET', '/openapi.json');
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile({
    $ref: '#/components/schemas/Delivery',
    components: { schemas: document.components.schemas },
  });
  return (log) => (validate(log) ? [] : (validate.errors ?? []));
}
