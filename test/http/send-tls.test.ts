/** Deliveries over TLS: a certificate of an unknown authority is refused, one of a trusted authority is accepted. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender } from '../../src/http/send.ts';
import { startConnectProxy } from '../helpers/connect-proxy.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const guard = createAddressGuard({ allowCidrs: LOOPBACK });

if (!hasOpenssl) test.skip('openssl, which makes the certificates, is not here', () => {});
else {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-tls-'));
  const servers: Server[] = [];

  /** A self-signed certificate for the names, and the file that holds it. */
  const certificate = (file: string, names: string) => {
    const [key, cert] = [join(folder, `${file}.key`), join(folder, `${file}.crt`)];
    const subject = ['-subj', `/CN=${file}`, '-addext', `subjectAltName=${names}`];
    const kind = [
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
    ];
    execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
  };

  const serve = async (pair: { key: Buffer; cert: Buffer }) => {
    const names: string[] = [];
    const server = createServer(pair, (request, response) => {
      names.push(String((request.socket as { servername?: unknown }).servername));
      request.resume().on('end', () => response.writeHead(200).end('over TLS'));
    });
    server.on('tlsClientError', () => {});
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port, names };
  };

  const send = async (url: string, caFile?: string) => {
    const sender = createSender({ guard, caFiles: caFile === undefined ? [] : [caFile] });
    const result = await sender.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs: 20_000 });
    await sender.close();
    if ('fault' in result) throw new Error(result.fault);
    return result;
  };

  const local = certificate('local', 'DNS:localhost,IP:127.0.0.1');
  const other = certificate('other', 'DNS:other.example');
  let address: { port: number; names: string[] };
  beforeAll(async () => {
    address = await serve(local);
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(folder, { recursive: true });
  });

  test.each(['localhost', '127.0.0.1'])('a self-signed certificate of %s is a tls_error', async (host) => {
    const result = await send(`https://${host}:${address.port}/`);
    expect(result).toMatchObject({ response: null, error: { code: 'tls_error' } });
    expect(result.error?.message).toContain('SELF_SIGNED');
  });

  test.each(['localhost', '127.0.0.1'])(
    'the certificate of %s is taken where the operator trusts it',
    async (host) => {
      const result = await send(`https://${host}:${address.port}/`, local.file);
      expect(result.error).toBeNull();
      expect(result.response?.body.toString()).toBe('over TLS');
    },
  );

  test('the name of the URL is asked for, although its address is dialled', async () => {
    address.names.length = 0;
    await send(`https://localhost:${address.port}/`, local.file);
    expect(address.names).toEqual(['localhost']);
  });

  test("a trusted certificate for somebody else's name is a tls_error", async () => {
    const { port } = await serve(other);
    const result = await send(`https://localhost:${port}/`, other.file);
    expect(result).toMatchObject({ response: null, error: { code: 'tls_error' } });
    expect(result.error?.message).toContain('ALTNAME');
  });

  test('trusting one more authority does not mean trusting all', async () => {
    expect(await send(`https://localhost:${address.port}/`, other.file)).toMatchObject({
      error: { code: 'tls_error' },
    });
  });

  test.each(['http', 'https'])(
    'an %s proxy carries TLS without seeing into it; its own certificate is checked, too',
    async (scheme) => {
      const proxy = await startConnectProxy(scheme === 'https' ? { tls: local, auth: 'user:word' } : {});
      const through = async (caFile: string) => {
        const sender = createSender({ guard, caFiles: [caFile], egressProxy: proxy.url });
        const url = `https://localhost:${address.port}/`;
        const result = await sender.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs: 20_000 });
        await sender.close();
        return result;
      };
      address.names.length = 0;
      expect(await through(local.file)).toMatchObject({ error: null, response: { status: 200 } });
      expect(proxy.targets).toEqual([`127.0.0.1:${address.port}`]);
      expect(address.names).toEqual(['localhost']);
      expect(await through(other.file)).toMatchObject(
        scheme === 'https'
          ? { fault: expect.stringContaining('SELF_SIGNED') }
          : { error: { code: 'tls_error' } },
      );
    },
  );

  test('a receiver that speaks plain HTTP where TLS is expected is a tls_error', async () => {
    const plain = await startReceiver();
    const result = await send(plain.url.replace('http:', 'https:'));
    expect(result).toMatchObject({ response: null, error: { code: 'tls_error' } });
    expect(plain.received).toEqual([]);
    await plain.close();
  });
}
