/** `npm start` with each optional part broken: the service serves, and says what does not work. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliRun, startCli } from '../helpers/cli.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { makeFolder } from '../helpers/folder.ts';
import { ownTemporal } from '../helpers/own-servers.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, apiClient } from '../helpers/service.ts';

type Started = { run: CliRun; database: TestDatabase; folder: string };

async function start(
  prepare: (data: string, database: TestDatabase) => unknown,
  env: Record<string, string | undefined> = {},
  args: string[] = [],
): Promise<Started> {
  const folder = await makeFolder();
  const data = join(folder, 'data');
  mkdirSync(join(data, 'demo'), { recursive: true });
  mkdirSync(join(data, 'logs'));
  const database = await createTestDatabase();
  await prepare(data, database);
  const run = startCli(['start', ...args], {
    cwd: folder,
    env: {
      TIDINGS_DATA_DIR: data,
      TIDINGS_ADMIN_KEY: ADMIN_KEY,
      TIDINGS_TASK_QUEUE: `test-${database.url.slice(-12)}`,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
      ...env,
    },
  });
  return { run, database, folder };
}

const urlIn = (text: string) => / API {13}(http:\S+)/.exec(text)?.[1];

/** The service accepts and delivers, and ends in order. */
async function serves({ run, database }: Started, url: string): Promise<void> {
  const receiver = await startReceiver();
  const call = apiClient(url);
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Customer' });
  await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const { status } = await call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  expect(status).toBe(202);
  await receiver.until(1, 40_000);
  await receiver.close();
  run.signal('SIGTERM');
  expect(await run.ended).toBe(0);
  await database.drop();
}

const directory = (...path: string[]) => mkdirSync(join(...path), { recursive: true });

test.each([
  ['nothing', () => {}, null],
  [
    'the certificate of the demo',
    (data: string) => directory(data, 'demo', 'cert.pem'),
    /The demo does not work/,
  ],
  ['the ports of the demo', (data: string) => directory(data, 'demo', 'ports'), /The demo does not work/],
  [
    'the progress of the demo',
    (data: string) => directory(data, 'demo', 'progress'),
    /The demo does not work/,
  ],
  ['the URL for other commands', (data: string) => directory(data, 'url'), /The file .*url.* does not work/],
  ['the log', (data: string) => directory(data, 'logs', 'tidings.log'), /tidings\.log cannot be written/],
  [
    'the disk beneath the log',
    (data: string) => symlinkSync('/dev/full', join(data, 'logs', 'tidings.log')),
    null,
  ],
  [
    'the first step of the demo, by a tenant of its name and another profile',
    async (data: string, { db }: TestDatabase) => {
      writeFileSync(join(data, 'demo', 'progress'), 'begun\n');
      await db.query(
        "insert into tenants (id, name, profile, external_id, contacts, created_at) values ('ten_taken', 'Taken', 'leah', 'demo-standard', '{}', now())",
      );
    },
    /The demo does not work/,
  ],
] as [string, (data: string, database: TestDatabase) => unknown, RegExp | null][])(
  'broken: %s',
  async (_what, prepare, words) => {
    const started = await start(prepare);
    await started.run.until('Ctrl-C stops everything');
    const output = started.run.stdout() + started.run.stderr();
    if (words !== null) expect(output).toMatch(words);
    else expect(output).not.toMatch(/does not work/);
    expect(output).not.toMatch(/\n\s+at /);
    await serves(started, urlIn(output) ?? '');
  },
  120_000,
);

test('broken: the terminal, before the table and the banner are drawn', async () => {
  const started = await start(() => {}, { TIDINGS_PORT: '0' });
  await started.run.until('Starting');
  started.run.closeOutput();
  const file = join(started.folder, 'data', 'url');
  const url = await eventually(
    () => (existsSync(file) ? readFileSync(file, 'utf8').trim() : ''),
    (text) => text !== '',
    60_000,
  );
  await serves(started, url);
}, 120_000);

test.each([['the schedules', 'frontend.enableSchedules=false']])(
  'broken: %s of Temporal',
  async (_what, config) => {
    const temporal = await ownTemporal(config);
    const started = await start(() => {}, { TEMPORAL_ADDRESS: temporal.address }, ['--no-demo']);
    await started.run.until('Ctrl-C stops everything');
    await serves(started, urlIn(started.run.stdout()) ?? '');
    await temporal.stop();
  },
  120_000,
);

test('broken: Temporal, which is away: events are accepted, and a signal is heard', async () => {
  const started = await start(() => {}, { TEMPORAL_ADDRESS: '127.0.0.1:1' }, ['--no-demo']);
  await started.run.until('Ctrl-C stops everything');
  expect(started.run.stderr()).toMatch(/Temporal cannot be reached yet/);
  const call = apiClient(urlIn(started.run.stdout()) ?? '');
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Customer' });
  expect((await call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} })).status).toBe(202);
  started.run.signal('SIGHUP');
  expect(await started.run.ended).toBe(0);
  await started.database.drop();
}, 60_000);

test.each([
  ['cannot be loaded', "throw new Error('its files are gone')"],
  ['cannot be served', "export default async () => { throw new Error('its files are gone') }"],
])(
  'broken: the page of the API reference, which %s',
  async (_what, source) => {
    const asUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
    const broken = JSON.stringify({ url: asUrl(source), shortCircuit: true });
    const hooks = `export const resolve = (name, context, next) => name === '@fastify/swagger-ui' ? ${broken} : next(name, context);`;
    const preload = join(await makeFolder(), 'preload.mjs');
    writeFileSync(
      preload,
      `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hooks))});`,
    );
    const started = await start(() => {}, { NODE_OPTIONS: `--import=${preload}` }, ['--no-demo']);
    await started.run.until('Ctrl-C stops everything');
    const url = urlIn(started.run.stdout()) ?? '';
    expect((await fetch(`${url}/docs`)).status).toBe(404);
    expect((await fetch(`${url}/openapi.json`)).status).toBe(200);
    await serves(started, url);
  },
  120_000,
);

test('broken: the mail server and the collector of traces', async () => {
  const env = { SMTP_URL: 'smtp://127.0.0.1:1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const started = await start(() => {}, env, ['--no-demo']);
  await started.run.until('Ctrl-C stops everything');
  await serves(started, urlIn(started.run.stdout()) ?? '');
}, 60_000);

test('killed while the demo is played, at whatever moment, the next start completes it', async () => {
  const folder = await makeFolder();
  const database = await createTestDatabase();
  const env = {
    TIDINGS_DATA_DIR: join(folder, 'data'),
    TIDINGS_ADMIN_KEY: ADMIN_KEY,
    TIDINGS_TASK_QUEUE: `test-${database.url.slice(-12)}`,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
  };
  const count = async (table: string) => {
    const { rows } = await database.db.query(`select count(*)::int as count from ${table}`);
    return rows[0].count as number;
  };
  for (const [table, at] of [
    ['tenants', 1],
    ['endpoints', 4],
    ['events', 3],
  ] as const) {
    const run = startCli(['start'], { cwd: folder, env });
    while ((await count(table)) < at) await new Promise((resolve) => setTimeout(resolve, 2));
    run.signal('SIGKILL');
    await run.ended;
  }
  const last = startCli(['start'], { cwd: folder, env });
  await last.until('Ctrl-C stops everything');
  expect([await count('tenants'), await count('endpoints'), await count('events')]).toEqual([7, 7, 25]);
  last.signal('SIGTERM');
  expect(await last.ended).toBe(0);
  await database.drop();
}, 180_000);
