/** Reused connections: one that the receiver has closed meanwhile fails no attempt, and no request is sent twice. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import type { Connection, Listener } from '../../src/http/connection.ts';
import { createConnectionPool } from '../../src/http/connection-pool.ts';
import { createSender, type SendResult } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function newSender() {
  const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
  atEnd(() => sender.close());
  return async (url: string, timeoutMs = 20_000): Promise<SendResult> => {
    const headers: [string, string][] = [['webhook-id', 'evt_1']];
    const result = await sender.send({ url, headers, body: Buffer.from('{}'), timeoutMs });
    if ('fault' in result) throw new Error(result.fault);
    return result;
  };
}

/** Answers each request as the list says, connection by connection; the last answer of a list stays. */
async function startScripted(...connections: string[][]) {
  const requests: string[] = [];
  let count = 0;
  const { url } = await startTcpServer((socket: Socket) => {
    const script = connections[Math.min(count, connections.length - 1)] ?? [];
    count += 1;
    let at = 0;
    socket.on('data', (bytes) => {
      requests.push(bytes.toString());
      const answer = script[Math.min(at, script.length - 1)] ?? '';
      at += 1;
      if (answer === '') socket.destroy();
      else if (answer.endsWith('END')) socket.end(answer.slice(0, -3));
      else if (answer !== 'SILENCE') socket.write(answer);
    });
  });
  return { url, requests, connections: () => count };
}

describe('a connection on which another request went before', () => {
  test('is closed without a word: the request goes once more, at once, on a fresh one, with the same id', async () => {
    const receiver = await startScripted([OK, ''], [OK]);
    const send = newSender();
    expect(await send(receiver.url)).toMatchObject({ error: null, route: { reused: false, resent: false } });
    expect(await send(receiver.url)).toMatchObject({ error: null, route: { reused: false, resent: true } });
    expect(receiver.connections()).toBe(2);
    expect(receiver.requests).toHaveLength(3);
    expect(receiver.requests[2]).toBe(receiver.requests[1]);
    expect(receiver.requests[2]).toContain('webhook-id: evt_1');
    expect(await send(receiver.url)).toMatchObject({ error: null, route: { reused: true, resent: false } });
  });

  test('is closed without a word, and the fresh one, too: once more is not twice more', async () => {
    const receiver = await startScripted([OK, ''], ['']);
    const send = newSender();
    await send(receiver.url);
    expect(await send(receiver.url)).toMatchObject({
      ...{ response: null, error: { code: 'connection_reset' }, route: { resent: true } },
    });
    expect(receiver.requests).toHaveLength(3);
  });

  test.each<[string, string, string]>([
    ['half an answer came', 'HTTP/1.1 20END', 'invalid_response'],
    ['an interim response came', 'HTTP/1.1 103 Early Hints\r\n\r\nEND', 'invalid_response'],
  ])(
    'is closed after %s: the receiver has read it, and nothing is sent again',
    async (_what, answer, code) => {
      const receiver = await startScripted([OK, answer], [OK]);
      const send = newSender();
      await send(receiver.url);
      expect(await send(receiver.url)).toMatchObject({
        response: null,
        error: { code },
        route: { resent: false },
      });
      expect(receiver.requests).toHaveLength(2);
    },
  );

  test('is silent: the receiver may have it, and nothing is sent again', async () => {
    const receiver = await startScripted([OK, 'SILENCE'], [OK]);
    const send = newSender();
    await send(receiver.url);
    expect(await send(receiver.url, 300)).toMatchObject({
      error: { code: 'timeout' },
      route: { resent: false },
    });
    expect(receiver.requests).toHaveLength(2);
  });
});

test('a fresh connection that is closed without a word is an attempt that failed: nothing is sent again', async () => {
  const receiver = await startScripted(['']);
  const message = 'The connection was closed before a response came.';
  expect(await newSender()(receiver.url)).toMatchObject({
    ...{ error: { code: 'connection_reset', message }, route: { reused: false, resent: false } },
  });
  expect(receiver.requests).toHaveLength(1);
});

test('sixty requests to receivers of another process that close what is idle for 100 ms, sent about then: none fails', async () => {
  const script = `
    require('node:net').createServer((socket) => {
      socket.on('error', () => {}).on('data', () => {
        socket.write(${JSON.stringify(OK)});
        socket.setTimeout(100, () => socket.destroy());
      });
    }).listen(0, '127.0.0.1', function () { require('node:fs').writeSync(1, String(this.address().port)); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [port] = await once(child.stdout, 'data');
  // Of its own each, so that one does not take the connection of another.
  const senders = Array.from({ length: 4 }, async (_, sender) => {
    const send = newSender();
    const results: SendResult[] = [];
    for (let turn = 0; turn < 15; turn += 1) {
      results.push(await send(`http://127.0.0.1:${port}/`));
      await new Promise((resolve) => setTimeout(resolve, 98 + sender));
    }
    return results;
  });
  const results = (await Promise.all(senders)).flat();
  expect(results.filter((result) => result.error !== null)).toEqual([]);
  expect(results).toHaveLength(60);
});

describe('no connection is used again', () => {
  test.each<[string, string]>([
    [
      'the receiver says that it closes it',
      'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    ],
    ['it is HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok'],
    ['the length came twice', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok'],
    [
      'a length and chunks came',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['a line ended in LF alone', 'HTTP/1.1 200 OK\ncontent-length: 2\r\n\r\nok'],
    ['a header was folded', 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\nok'],
    ['a space stood before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok'],
    ['more came than the response', `${OK}HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n`],
    [
      'the receiver keeps idle ones for no time',
      'HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\nok',
    ],
  ])('when %s', async (_what, answer) => {
    const receiver = await startScripted([answer]);
    const send = newSender();
    for (let turn = 0; turn < 2; turn += 1) expect((await send(receiver.url)).response?.status).toBe(200);
    expect(receiver.connections()).toBe(2);
  });

  test('when something came over it while it was idle: nobody’s answer is taken for another’s', async () => {
    const sockets: Socket[] = [];
    const { url, closed } = await startTcpServer((socket: Socket) => {
      sockets.push(socket);
      socket.on('data', () => socket.write(OK));
    });
    const send = newSender();
    await send(url);
    sockets[0]?.write('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n');
    await closed;
    expect(await send(url)).toMatchObject({ error: null, response: { status: 200 } });
    expect(sockets).toHaveLength(2);
  });
});

describe('an idle connection is kept', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const idle = () => {
    const listeners: Listener[] = [];
    const connection = {
      socket: { destroy: jest.fn() } as unknown as Socket,
      route: { address: '192.0.2.1', others: [] },
      port: 443,
      peer: null,
      isOver: () => false,
      end: () => {},
      hear: (listener: Listener) => void listeners.push(listener),
    } satisfies Connection;
    return connection;
  };

  test.each([
    [null, 3_900, 4_100],
    [1, 450, 550],
    [5, 3_900, 4_100],
    [20, 18_900, 19_100],
    [3_600, 29_900, 30_100],
  ])(
    'where the receiver says timeout=%p: after %i ms it is there, after %i ms no more',
    (hint, there, gone) => {
      for (const [ms, expected] of [
        [there, true],
        [gone, false],
      ] as const) {
        const pool = createConnectionPool();
        const connection = idle();
        pool.give('http://a', connection, hint);
        jest.advanceTimersByTime(ms);
        expect(pool.take('http://a')).toBe(expected ? connection : null);
        expect(connection.socket.destroy).toHaveBeenCalledTimes(expected ? 0 : 1);
      }
    },
  );

  test('among so many at most: the oldest goes', () => {
    const pool = createConnectionPool();
    const all = Array.from({ length: 2_001 }, idle);
    for (const [at, connection] of all.entries()) pool.give(`http://${at}`, connection, null);
    expect(pool.take('http://0')).toBeNull();
    expect(pool.take('http://1')).toBe(all[1]);
    expect(all[0]?.socket.destroy).toHaveBeenCalled();
  });
});
