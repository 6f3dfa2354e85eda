/** A host with several addresses (RFC 8305): each is tried in turn, the first that answers is used, and the log says which. */
import { isIP, type Socket } from 'node:net';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { inTurn } from '../../src/http/dial.ts';
import { createSender, type SendResult } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { answer, startConnectProxy } from '../helpers/connect-proxy.ts';
import { startDeafServer } from '../helpers/deaf-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

/** Nobody listens on these, whatever the port. */
const [DEAD, DEAD_TOO] = ['127.0.0.2', '127.0.0.3'];
const LIVE = '127.0.0.1';

/** Sends to a name with these addresses, at the port of `url`. */
async function send(
  addresses: string[],
  url: string,
  more: { timeoutMs?: number; allow?: string[]; egressProxy?: string } = {},
): Promise<SendResult> {
  const { timeoutMs = 20_000, allow = LOOPBACK, egressProxy } = more;
  const lookup = async () => addresses.map((address) => ({ address, family: isIP(address) }));
  const sender = createSender({ guard: createAddressGuard({ allowCidrs: allow, lookup }), egressProxy });
  atEnd(() => sender.close());
  const { protocol, port } = new URL(url);
  const request = {
    url: `${protocol}//several.example:${port}/`,
    headers: [],
    body: Buffer.from('{}'),
    timeoutMs,
  };
  const result = await sender.send(request);
  if ('fault' in result) throw new Error(result.fault);
  return result;
}

describe('the order', () => {
  const [a, b, c, d] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] as const;
  const [x, y, z] = ['2001:db8::1', '2001:db8::2', '2001:db8::3'] as const;

  test.each<[string, string[], string[]]>([
    ['one address', [a], [a]],
    ['one family', [a, b, c], [a, b, c]],
    ['two families take turns', [a, b, x, y], [a, x, b, y]],
    ['beginning with that of the first', [x, y, a, b], [x, a, y, b]],
    ['the rest follows', [a, x, y, z], [a, x, y, z]],
    ['the rest of the first family, too', [a, b, c, d, x], [a, x, b, c, d]],
    ['no address twice', [a, a, x, x, a], [a, x]],
    ['none', [], []],
  ])('%s', (_what, answers, expected) => {
    expect(inTurn(answers.map((address) => ({ address, family: isIP(address) })))).toEqual(expected);
  });

  test('a name with a thousand addresses is not knocked at a thousand times', () => {
    const answers = Array.from({ length: 1_000 }, (_, at) => ({
      address: `198.51.${at >> 8}.${at & 255}`,
      family: 4,
    }));
    expect(inTurn(answers)).toHaveLength(16);
  });
});

describe('an address that does not answer', () => {
  test('is passed over when it refuses', async () => {
    const receiver = await startReceiver();
    expect(await send([DEAD, DEAD_TOO, LIVE], receiver.url)).toMatchObject({
      error: null,
      route: {
        address: LIVE,
        others: [
          { address: DEAD, error: 'ECONNREFUSED' },
          { address: DEAD_TOO, error: 'ECONNREFUSED' },
        ],
        reused: false,
        resent: false,
      },
    });
    expect(receiver.received).toHaveLength(1);
  });

  test.each(['2001:db8::1', '::1'])(
    'is passed over when it is %s, which leads nowhere here',
    async (address) => {
      const receiver = await startReceiver();
      const allow = [...LOOPBACK, '2001:db8::/32'];
      const result = await send([address, LIVE], receiver.url, { allow });
      expect(result).toMatchObject({ error: null, route: { address: LIVE } });
      expect(result.route?.others.map((each) => each.address)).toEqual([address]);
    },
  );

  test('is passed over when it says nothing, well within the time, and is let go', async () => {
    const receiver = await startReceiver();
    await startDeafServer(DEAD, Number(new URL(receiver.url).port));
    const dialling = () =>
      process.getActiveResourcesInfo().filter((name) => name.endsWith('ConnectWrap')).length;
    const before = dialling();
    expect(await send([DEAD, LIVE], receiver.url, { timeoutMs: 2_000 })).toMatchObject({
      error: null,
      route: { address: LIVE, others: [{ address: DEAD, error: 'no answer yet' }] },
    });
    expect(dialling()).toBe(before);
  });

  test('leaves time for the last, however little there is', async () => {
    const receiver = await startReceiver();
    const { port } = new URL(receiver.url);
    await Promise.all([DEAD, DEAD_TOO].map((address) => startDeafServer(address, Number(port))));
    expect(await send([DEAD, DEAD_TOO, LIVE], receiver.url, { timeoutMs: 600 })).toMatchObject({
      error: null,
      route: { address: LIVE, others: [{ address: DEAD }, { address: DEAD_TOO }] },
    });
  });

  test('is a timeout when it was the last', async () => {
    const port = await startDeafServer(DEAD);
    const result = await send([DEAD_TOO, DEAD], `http://x:${port}`, { timeoutMs: 500 });
    expect(result).toMatchObject({ response: null, error: { code: 'timeout' }, route: { address: null } });
    expect(result.error?.message).toBe(
      `No response within 500 ms: nothing accepted the connection. Tried: ${DEAD_TOO} (ECONNREFUSED), ${DEAD} (no answer yet).`,
    );
  });
});

test('when all addresses refuse, the error is connection_refused and names each', async () => {
  const closed = await startReceiver();
  await closed.close();
  const result = await send([DEAD, DEAD_TOO], closed.url);
  expect(result).toMatchObject({
    response: null,
    error: { code: 'connection_refused' },
    route: { address: null },
  });
  expect(result.error?.message).toContain(`Tried: ${DEAD} (ECONNREFUSED), ${DEAD_TOO} (ECONNREFUSED).`);
});

test('when one address of a host may not be dialled, none is', async () => {
  const receiver = await startReceiver();
  const result = await send([LIVE, DEAD], receiver.url, { allow: [`${LIVE}/32`] });
  expect(result).toMatchObject({ error: { code: 'address_blocked' }, route: null });
  expect(receiver.received).toEqual([]);
});

describe('with TLS', () => {
  test('what fails in the handshake is passed over, and of several failures the one that got furthest is told', async () => {
    const { url } = await startTcpServer(
      (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    const result = await send([DEAD, LIVE, DEAD_TOO], url.replace('http:', 'https:'));
    expect(result).toMatchObject({ response: null, error: { code: 'tls_error' } });
    expect(result.error?.message).toMatch(/is not TLS/);
    expect(result.route?.others.map((each) => each.address)).toEqual([DEAD, LIVE, DEAD_TOO]);
  });
});

describe('through an egress proxy', () => {
  test('the proxy is asked for one address after the other', async () => {
    const [proxy, receiver] = [await startConnectProxy(), await startReceiver()];
    const { port } = new URL(receiver.url);
    expect(await send([DEAD, LIVE], receiver.url, { egressProxy: proxy.url })).toMatchObject({
      error: null,
      route: { address: LIVE, others: [{ address: DEAD, error: expect.stringContaining('502') }] },
    });
    expect(proxy.targets).toEqual([`${DEAD}:${port}`, `${LIVE}:${port}`]);
  });

  test('a failure of the proxy itself is no failed attempt, also when one address has failed before', async () => {
    const proxy = await startConnectProxy();
    let asked = 0;
    proxy.behave((socket) => {
      asked += 1;
      socket.end(answer(asked === 1 ? 502 : 403));
    });
    await expect(send([DEAD, LIVE], 'http://x:9999', { egressProxy: proxy.url })).rejects.toThrow(
      'answered 403',
    );
  });
});
