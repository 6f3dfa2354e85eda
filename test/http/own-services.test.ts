/** Nothing is sent to Tidings' own services, also where the operator allows their network. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../src/config/environment.ts';
import { AddressBlockedError, createAddressGuard } from '../../src/http/address-guard.ts';
import type { OwnService } from '../../src/http/own-services.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { ownServiceAddresses } from '../../src/runtime/own-service-addresses.ts';

const EVERYTHING = ['0.0.0.0/0', '::/0'];
const external = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .filter(({ internal, scopeid }) => !internal && !scopeid)
  .map(({ address }) => address);

function guarding(...services: OwnService[]) {
  const guard = createAddressGuard({ allowCidrs: EVERYTHING });
  for (const service of services) guard.protect(service);
  return guard;
}

const isBlocked = async (guard: ReturnType<typeof guarding>, host: string, port: number) =>
  guard.resolve(host, port).then(
    () => false,
    (error) => {
      expect(error).toBeInstanceOf(AddressBlockedError);
      expect(error.message).toMatch(/service of Tidings itself/);
      return true;
    },
  );

const listeners = ['127.0.0.1', '0.0.0.0', '::', '::1', '[::1]', 'localhost', ...external.slice(0, 1)];
const ways = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '::1',
  '[::]',
  '::ffff:127.0.0.1',
  'localhost',
  '64:ff9b::7f00:1',
  ...external,
];

describe.each(listeners)('a service that listens on %s', (host) => {
  test.each(ways)('is not reached by way of %s', async (way) => {
    expect(await isBlocked(guarding({ host, port: 5432 }), way, 5432)).toBe(true);
  });

  test('leaves the other ports of this machine alone', async () => {
    expect(await isBlocked(guarding({ host, port: 5432 }), '127.0.0.1', 5433)).toBe(false);
  });
});

describe('a service on another machine', () => {
  const guard = guarding({ host: '10.1.2.3', port: 5432 }, { host: 'fd00::5', port: 7233 });

  test.each([
    { host: '10.1.2.3', port: 5432, blocked: true },
    { host: '::ffff:10.1.2.3', port: 5432, blocked: true },
    { host: '64:ff9b::10.1.2.3', port: 5432, blocked: true },
    { host: '10.1.2.3', port: 443, blocked: false },
    { host: '10.1.2.4', port: 5432, blocked: false },
    { host: '127.0.0.1', port: 5432, blocked: false },
    { host: 'fd00::5', port: 7233, blocked: true },
    { host: '[fd00:0::0:5]', port: 7233, blocked: true },
  ])('$host at $port is blocked: $blocked', async ({ host, port, blocked }) => {
    expect(await isBlocked(guard, host, port)).toBe(blocked);
  });

  test('is known when an endpoint is made, too', () => {
    expect(guard.urlProblem(new URL('http://10.1.2.3:5432/'))).toMatch(/service of Tidings itself/);
    expect(guard.urlProblem(new URL('http://10.1.2.3:8080/'))).toBeNull();
  });
});

test.each([443, 80])('an ingress that others share at port %i stays open to them', async (port) => {
  const guard = guarding({ host: '203.0.114.7', port }, { host: '10.0.0.7', port });
  expect(await isBlocked(guard, '203.0.114.7', port)).toBe(false);
  expect(await isBlocked(guard, '10.0.0.7', port)).toBe(true);
});

test('a service whose name leads nowhere holds up nothing', async () => {
  expect(await isBlocked(guarding({ host: 'database.invalid', port: 5432 }), '10.0.0.1', 5432)).toBe(false);
});

describe('what a process works with', () => {
  const located = (env: Record<string, string>, databaseUrl = 'postgres://u:p@db.internal/tidings') =>
    ownServiceAddresses({
      environment: readEnvironment({ TIDINGS_PORT: '0', ...env }),
      databaseUrl,
      temporal: { connection: { address: 'temporal:7233' }, namespace: 'default', uiUrl: null },
    });

  test.each([
    ['postgres://u:p@db.internal/tidings', { host: 'db.internal', port: 5432 }],
    ['postgres://u:p@db.internal:6432/tidings', { host: 'db.internal', port: 6432 }],
    ['postgresql://[fd00::5]:5433/tidings?sslmode=verify-full', { host: 'fd00::5', port: 5433 }],
    ['postgres://u:p@/tidings?host=db.internal&port=6432', { host: 'db.internal', port: 6432 }],
    ['postgres://u:p@elsewhere/tidings?host=db.internal', { host: 'db.internal', port: 5432 }],
    ['/var/run/postgresql tidings', { host: 'localhost', port: 5432 }],
    ['socket:/var/run/postgresql?db=tidings', { host: 'localhost', port: 5432 }],
    ['postgres:///tidings?host=/var/run/postgresql', { host: 'localhost', port: 5432 }],
    ['postgres://u@%2Fvar%2Frun%2Fpostgresql/tidings', { host: 'localhost', port: 5432 }],
  ])('%s is found', (url, service) => {
    expect(located({}, url)).toContainEqual(service);
  });

  test.each([
    [{ SMTP_URL: 'smtp://user:word@mail.internal:1025' }, { host: 'mail.internal', port: 1025 }],
    [{ SMTP_URL: 'smtp://mail.internal' }, { host: 'mail.internal', port: 587 }],
    [{ SMTP_URL: 'smtps://mail.internal' }, { host: 'mail.internal', port: 465 }],
    [
      { TIDINGS_PORT: '8400', TIDINGS_HOST: '0.0.0.0' },
      { host: '0.0.0.0', port: 8400 },
    ],
  ])('%j is found', (env, service) => {
    expect(located(env)).toContainEqual(service);
  });

  test.each([
    { what: "Temporal's HTTP API", service: { host: 'temporal', port: 7243 } },
    { what: "Temporal's history service", service: { host: 'temporal', port: 7234 } },
    { what: 'the page of a mail catcher', service: { host: 'mailpit', port: 8025 } },
    { what: 'the metrics', service: { host: '127.0.0.1', port: 9464 } },
  ])('$what is found', ({ service }) => {
    expect(located({ SMTP_URL: 'smtp://mailpit:1025', TIDINGS_METRICS_PORT: '9464' })).toContainEqual(
      service,
    );
  });

  test('PostgreSQL is found where PGHOST and PGPORT name it', () => {
    Object.assign(process.env, { PGHOST: 'db.internal', PGPORT: '6432' });
    try {
      expect(located({}, 'postgres://u:p@/tidings')).toContainEqual({ host: 'db.internal', port: 6432 });
    } finally {
      delete process.env.PGHOST;
      delete process.env.PGPORT;
    }
  });

  test.each([
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, { host: 'localhost', port: 4318 }],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.internal' },
      { host: 'collector.internal', port: 443 },
    ],
    [{ TIDINGS_EGRESS_PROXY: 'http://user:word@[fd00::7]:3128' }, { host: '[fd00::7]', port: 3128 }],
  ])('%j is found', (env, service) => {
    expect(located(env)).toContainEqual(service);
  });

  /** Open to everybody anyway; or given to the process in another way, which the next test looks at. */
  const OTHERS = [
    'TIDINGS_PUBLIC_URL',
    'TIDINGS_PORTAL_FRAME_ANCESTORS',
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'TIDINGS_TEMPORAL_UI',
  ];
  const SETTINGS = readFileSync(join(PACKAGE_ROOT, 'docs', 'configuration.md'), 'utf8').matchAll(
    /^\| `(\w+)` \| ([^|]*(?:URL|host:port)[^|]*) \|/gm,
  );
  const named = [...SETTINGS].map(([, name = '', value = '']) => ({ name, value }));

  test.each(named.filter(({ name }) => !OTHERS.includes(name)))(
    'what $name names is found, as it holds a URL',
    ({ name, value }) => {
      const [scheme] = /\w+(?=:\/\/)/.exec(value) ?? ['http'];
      expect(located({ [name]: `${scheme}://named.internal:4711` })).toContainEqual({
        host: 'named.internal',
        port: 4711,
      });
    },
  );

  test('every setting that holds a URL was looked at', () => {
    expect(named.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...OTHERS.filter((name) => !name.includes('ANCESTORS')),
        'SMTP_URL',
        'TIDINGS_EGRESS_PROXY',
      ]),
    );
  });

  test('Temporal and its Web UI are found', () => {
    const found = ownServiceAddresses({
      environment: readEnvironment({ TIDINGS_PORT: '0' }),
      databaseUrl: 'postgres://db/tidings',
      temporal: { connection: {}, namespace: 'default', uiUrl: 'http://127.0.0.1:8233' },
    });
    expect(found).toContainEqual({ host: 'localhost', port: 7233 });
    expect(found).toContainEqual({ host: '127.0.0.1', port: 8233 });
  });
});
