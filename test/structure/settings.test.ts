/** Every variable of the configuration, with every kind of value that cannot work: a new variable joins by being in the schema. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CONTRADICTIONS,
  ConfigError,
  checkEnvironment,
  environmentSchema,
  readEnvironment,
} from '../../src/config/environment.ts';
import { type Needs, readSettings } from '../../src/config/settings.ts';
import { valueMeta } from '../../src/variable-kinds.ts';
import { makeFolder } from '../helpers/folder.ts';

type Name = keyof typeof environmentSchema.shape;
const NAMES = Object.keys(environmentSchema.shape) as Name[];
const metaOf = (name: Name) => valueMeta(environmentSchema.shape[name]);

const KEY = Buffer.alloc(32, 1).toString('base64');

/** What is right and what is wrong for each kind of value that has no bounds to derive it from. */
const KINDS: Record<string, { right: string[]; wrong: string[] }> = {
  flag: { right: ['true', 'false', '1', '0'], wrong: ['maybe', '2', 'yes please'] },
  path: { right: ['file.pem', '/a/b c', './x'], wrong: [] },
  name: { right: ['tidings', 'tidings-2', 'a.b:c_d'], wrong: ['two words', 'a/b', 'x'.repeat(201)] },
  host: {
    right: ['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost', 'api.example.com'],
    wrong: [
      '999.1.1.1',
      '10.0.0',
      'localhost:8400',
      '[::1]',
      'http://localhost',
      'two words',
      '-a',
      'a..b',
      'a/b',
    ],
  },
  key: {
    right: ['x'.repeat(16), '!"#$%&/()=?~abcde'],
    wrong: ['short', 'ключ-ключ-ключ-ключ', 'sixteen letters and a blank'],
  },
  keys: {
    right: [`k1:${KEY}`, `k1:${KEY}, k2:${KEY}`],
    wrong: ['k1', KEY, `k1:${KEY.slice(4)}`, `k1:${KEY},k1:${KEY}`, `k1:${KEY},`, `a b:${KEY}`],
  },
  CIDRs: {
    right: ['10.0.0.0/8', '10.0.0.0/8, fd00::/8'],
    wrong: ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'example.com/8'],
  },
  'proxy URL': {
    right: ['http://proxy:3128', 'https://user:p%40ss@proxy.example', 'http://[::1]:8080/'],
    wrong: [
      'foo',
      'proxy:3128',
      'socks5://proxy',
      'http://proxy/path',
      'http://proxy/?q',
      'http://',
      'http:proxy',
    ],
  },
  'base URL': {
    right: ['http://collector:4318', 'https://example.com/tidings/', 'http://[::1]:8400'],
    wrong: [
      'foo',
      'example.com',
      'localhost:8400',
      'ftp://example.com',
      'https://',
      'https://a/?q=1',
      'https://a/#b',
      'https://u:p@a/',
    ],
  },
  URL: {
    right: ['http://collector:4318/v1/traces'],
    wrong: ['foo', 'collector:4318', 'grpc://collector', 'http://'],
  },
  'database URL': {
    right: [
      'postgres://user:word@host:5432/db?sslmode=verify-full',
      'postgresql://host/db',
      'postgres://user@/db?host=/run/postgresql',
      '/run/postgresql tidings',
    ],
    wrong: ['foo', 'mysql://host/db', 'host=localhost dbname=x', 'http://host/db', 'postgres://host:port/db'],
  },
  address: {
    right: ['127.0.0.1:7233', 'temporal:7233', 'temporal', '[::1]:7233', 'ns.acct.tmprl.cloud:7233'],
    wrong: [
      'http://temporal:7233',
      'temporal:port',
      'temporal:70000',
      'temporal:0',
      'a b:7233',
      'temporal:7233/x',
      ':7233',
    ],
  },
  origins: {
    right: [
      'https://app.example.com',
      'http://localhost:3000  https://*.example.com:8443',
      ' https://example.com ',
      'https://[::1]:8400',
    ],
    wrong: [
      'example.com',
      '*',
      'https://',
      'https://*',
      'https:',
      'data:',
      "'self'",
      'https://example.com/',
      'https://example.com/path',
      'https://example.com; script-src *',
      'https://example.com, https://example.org',
      'https://user@example.com',
      'wss://example.com',
      'https://example.com:port',
    ],
  },
  'mail URL': {
    right: ['smtp://user:word@host:587', 'smtps://host', 'smtp://127.0.0.1:1025/?pool=true'],
    wrong: ['foo', 'host:587', 'imap://host', 'http://host', 'smtp://', 'mailto:a@b.example'],
  },
  mailbox: {
    right: ['a@b.example', 'Tidings <tidings@localhost>', '"Tidings, Inc." <a@b.example>'],
    wrong: [
      'foo',
      'Tidings',
      'Tidings <tidings>',
      '@b.example',
      'a@',
      'a@b@c',
      'a@b.example, c@d.example',
      '<>',
      'a b@c.example',
    ],
  },
};

/** Nobody means these, whatever the variable. */
const HOSTILE = [' ', '\t', 'a\nb', 'a\u0000b', '\u001b[31mred', 'a\u202eb'];

function valuesOf(name: Name): { right: string[]; wrong: string[] } {
  const { kind = '', min = 0, max = 0, allowed = '' } = metaOf(name);
  switch (kind) {
    case 'whole':
      return {
        right: [String(min), String(max)],
        wrong: [
          String(min - 1),
          String(max + 1),
          '1.5',
          'many',
          '0x10',
          '1e3',
          'NaN',
          'Infinity',
          '1,000',
          '9'.repeat(400),
        ],
      };
    case 'number':
      return {
        right: [String(min), String(max), String((min + max) / 2)],
        wrong: [
          String(-max),
          '-1',
          String(max * 2),
          'many',
          '0x10',
          '1e3',
          'NaN',
          'Infinity',
          '1,5',
          '.',
          '9'.repeat(400),
        ],
      };
    case 'choice':
      return { right: allowed.replace('one of ', '').split(', '), wrong: ['something', 'INFO ', '1'] };
    default:
      return KINDS[kind] as { right: string[]; wrong: string[] };
  }
}

/** Others are asked for nothing here. */
const refusals = (env: Record<string, string>) => checkEnvironment(env, false).problems;

test.each(NAMES)('%s says what it takes, in a kind that is tried here', (name) => {
  const { kind, allowed } = metaOf(name);
  expect([kind, allowed]).toEqual([expect.any(String), expect.any(String)]);
  expect(valuesOf(name)).toBeDefined();
});

test.each(NAMES)('%s takes what is right', (name) => {
  for (const value of valuesOf(name).right) expect([value, refusals({ [name]: value })]).toEqual([value, []]);
});

test.each(NAMES)('%s, empty, is as if it were not there', (name) => {
  expect(readEnvironment({ [name]: '' })).toEqual(readEnvironment({}));
});

test.each(NAMES)('%s refuses by name what is wrong, and says what is right, without repeating it', (name) => {
  const { wrong } = valuesOf(name);
  for (const value of [...wrong, ...HOSTILE]) {
    // A list of nothing is an empty list, and a blank around a number is none of its digits.
    if (metaOf(name).kind === 'CIDRs' && value.trim() === '') continue;
    const [problem = '', ...more] = refusals({ [name]: value });
    expect([value, problem, more]).toEqual([value, `${name}: must be ${metaOf(name).allowed}`, []]);
  }
});

test('everything that is wrong is said at once', () => {
  const wrong = Object.fromEntries(NAMES.map((name) => [name, valuesOf(name).wrong[0] ?? '\u0000']));
  const read = () => readEnvironment(wrong);
  expect(read).toThrow(ConfigError);
  for (const name of NAMES) expect(read).toThrow(new RegExp(`^  ${name}: must be `, 'm'));
});

const CONTRADICTING: Record<string, Record<string, string>[]> = {
  'TIDINGS_METRICS_PORT, TIDINGS_PORT': [
    { TIDINGS_METRICS_PORT: '9000', TIDINGS_PORT: '9000' },
    { TIDINGS_METRICS_PORT: '8400' },
  ],
  'TIDINGS_PUBLIC_URL, TIDINGS_PAGES': [
    { TIDINGS_PUBLIC_URL: 'https://example.com/hooks' },
    { TIDINGS_PUBLIC_URL: 'https://example.com/hooks/', TIDINGS_PAGES: 'on' },
  ],
};

describe('what two variables together cannot mean', () => {
  test.each(CONTRADICTIONS.map(({ of, message }) => [of.join(', '), of[0], message]))(
    '%s',
    (names, first, message) => {
      const examples = CONTRADICTING[names] ?? [];
      expect(examples).not.toEqual([]);
      for (const env of examples)
        expect(checkEnvironment(env, true).problems).toEqual([`${first}: ${message}`]);
    },
  );

  test('each is no contradiction where it can work', () => {
    expect(checkEnvironment({ TIDINGS_METRICS_PORT: '0', TIDINGS_PORT: '0' }, true).problems).toEqual([]);
    // A worker has no API.
    expect(checkEnvironment({ TIDINGS_METRICS_PORT: '8400' }, false).problems).toEqual([]);
    const below = { TIDINGS_PUBLIC_URL: 'https://example.com/hooks' };
    expect(checkEnvironment(below, false).problems).toEqual([]);
    expect(checkEnvironment({ ...below, TIDINGS_PAGES: 'off' }, true).problems).toEqual([]);
    for (const url of ['https://example.com', 'https://example.com/', 'https://example.com:8443//'])
      expect(checkEnvironment({ TIDINGS_PUBLIC_URL: url }, true).problems).toEqual([]);
  });
});

describe('what the variables name', () => {
  const whole = {
    TIDINGS_ADMIN_KEY: 'x'.repeat(16),
    TIDINGS_ENCRYPTION_KEYS: `k1:${KEY}`,
    DATABASE_URL: 'postgres://127.0.0.1:1/never-reached',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  };
  const serve: Needs = { api: true, keys: true, database: true, temporal: true };
  const settings = (needs: Needs, env: Record<string, string>) => () => readSettings(needs, env);

  test('what is whole is taken', () => {
    expect(settings(serve, whole)).not.toThrow();
    expect(settings({ api: true, embedded: true }, {})).not.toThrow();
  });

  test('what is missing, malformed, unreadable and contradicting comes in one refusal, each once', async () => {
    const folder = await makeFolder();
    const file = join(folder, 'file');
    writeFileSync(file, 'a letter');
    mkdirSync(join(folder, 'folder'));
    const env = {
      TIDINGS_ADMIN_KEY: 'short',
      TIDINGS_CA_FILE: join(folder, 'nothing'),
      NODE_EXTRA_CA_CERTS: file,
      DATABASE_URL: `postgres://user:s3cret@host/db?sslmode=verify-full&sslrootcert=${join(folder, 'none.pem')}`,
      TIDINGS_PUBLIC_URL: 'foo',
      TIDINGS_METRICS_PORT: '8400',
    };
    let message = '';
    try {
      readSettings(serve, env);
    } catch (error) {
      message = (error as Error).message;
    }
    const lines = message.split('\n').filter((line) => /^ {2}\S/.test(line));
    expect(lines.map((line) => line.trim().split(/[: ]/)[0]).sort()).toEqual([
      'DATABASE_URL',
      'NODE_EXTRA_CA_CERTS',
      'TEMPORAL_ADDRESS',
      'TIDINGS_ADMIN_KEY',
      'TIDINGS_CA_FILE',
      'TIDINGS_ENCRYPTION_KEYS',
      'TIDINGS_METRICS_PORT',
      'TIDINGS_PUBLIC_URL',
    ]);
    expect(message).not.toContain('s3cret');
  });

  test.each([
    ['TIDINGS_DATA_DIR', 'file', /is not a folder/],
    ['TIDINGS_TEMPORAL_CLI', 'nothing', /ENOENT/],
    ['TIDINGS_TEMPORAL_CLI', 'file', /EACCES/],
    ['TIDINGS_CA_FILE', 'file', /no PEM certificate/],
    ['NODE_EXTRA_CA_CERTS', 'nothing', /ENOENT/],
  ])('`start` refuses %s that names a %s', async (name, what, reason) => {
    const folder = await makeFolder();
    writeFileSync(join(folder, 'file'), 'a letter');
    const start = settings({ api: true, embedded: true }, { [name]: join(folder, what) });
    expect(start).toThrow(new RegExp(`  ${name}: `));
    expect(start).toThrow(reason);
  });

  test.each([
    ['serve', serve, ['TIDINGS_ADMIN_KEY and TIDINGS_ENCRYPTION_KEYS', 'DATABASE_URL', 'TEMPORAL_ADDRESS']],
    ['migrate', { database: true }, ['DATABASE_URL']],
    [
      're-encrypt',
      { database: true, keys: true },
      ['TIDINGS_ADMIN_KEY and TIDINGS_ENCRYPTION_KEYS', 'DATABASE_URL'],
    ],
  ] as [string, Needs, string[]][])('%s says all that it needs', (_command, needs, names) => {
    for (const name of names) expect(settings(needs, {})).toThrow(`${name} must be set`);
  });
});
