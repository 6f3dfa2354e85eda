/**
 * Sending through an egress proxy: the request arrives, the proxy sees only the tunnel, and a failure is blamed on the side that
 * caused it.
 */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender, type Sender } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { answer, type ConnectProxy, startConnectProxy } from '../helpers/connect-proxy.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';

const guard = createAddressGuard({ allowCidrs: LOOPBACK });

function senderThrough(egressProxy: string, warn?: (message: string) => void): Sender {
  const sender = createSender({ guard, egressProxy, ...(warn && { warn }) });
  atEnd(() => sender.close());
  return sender;
}

const post = (sender: Sender, url: string, timeoutMs = 20_000) =>
  sender.send({ url, headers: [['x-secret', 'for the receiver']], body: Buffer.from('{}'), timeoutMs });

const hangUp = (socket: Socket) => void socket.destroy();

describe('through a proxy', () => {
  test('a plain http destination is reached by a tunnel, too, so that the proxy sees nothing of the request', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    const result = await post(senderThrough(proxy.url), receiver.url);
    expect(result).toMatchObject({ error: null, response: { status: 200 } });
    expect(receiver.received).toHaveLength(1);
    expect(proxy.targets).toEqual([new URL(receiver.url).host]);
    expect(proxy.headers()).not.toHaveProperty('x-secret');
  });

  test('the address that was checked is asked for, not the name', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    const { port } = new URL(receiver.url);
    await post(senderThrough(proxy.url), `http://localhost:${port}/hook`);
    expect(proxy.targets).toEqual([`127.0.0.1:${port}`]);
    expect(receiver.received[0]?.headers.host).toBe(`localhost:${port}`);
  });

  test('an address that may not be dialled is not asked for', async () => {
    const proxy = await startConnectProxy();
    const strict = createSender({ guard: createAddressGuard({ allowCidrs: [] }), egressProxy: proxy.url });
    const result = await post(strict, 'http://169.254.169.254/latest/meta-data/');
    await strict.close();
    expect(result).toMatchObject({ error: { code: 'address_blocked' } });
    expect(proxy.targets).toEqual([]);
  });

  test('a second request takes the tunnel of the first', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    const sender = senderThrough(proxy.url);
    // The first one's time is up before the second goes out.
    await post(sender, receiver.url, 300);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await post(sender, receiver.url)).toMatchObject({ error: null });
    expect(proxy.targets).toHaveLength(1);
  });

  test('the user and password of its URL are given to it, and to nobody else', async () => {
    const [proxy, receiver] = [await startConnectProxy({ auth: 'us er:p@ss:wörd' }), await startReceiver()];
    expect(await post(senderThrough(proxy.url), receiver.url)).toMatchObject({ error: null });
    expect(receiver.received[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('what the receiver answers is the receiver’s, also 407 and 502', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver(407, 502)];
    const sender = senderThrough(proxy.url);
    for (const status of [407, 502]) {
      expect(await post(sender, receiver.url)).toMatchObject({
        error: { code: 'http_status' },
        response: { status },
      });
    }
  });

  test('a receiver that hangs is a timeout of the receiver', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver(() => {})];
    expect(await post(senderThrough(proxy.url), receiver.url, 300)).toMatchObject({
      error: { code: 'timeout' },
    });
  });

  test('a receiver that hangs up is a reset by the receiver', async () => {
    const [proxy, receiver] = [
      await startConnectProxy(),
      await startReceiver((response) => response.destroy()),
    ];
    expect(await post(senderThrough(proxy.url), receiver.url)).toMatchObject({
      error: { code: 'connection_reset' },
    });
  });

  test('a receiver that speaks no TLS where it should is a TLS error of the receiver', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    const result = await post(senderThrough(proxy.url), receiver.url.replace('http:', 'https:'));
    expect(result).toMatchObject({ error: { code: 'tls_error' } });
  });

  test('a receiver that is not there is the 502 of a proxy that says so', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    await receiver.close();
    expect(await post(senderThrough(proxy.url), receiver.url)).toMatchObject({
      response: null,
      error: { code: 'connection_refused', message: expect.stringContaining('502') },
    });
  });
});

describe('what the proxy says of the destination counts against the endpoint', () => {
  test.each([
    [answer(502), 'connection_refused'],
    [answer(504), 'timeout'],
    [answer(503, 'X-Squid-Error: ERR_CONNECT_FAIL 111'), 'connection_refused'],
    [answer(503, 'X-Squid-Error: ERR_CONNECT_FAIL 110'), 'timeout'],
    [answer(503, 'X-Squid-Error: ERR_DNS_FAIL 0'), 'dns_error'],
    [answer(503, 'Proxy-Status: squid; error=connection_timeout'), 'timeout'],
    [answer(503, 'Proxy-Status: edge; error=connection_refused'), 'connection_refused'],
    [answer(500, 'Proxy-Status: edge; error=dns_error; rcode=NXDOMAIN'), 'dns_error'],
  ])('%j is a %s', async (bytes, code) => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    proxy.behave(bytes);
    expect(await post(senderThrough(proxy.url), receiver.url)).toMatchObject({
      response: null,
      error: { code },
    });
  });
});

describe('what is the proxy’s own fault counts against nobody', () => {
  const expectFault = async (proxy: ConnectProxy, timeoutMs?: number) => {
    const receiver = await startReceiver();
    const result = await post(senderThrough(proxy.url), receiver.url, timeoutMs);
    expect(result).toEqual({ fault: expect.stringContaining('egress proxy') });
    expect(receiver.received).toEqual([]);
  };

  test.each([400, 401, 403, 404, 405, 407, 429, 500, 501, 503, 301])('it answers %i', async (status) => {
    const proxy = await startConnectProxy();
    proxy.behave(answer(status));
    await expectFault(proxy);
  });

  test.each([
    ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['half an answer', 'HTTP/1.1 200 Conn'],
    ['headers without measure', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['nothing, and hangs up', hangUp],
  ])('it answers %s', async (_what, behaviour) => {
    const proxy = await startConnectProxy();
    proxy.behave(behaviour);
    await expectFault(proxy);
  });

  test('it never answers', async () => {
    const proxy = await startConnectProxy();
    proxy.behave(() => {});
    await expectFault(proxy, 300);
  });

  test('it drips its answer', async () => {
    const proxy = await startConnectProxy();
    proxy.behave((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 50);
      socket.on('close', () => clearInterval(drip));
    });
    await expectFault(proxy, 300);
  });

  test('it is not there', async () => {
    const proxy = await startConnectProxy();
    await proxy.die();
    await expectFault(proxy);
  });

  test('its name leads nowhere', async () => {
    const sender = senderThrough('http://proxy.invalid:3128');
    expect(await post(sender, 'http://127.0.0.1:9999/')).toEqual({ fault: expect.any(String) });
  });

  test('it speaks no TLS although its URL says so', async () => {
    const proxy = await startConnectProxy();
    const sender = senderThrough(proxy.url.replace('http:', 'https:'));
    expect(await post(sender, 'http://127.0.0.1:9999/')).toEqual({ fault: expect.any(String) });
    expect(proxy.targets).toEqual([]);
  });

  test('it wants another password', async () => {
    const [proxy, receiver] = [await startConnectProxy({ auth: 'user:right' }), await startReceiver()];
    const result = await post(senderThrough(proxy.url.replace('right', 'wrong')), receiver.url);
    expect(result).toEqual({ fault: 'The egress proxy answered 407.' });
    expect(receiver.received).toEqual([]);
  });

  test('it dies while the receiver works on the request', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver(() => {})];
    const result = post(senderThrough(proxy.url), receiver.url);
    await receiver.until(1);
    await proxy.die();
    expect(await result).toEqual({ fault: expect.stringContaining('stopped answering') });
  });

  test('it is slow while others are silent: asked again, it answers, and the silence is the destination’s', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    let asked = 0;
    proxy.behave((socket) => {
      asked += 1;
      // As a proxy that waits for a destination that drops packets: this CONNECT hangs, others do not.
      if (asked > 1) socket.end(answer(502));
    });
    expect(await post(senderThrough(proxy.url), receiver.url, 300)).toMatchObject({
      error: { code: 'timeout' },
    });
  });
});

test('a fault is said once in a while, without the password of the proxy', async () => {
  const proxy = await startConnectProxy({ auth: 'user:s3cret-word' });
  await proxy.die();
  const said: string[] = [];
  const sender = senderThrough(proxy.url, (message) => said.push(message));
  await Promise.all([1, 2, 3].map(() => post(sender, 'http://127.0.0.1:9999/')));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/ECONNREFUSED/);
  expect(said[0]).not.toContain('s3cret-word');
});

test('a tunnel ends when the request has waited long enough', async () => {
  const receiver = createServer(() => {});
  const closed = new Promise<void>((resolve) =>
    receiver.on('connection', (socket) => socket.on('close', () => resolve()).on('error', () => {})),
  );
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => receiver.close(resolve)));
  const proxy = await startConnectProxy();
  const { port } = receiver.address() as { port: number };
  await post(senderThrough(proxy.url), `http://127.0.0.1:${port}/`, 300);
  await closed;
});
