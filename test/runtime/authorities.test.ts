/**
 * Every source of certificate authorities adds to the others: a service whose PostgreSQL, Temporal, mail server, egress proxy and
 * receivers all speak TLS, with certificates of an authority that one source names while others are named by another.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, createServer as createTlsServer, rootCertificates, TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { SMTPServer } from 'smtp-server';
import { systemAuthorities, trustedAuthorities } from '../../src/http/authorities.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { startCli } from '../helpers/cli.ts';
import { startConnectProxy } from '../helpers/connect-proxy.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { makeFolder } from '../helpers/folder.ts';
import { ADMIN_KEY, apiClient, TEST_KEY_RING } from '../helpers/service.ts';

/** A server's key and certificate, the authority that has signed it, and the file that holds the authority. */
type Pair = { key: string; cert: string; ca: string; file: string };

let folder: string;

/** rustls, beneath Temporal's client, takes no authority's certificate for a server's: there are two. */
async function makeAuthority(name: string): Promise<Pair> {
  const authority = await generate([{ name: 'commonName', value: `Authority ${name}` }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true },
    ],
  });
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const file = join(folder, `${name}.pem`);
  writeFileSync(file, authority.cert);
  return { key, cert, ca: authority.cert, file };
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function joined(near: Socket, port: number, host = '127.0.0.1'): void {
  const far = connect(port, host);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => {}).on('close', () => other.destroy());
    one.pipe(other);
  }
}

/** PostgreSQL over TLS: answers the SSLRequest of its protocol, then speaks TLS, with the real server behind it. */
async function tlsPostgres(url: string, pair: Pair): Promise<string> {
  const target = new URL(url);
  const behind = Number(target.port);
  const secureContext = createSecureContext({ key: pair.key, cert: pair.cert });
  const port = await listening(
    createServer((socket) => {
      socket.once('data', () => {
        socket.write('S');
        const secured = new TLSSocket(socket, { isServer: true, secureContext });
        joined(secured, behind);
      });
    }),
  );
  target.port = String(port);
  target.searchParams.set('sslmode', 'verify-full');
  return target.href;
}

async function tlsTemporal(address: string, { key, cert }: Pair): Promise<string> {
  const [host, port] = address.split(':');
  const server = createTlsServer({ key, cert, ALPNProtocols: ['h2'] }, (socket) =>
    joined(socket, Number(port), host),
  );
  return `127.0.0.1:${await listening(server)}`;
}

async function tlsMail({ key, cert }: Pair): Promise<{ url: string; subjects: string[] }> {
  const subjects: string[] = [];
  const server = new SMTPServer({
    secure: true,
    key,
    cert,
    authOptional: true,
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (chunk) => {
        text += chunk;
      });
      stream.on('end', () => {
        subjects.push(/^subject: (.*)$/im.exec(text)?.[1] ?? '');
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `smtps://127.0.0.1:${(server.server.address() as AddressInfo).port}`, subjects };
}

async function tlsReceiver(pair: Pair, status: number): Promise<{ url: string; count: () => number }> {
  let count = 0;
  const server = createHttpsServer({ key: pair.key, cert: pair.cert }, (request, response) => {
    request.resume().on('end', () => {
      count += 1;
      response.writeHead(status).end();
    });
  });
  return { url: `https://127.0.0.1:${await listening(server)}/`, count: () => count };
}

type Sources = 'node' | 'file' | 'demo';
let authorities: { node: Pair; file: Pair; stranger: Pair };
beforeAll(async () => {
  folder = await makeFolder();
  authorities = {
    node: await makeAuthority('node'),
    file: await makeAuthority('file'),
    stranger: await makeAuthority('stranger'),
  };
});

/** Everything that a service connects to, with certificates of that authority, and what it is told of it. */
async function surroundings(pair: Pair) {
  const database = await createTestDatabase();
  const mail = await tlsMail(pair);
  const proxy = await startConnectProxy({
    tls: { key: Buffer.from(pair.key), cert: Buffer.from(pair.cert) },
  });
  return {
    database,
    mail,
    proxy,
    env: {
      DATABASE_URL: await tlsPostgres(database.url, pair),
      TEMPORAL_ADDRESS: await tlsTemporal(process.env.TEST_TEMPORAL_ADDRESS ?? '', pair),
      TEMPORAL_TLS: 'true',
      SMTP_URL: mail.url,
      TIDINGS_EGRESS_PROXY: proxy.url,
      TIDINGS_PORT: '0',
      TIDINGS_ADMIN_KEY: ADMIN_KEY,
      TIDINGS_ENCRYPTION_KEYS: TEST_KEY_RING.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(),
      TIDINGS_ALLOW_CIDRS: '127.0.0.0/8',
      TIDINGS_TASK_QUEUE: `test-${database.url.slice(-12)}`,
      NODE_EXTRA_CA_CERTS: authorities.node.file,
      TIDINGS_CA_FILE: authorities.file.file,
    },
  };
}

describe.each(['serve', 'start'] as const)('tidings %s', (command) => {
  test.each([['node'], ['file']] as [Exclude<Sources, 'demo'>][])(
    'trusts what %s vouches for, of PostgreSQL, Temporal, mail and proxy, and receivers of both sources',
    async (source) => {
      const around = await surroundings(authorities[source]);
      const data = join(await makeFolder(), 'data');
      mkdirSync(data);
      const run = startCli([command], { env: { ...around.env, TIDINGS_DATA_DIR: data } });
      // `serve` logs where it listens, `start` prints it.
      const place = command === 'serve' ? /Server listening at (http:[^"]+)"/ : / API {13}(http:\S+)/;
      await run.until(place);
      if (command === 'start') await run.until('Ctrl-C stops everything');
      const call = apiClient(place.exec(run.stdout() + run.stderr())?.[1] ?? '');
      const { body: tenant } = await call('POST', '/v1/tenants', {
        name: 'Customer',
        contacts: ['ops@example.com'],
      });
      const receivers = [
        await tlsReceiver(authorities.node, 200),
        await tlsReceiver(authorities.file, 500),
        await tlsReceiver(authorities.stranger, 200),
      ];
      for (const { url } of receivers) {
        await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url, retry_schedule: [] });
      }
      const { body: event } = await call('POST', `/v1/tenants/${tenant.id}/events`, {
        type: 'a.b',
        data: {},
      });
      const outcomes = await eventually(
        async () => {
          const { body } = await call('GET', `/v1/tenants/${tenant.id}/events/${event.id}`);
          return body.deliveries.map(({ status }: any) => status) as string[];
        },
        (statuses) => statuses.every((status) => ['succeeded', 'failed'].includes(status)),
        40_000,
      );
      expect(outcomes.sort()).toEqual(['failed', 'failed', 'succeeded']);
      // Whom nobody vouches for is not trusted for all that.
      expect(receivers.map(({ count }) => count())).toEqual([1, 1, 0]);
      expect(around.proxy.targets.length).toBeGreaterThanOrEqual(3);
      await eventually(
        () => around.mail.subjects.length,
        (count) => count > 0,
        40_000,
      );
      if (command === 'start') {
        // The demo's own https receiver, whose authority is trusted for destinations.
        const statuses = async () => {
          const { body } = await call('GET', '/v1/tenants/demo-leah/deliveries');
          return (body.items ?? []).map(({ status }: any) => status) as string[];
        };
        await eventually(statuses, (all) => all.includes('succeeded'));
      }
      run.signal('SIGTERM');
      expect(await run.ended).toBe(0);
      await around.database.drop();
    },
    120_000,
  );

  test('trusts nobody whom no source vouches for', async () => {
    const around = await surroundings(authorities.stranger);
    const data = join(await makeFolder(), 'data');
    const run = startCli([command], { env: { ...around.env, TIDINGS_DATA_DIR: data } });
    // PostgreSQL comes first.
    expect(await run.ended).toBe(1);
    expect(run.stderr()).toMatch(/unable to verify the first certificate/);
    await around.database.drop();
  }, 60_000);
});

describe('the command line', () => {
  test.each(['TIDINGS_CA_FILE', 'NODE_EXTRA_CA_CERTS'])('trusts what %s names', async (name) => {
    const pair = authorities.node;
    const server = createHttpsServer({ key: pair.key, cert: pair.cert }, (_request, response) => {
      response.setHeader('content-type', 'application/json').end('{"items":[],"next_cursor":null}');
    });
    const url = `https://127.0.0.1:${await listening(server)}`;
    const run = startCli(['deliveries', '--url', url], { env: { [name]: pair.file } });
    expect([await run.ended, run.stdout()]).toEqual([0, 'No deliveries.\n']);
  });
});

describe('the list of authorities', () => {
  test('is none where nothing is added, so that what Node trusts by itself holds', () => {
    expect(trustedAuthorities([], {})).toBeNull();
  });

  test('holds those of Node and of every source', () => {
    const { node, file } = authorities;
    const trusted = trustedAuthorities([file.file], { NODE_EXTRA_CA_CERTS: node.file });
    const trimmed = (list: readonly string[] = []) => list.map((pem) => pem.trim());
    expect(trimmed(trusted?.added)).toEqual([node.ca.trim(), file.ca.trim()]);
    expect(trimmed(trusted?.all)).toEqual(
      expect.arrayContaining(trimmed([...rootCertificates, node.ca, file.ca])),
    );
  });

  test('holds those of OpenSSL where Node is told to use them', () => {
    const { file } = authorities;
    const env = {
      NODE_OPTIONS: '--use-openssl-ca',
      SSL_CERT_FILE: file.file,
      NODE_EXTRA_CA_CERTS: authorities.node.file,
    };
    expect(trustedAuthorities([], env)?.all.join('\n')).toContain(file.ca.trim());
  });

  test.each([
    ['a file', () => ({ SSL_CERT_FILE: authorities.file.file })],
    ['a folder', () => ({ SSL_CERT_DIR: folder })],
  ])('of the system is %s where it is named', (_what, env) => {
    expect(systemAuthorities(env()).join('\n')).toContain(authorities.file.ca.trim());
  });

  test('of the system is never empty', () => {
    expect(systemAuthorities({ SSL_CERT_FILE: join(folder, 'nothing') })).toEqual([...rootCertificates]);
    expect(systemAuthorities({}).length).toBeGreaterThan(50);
  });
});
