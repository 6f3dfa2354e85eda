/** The egress settings: those that cannot be used are refused at start, and what would be unsafe is switched off. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, readEnvironment } from '../../src/config/environment.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { runEmbedded, runProcess } from '../../src/runtime/processes.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { makeFolder } from '../helpers/folder.ts';
import { ADMIN_KEY, apiClient, TEST_KEY_RING } from '../helpers/service.ts';

const logger = createLogger('silent');

describe('TIDINGS_CA_FILE', () => {
  const startWith = (file: string) =>
    runProcess(
      readEnvironment({
        TIDINGS_CA_FILE: file,
        TIDINGS_ADMIN_KEY: ADMIN_KEY,
        TIDINGS_ENCRYPTION_KEYS: TEST_KEY_RING.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(),
        DATABASE_URL: 'postgres://127.0.0.1:1/never-reached',
        TEMPORAL_ADDRESS: '127.0.0.1:1',
      }),
      { api: true, worker: true },
      logger,
    );

  test.each([
    ['that is not there', null, /ENOENT/],
    ['that is empty', '', /no PEM certificate/],
    ['that is something else', 'a letter', /no PEM certificate/],
    [
      'whose certificate is damaged',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /TIDINGS_CA_FILE/,
    ],
  ])('a file %s is refused at start, by name', async (_what, content, reason) => {
    const file = join(await makeFolder(), 'ca.pem');
    if (content !== null) await writeFile(file, content);
    const start = startWith(file);
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow(reason);
    await expect(start).rejects.toThrow(`TIDINGS_CA_FILE: ${file}`);
  });
});

describe('TIDINGS_EGRESS_PROXY', () => {
  test.each([
    'http://proxy:3128',
    'http://proxy:3128/',
    'https://user:p%40ss@proxy.example',
    'http://[::1]:8080',
  ])('%s can be used', (url) => {
    expect(readEnvironment({ TIDINGS_EGRESS_PROXY: url }).TIDINGS_EGRESS_PROXY).toBe(url);
  });

  test.each([
    'proxy:3128',
    'socks5://s3cret@proxy',
    'http://s3cret@proxy/path',
    'http://proxy/?s3cret',
    'http://',
  ])('%s is refused by name, without its words', (url) => {
    const read = () => readEnvironment({ TIDINGS_EGRESS_PROXY: url });
    expect(read).toThrow(/TIDINGS_EGRESS_PROXY: must be a URL/);
    expect(read).not.toThrow(/s3cret/);
  });
});

describe('TIDINGS_ALLOW_CIDRS', () => {
  test.each(['10.0.0.0/8', '10.0.0.0/8, fd00::/8', '::1/128', '0.0.0.0/0'])('%s can be used', (cidrs) => {
    expect(readEnvironment({ TIDINGS_ALLOW_CIDRS: cidrs }).TIDINGS_ALLOW_CIDRS).not.toEqual([]);
  });

  test.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '999.0.0.0/8',
    '10.0.0/8',
    '::/129',
    'example.com/8',
    '10.0.0.0/8;::/0',
  ])('%s is refused by name', (cidrs) => {
    expect(() => readEnvironment({ TIDINGS_ALLOW_CIDRS: cidrs })).toThrow(/TIDINGS_ALLOW_CIDRS/);
  });
});

describe('embedded', () => {
  const statuses = async (host: string, urls: string[]): Promise<number[]> => {
    const database = await createTestDatabase();
    // Temporal's own reader of its variables looks at the process.
    process.env.TEMPORAL_ADDRESS = process.env.TEST_TEMPORAL_ADDRESS;
    const embedded = await runEmbedded(
      readEnvironment({
        TIDINGS_HOST: host,
        TIDINGS_DATA_DIR: await makeFolder(),
        TIDINGS_ADMIN_KEY: ADMIN_KEY,
        TIDINGS_TASK_QUEUE: `test-${database.url.slice(-8)}`,
        DATABASE_URL: database.url,
        TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
      }),
      { logger, progress: () => {} },
    );
    const { port } = new URL(embedded.service.url ?? '');
    const call = apiClient(`http://127.0.0.1:${port}`);
    const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Embedded' });
    const answers: number[] = [];
    for (const url of urls) {
      answers.push((await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url })).status);
    }
    await embedded.stop();
    return answers;
  };

  test.each([
    { host: '127.0.0.1', status: 201 },
    { host: 'localhost', status: 201 },
    { host: '0.0.0.0', status: 422 },
    { host: '::', status: 422 },
  ])('listening on $host, an endpoint on loopback is answered $status', async ({ host, status }) => {
    const urls = [
      'http://127.0.0.1:9999/',
      'http://localhost:9999/',
      'http://a.localhost/',
      'http://0x7f.1/',
    ];
    expect(await statuses(host, urls)).toEqual(urls.map(() => status));
  });
});
