/** A receiver costs no more than its timeout and a few kilobytes, whatever it does, and its socket is closed then. */
import { isIP, type Socket } from 'node:net';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender, MAX_RESPONSE_BYTES, type SendRequest, type SendResult } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { startDeafServer } from '../helpers/deaf-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const TIMEOUT_MS = 400;
/** for a machine that is busy with other tests */
const SLACK_MS = 1_500;

const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
atEnd(() => sender.close());

const post = async (url: string, more: Partial<SendRequest> = {}, by = sender): Promise<SendResult> => {
  const request = { url, headers: [], body: Buffer.from('{}'), timeoutMs: TIMEOUT_MS, ...more };
  const result = await by.send(request);
  if ('fault' in result) throw new Error(result.fault);
  return result;
};

const drip = (socket: Socket, what: string) => {
  const timer = setInterval(() => socket.write(what), 30);
  socket.on('close', () => clearInterval(timer));
};

const pour = (socket: Socket, what: string) => {
  const more = () => {
    while (!socket.destroyed && socket.write(what));
  };
  socket.on('drain', more);
  more();
};

const HEAD = 'HTTP/1.1 200 OK\r\n';

describe('a receiver is let go when its time is up, and its connection is closed', () => {
  test.each([
    ['says nothing', () => {}],
    [
      'drips its status line',
      (socket: Socket) => {
        socket.write('HTTP/1.1 200 O');
        drip(socket, 'K');
      },
    ],
    [
      'drips header after header',
      (socket: Socket) => {
        socket.write(HEAD);
        drip(socket, 'x: y\r\n');
      },
    ],
    [
      'says 102 Processing again and again',
      (socket: Socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
    ],
    ['reads nothing of a large request', (socket: Socket) => socket.pause()],
  ] as [string, (socket: Socket) => void][])('when it %s', async (_what, treat) => {
    const { url, closed, drain } = await startTcpServer(treat);
    const result = await post(url, { body: Buffer.alloc(16 * 1024 * 1024) });
    expect(result).toMatchObject({ response: null, error: { code: 'timeout' } });
    expect(result.durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    drain();
    await closed;
  });

  test('when it drips its body: what counts is the status', async () => {
    const { url, closed } = await startTcpServer((socket) => {
      socket.write(`${HEAD}content-length: 1000000\r\n\r\n`);
      drip(socket, 'x');
    });
    const result = await post(url);
    expect(result).toMatchObject({ error: null, response: { status: 200, truncated: true } });
    expect(result.durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    await closed;
  });

  test('when it never ends the TLS handshake', async () => {
    const { url, closed } = await startTcpServer((socket) => socket.resume());
    const result = await post(url.replace('http:', 'https:'));
    expect(result).toMatchObject({ response: null, error: { code: 'timeout' } });
    await closed;
  });

  test('when it never accepts', async () => {
    const url = `http://127.0.0.1:${await startDeafServer()}/`;
    const dialling = () =>
      process.getActiveResourcesInfo().filter((name) => name.endsWith('ConnectWrap')).length;
    const before = dialling();
    const waiting = post(url);
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 2));
    expect(dialling()).toBe(before + 1);
    expect(await waiting).toMatchObject({ response: null, error: { code: 'timeout' } });
    // Without the end of its connection with the request, it would go on for minutes.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(dialling()).toBe(before);
  });

  test('when its name is never resolved', async () => {
    const lookup = (host: string) =>
      host === 'slow.example'
        ? new Promise<never>(() => {})
        : Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const own = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK, lookup }) });
    const receiver = await startReceiver();
    const result = await post('http://slow.example:8080/', {}, own);
    expect(result).toMatchObject({ response: null, error: { code: 'timeout' } });
    expect(result.durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    const { port } = new URL(receiver.url);
    expect(await post(`http://quick.example:${port}/`, { timeoutMs: 20_000 }, own)).toMatchObject({
      error: null,
    });
    await own.close();
  });
});

describe('a receiver is let go when it has said too much, before its time is up', () => {
  test('a body of a gigabyte', async () => {
    let connection: Socket | undefined;
    const { url, closed } = await startTcpServer((socket) => {
      connection = socket;
      socket.write(`${HEAD}content-length: ${1024 ** 3}\r\n\r\n`);
      pour(socket, 'x'.repeat(64 * 1024));
    });
    const result = await post(url, { timeoutMs: 20_000 });
    expect(result).toMatchObject({ error: null, response: { status: 200, truncated: true } });
    expect(result.response?.body).toHaveLength(MAX_RESPONSE_BYTES);
    await closed;
    expect(connection?.bytesWritten).toBeLessThan(64 * 1024 * 1024);
  });

  test('chunks without an end', async () => {
    const { url, closed } = await startTcpServer((socket) => {
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
      pour(socket, `1000\r\n${'x'.repeat(4096)}\r\n`);
    });
    expect(await post(url, { timeoutMs: 20_000 })).toMatchObject({
      error: null,
      response: { truncated: true },
    });
    await closed;
  });

  test.each([
    ['headers without an end', 'x: y\r\n'],
    ['one header without an end', 'y'],
  ])('%s', async (_what, piece) => {
    const { url, closed } = await startTcpServer((socket) => {
      socket.write(`${HEAD}x: `);
      pour(socket, piece.repeat(1000));
    });
    const result = await post(url, { timeoutMs: 20_000 });
    expect(result).toMatchObject({ response: null, error: { code: 'invalid_response' } });
    expect(result.error?.message).toContain('headers are larger than 16 KiB');
    expect(result.received).toHaveLength(MAX_RESPONSE_BYTES);
    await closed;
  });
});

describe('a receiver that hangs does not hurt others', () => {
  test('a hundred requests that hang at one host do not hold up the next one there', async () => {
    const receiver = await startReceiver((response, { path }) => {
      if (path === '/quick') response.end();
    });
    const { origin } = new URL(receiver.url);
    const hanging = Array.from({ length: 100 }, () => post(`${origin}/hangs`, { timeoutMs: 5_000 }));
    await receiver.until(100);
    expect(await post(`${origin}/quick`, { timeoutMs: 2_000 })).toMatchObject({ error: null });
    await receiver.close();
    expect(new Set((await Promise.all(hanging)).map(({ error }) => error?.code))).toEqual(
      new Set(['connection_reset']),
    );
  });
});

describe('rebinding', () => {
  /** Answers with the next of these addresses each time it is asked. */
  const fickle = (...addresses: string[]) => {
    const asked: string[] = [];
    return {
      asked,
      lookup: async (host: string) => {
        const address = addresses[asked.push(host) - 1] ?? '';
        return [{ address, family: isIP(address) }];
      },
    };
  };

  test('a name that is harmless when checked is not asked a second time when dialled', async () => {
    const receiver = await startReceiver();
    const { asked, lookup } = fickle('127.0.0.1', '169.254.169.254');
    const own = createSender({ guard: createAddressGuard({ allowCidrs: ['127.0.0.1/32'], lookup }) });
    const result = await post(
      `http://rebind.example:${new URL(receiver.url).port}/`,
      { timeoutMs: 20_000 },
      own,
    );
    await own.close();
    expect(result).toMatchObject({ error: null });
    expect(asked).toEqual(['rebind.example']);
    expect(receiver.received[0]?.headers.host).toContain('rebind.example');
  });

  test('a name that has become harmful is refused at its next connection', async () => {
    const receiver = await startReceiver((response) =>
      response.writeHead(200, { connection: 'close' }).end(),
    );
    const { lookup } = fickle('127.0.0.1', '127.0.0.2');
    const own = createSender({ guard: createAddressGuard({ allowCidrs: ['127.0.0.1/32'], lookup }) });
    const url = `http://rebind.example:${new URL(receiver.url).port}/`;
    expect(await post(url, { timeoutMs: 20_000 }, own)).toMatchObject({ error: null });
    expect(await post(url, { timeoutMs: 20_000 }, own)).toMatchObject({ error: { code: 'address_blocked' } });
    await own.close();
    expect(receiver.received).toHaveLength(1);
  });
});
