/** One POST and each of its possible results, against real servers on loopback. */
import type { Socket } from 'node:net';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender, MAX_RESPONSE_BYTES, type SendRequest, type SendResult } from '../../src/http/send.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
const receivers: Receiver[] = [];

const send = async (url: string, more: Partial<SendRequest> = {}, by = sender): Promise<SendResult> => {
  const result = await by.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs: 20_000, ...more });
  if ('fault' in result) throw new Error(result.fault);
  return result;
};

async function receiver(...answers: Parameters<typeof startReceiver>): Promise<Receiver> {
  const started = await startReceiver(...answers);
  receivers.push(started);
  return started;
}

const tcp = async (treat: (socket: Socket) => void) => (await startTcpServer(treat)).url;

afterAll(async () => {
  await sender.close();
  await Promise.all(receivers.map((each) => each.close()));
});

describe('what arrives', () => {
  test('is a POST with the path, the headers and the bytes that were given', async () => {
    const { url, until } = await receiver();
    const body = Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0xc3, 0x28, 0x7d]);
    const headers: [string, string][] = [
      ['content-type', 'application/json'],
      ['X-Custom-Case', 'café'],
    ];
    await send(`${url}?a=1&b=%2F`, { headers, body });
    const [request] = await until(1);
    expect(request?.body).toEqual(body);
    expect(request?.path).toBe('/hook?a=1&b=%2F');
    expect(request?.rawHeaders).toEqual(expect.arrayContaining(['X-Custom-Case', 'content-type']));
    expect(request?.headers).toMatchObject({ 'x-custom-case': 'café', 'content-length': '7' });
  });
});

describe('the status decides', () => {
  test.each([200, 201, 202, 204, 299])('%i is a success', async (status) => {
    const { url } = await receiver(status);
    expect(await send(url)).toMatchObject({ error: null, response: { status, truncated: false } });
  });

  test.each([400, 401, 404, 410, 429, 500, 503, 599])('%i is a failure', async (status) => {
    const { url } = await receiver(status);
    const result = await send(url);
    expect(result).toMatchObject({ error: { code: 'http_status' }, response: { status } });
    expect(result.error?.message).toContain(String(status));
    expect(result.response?.body.toString()).toBe(`answered ${status}`);
  });

  test.each([301, 302, 303, 307, 308])('%i is refused, and the other place never called', async (status) => {
    const elsewhere = await receiver();
    const { url } = await receiver((response) =>
      response.writeHead(status, { location: elsewhere.url }).end('go there'),
    );
    const result = await send(url);
    expect(result).toMatchObject({ error: { code: 'redirect_refused' }, response: { status } });
    expect(result.response?.headers).toContainEqual(['location', elsewhere.url]);
    expect(elsewhere.received).toEqual([]);
  });

  test('a 200 whose body never ends is a success, the body cut', async () => {
    const { url } = await receiver((response) => {
      response.writeHead(200).write('so far');
    });
    const result = await send(url, { timeoutMs: 1_500 });
    expect(result).toMatchObject({ error: null, response: { status: 200, truncated: true } });
    expect(result.response?.body.toString()).toBe('so far');
  });

  test('a 200 whose body breaks off is a success, the body cut', async () => {
    const { url } = await receiver((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('so far', () => response.destroy());
    });
    expect(await send(url)).toMatchObject({ error: null, response: { status: 200, truncated: true } });
  });
});

describe('the excerpt of a response', () => {
  test.each([
    { length: 0, kept: 0, truncated: false },
    { length: MAX_RESPONSE_BYTES, kept: MAX_RESPONSE_BYTES, truncated: false },
    { length: MAX_RESPONSE_BYTES + 1, kept: MAX_RESPONSE_BYTES, truncated: true },
    { length: 3_000_000, kept: 16_384, truncated: true },
  ])('of $length bytes has $kept', async ({ length, kept, truncated }) => {
    const bytes = Buffer.alloc(length, 'abcdefg');
    const { url } = await receiver((response) => response.writeHead(200).end(bytes));
    const { response } = await send(url);
    expect(response?.truncated).toBe(truncated);
    expect(response?.body.equals(bytes.subarray(0, kept))).toBe(true);
  });

  test('is bytes, not text', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x80]);
    const { url } = await receiver((response) => response.writeHead(200).end(bytes));
    expect((await send(url)).response?.body).toEqual(bytes);
  });

  test('keeps every header as it was spelled, also one that comes twice', async () => {
    const { url } = await receiver((response) => {
      response.writeHead(200, ['X-Twice', 'one', 'X-Twice', 'two', 'Retry-After', '7']).end();
    });
    const { response } = await send(url);
    expect(response?.headers).toEqual(
      expect.arrayContaining([
        ['X-Twice', 'one'],
        ['X-Twice', 'two'],
        ['Retry-After', '7'],
      ]),
    );
  });
});

describe('a failure without a response has a name', () => {
  const hugeHeaders = `HTTP/1.1 200 OK\r\nx-huge: ${'x'.repeat(100_000)}\r\n\r\n`;

  test.each([
    { what: 'closes at once', treat: (socket: Socket) => void socket.destroy(), code: 'connection_reset' },
    {
      what: 'resets',
      treat: (socket: Socket) => void socket.on('data', () => socket.resetAndDestroy()),
      code: 'connection_reset',
    },
    {
      what: 'ends without a word',
      treat: (socket: Socket) => void socket.on('data', () => socket.end()),
      code: 'connection_reset',
    },
    {
      what: 'answers something that is not HTTP',
      treat: (socket: Socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      code: 'invalid_response',
    },
    {
      what: 'sends headers without measure',
      treat: (socket: Socket) => void socket.end(hugeHeaders),
      code: 'invalid_response',
    },
  ])('$code: the receiver $what', async ({ treat, code }) => {
    const url = await tcp(treat);
    expect(await send(url)).toMatchObject({ response: null, error: { code } });
  });

  test('timeout: the receiver says nothing', async () => {
    const url = await tcp(() => {});
    const result = await send(url, { timeoutMs: 200 });
    expect(result).toMatchObject({ response: null, error: { code: 'timeout' } });
    expect(result.error?.message).toContain('200 ms');
  });

  test('connection_refused: nobody listens', async () => {
    const closed = await startReceiver();
    await closed.close();
    expect(await send(closed.url)).toMatchObject({ response: null, error: { code: 'connection_refused' } });
  });

  test('dns_error: nobody has that name', async () => {
    expect(await send('http://nonexistent.invalid/')).toMatchObject({
      response: null,
      error: { code: 'dns_error' },
    });
  });

  test.each(['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]'])(
    'address_blocked: %s, which the operator has not allowed, is never called',
    async (host) => {
      const target = await receiver();
      const strict = createSender({ guard: createAddressGuard({ allowCidrs: [] }) });
      const url = target.url.replace('127.0.0.1', host);
      const result = await send(url, {}, strict);
      await strict.close();
      expect(result).toMatchObject({ response: null, error: { code: 'address_blocked' } });
      expect(result.error?.message).toContain('TIDINGS_ALLOW_CIDRS');
      expect(target.received).toEqual([]);
    },
  );

  test('one receiver that hangs does not delay another', async () => {
    let connected: (socket: Socket) => void;
    const connection = new Promise<Socket>((resolve) => {
      connected = resolve;
    });
    const hanging = await tcp((socket) => connected(socket));
    const { url } = await receiver();
    let ended = false;
    const waiting = send(hanging).then(() => {
      ended = true;
    });
    const socket = await connection;
    expect(await send(url)).toMatchObject({ error: null });
    expect(ended).toBe(false);
    socket.destroy();
    await waiting;
  });
});
