/**
 * Every command with every kind of wrong input ends with a sentence that says what to do, with the documented exit status, and
 * without a stack trace. The commands come from the program: a new one joins by being there.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import type { Command } from 'commander';
import { generate } from 'selfsigned';
import { EXIT } from '../../src/cli/failures.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { freePort } from '../../src/embedded/free-port.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { MAIN, runCli } from '../helpers/cli.ts';
import { makeFolder } from '../helpers/folder.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const COMMANDS = buildProgram().commands;
const callsApi = (command: Command) => command.options.some(({ long }) => long === '--url');
const ALL = COMMANDS.map((command) => command.name());
const PROCESSES = COMMANDS.filter((command) => !callsApi(command)).map((command) => command.name());

/** Each way to call the API: with and without the arguments and the tenant that may be left out. */
const CALLS: string[][] = COMMANDS.filter(callsApi).flatMap((command) => {
  const args = command.registeredArguments;
  const tenant = command.options.find(({ long }) => long === '--tenant');
  const needed = command.options
    .filter(({ mandatory }) => mandatory)
    .flatMap(({ long }) => [long ?? '', 'x']);
  const base = [command.name(), ...args.filter(({ required }) => required).map(() => 'x'), ...needed];
  const isOptional = tenant !== undefined && !tenant.mandatory;
  // Without its tenant `listen` calls nobody.
  const ways = isOptional ? [[...base, '--tenant', 'x']] : [base];
  if (args.some(({ required }) => !required)) ways.push([...base, 'x']);
  return ways;
});

async function serve(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    (server as unknown as { closeAllConnections?: () => void }).closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
const answering = async (answer: RequestListener) => `http://127.0.0.1:${await serve(createServer(answer))}`;
const answers = (status: number, type: string, body: string, headers: Record<string, string> = {}) =>
  answering((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  });

/** A URL behind which there is no Tidings, and what is said of it. */
const STRANGERS: [string, () => Promise<string>, RegExp][] = [
  ['nobody', async () => `http://127.0.0.1:${await freePort(0)}`, /Is the service running\? .*npm start/],
  ['no such host', async () => 'http://no-such-host.invalid', /no such host/i],
  ['a port that no browser calls', async () => 'http://127.0.0.1:1', /Check the URL/],
  ['HTML', () => answers(200, 'text/html', '<!doctype html><h1>Hello</h1>'), /text\/html.*Check the URL/],
  ['HTML that is an error', () => answers(404, 'text/html', '<h1>Nothing here</h1>'), /404.*text\/html/],
  ['an error of a gateway', () => answers(502, 'application/json', '{"message":"upstream"}'), /502/],
  ['nothing', () => answers(200, 'application/json', ''), /an empty answer/],
  ['JSON that breaks off', () => answers(200, 'application/json', '{"items":[{"id'), /breaks off/],
  ['JSON of another kind', () => answers(200, 'application/json', '{"hello":["world"]}'), /another kind/],
  ['null', () => answers(200, 'application/json', 'null'), /another kind/],
  ['a list of other things', () => answers(200, 'application/json', '{"items":[null,1]}'), /another kind/],
  [
    'a redirect',
    () => answers(301, 'text/html', '', { location: 'https://elsewhere.example/' }),
    /redirects to https:\/\/elsewhere\.example\/.*--url/,
  ],
  [
    'an answer that is cut off',
    () =>
      answering((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"items":[', () => response.destroy());
      }),
    /closed in the middle/,
  ],
  [
    'a closed connection',
    async () => (await startTcpServer((socket) => socket.destroy())).url,
    /closed in the middle/,
  ],
  [
    'another protocol',
    async () => (await startTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))).url,
    /does not speak HTTP/,
  ],
  ['silence', async () => (await startTcpServer(() => {})).url, /took too long.*--timeout/],
  [
    'http where https is called',
    async () => (await answers(200, 'application/json', '{}')).replace('http:', 'https:'),
    /does not speak TLS.*http:\/\//,
  ],
  ['https where http is called', async () => (await startTls()).replace('https:', 'http:'), /https:\/\//],
  ['a certificate that nobody vouches for', () => startTls(), /not trusted.*TIDINGS_CA_FILE/],
];

async function startTls(): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const server = createTlsServer({ key, cert }, (_request, response) => response.end('{}'));
  server.on('tlsClientError', () => {});
  return `https://127.0.0.1:${await serve(server)}`;
}

function isOneSentence(stderr: string): void {
  expect(stderr).not.toMatch(/\n\s+at |\[object|undefined|TypeError|node:internal|Unexpected token/);
  const [sentence = '', ...more] = stderr.trimEnd().split('\n');
  // What is wrong on the command line itself is followed by where to look.
  const isOfLine = sentence.startsWith('error: ');
  expect(sentence).toMatch(isOfLine ? /^error: .{20,}$/ : /^\S.{20,}(\.|npm start|\))$/);
  expect(more).toEqual(isOfLine ? [expect.stringMatching(/^\(tidings --help/)] : []);
}

describe.each(CALLS.map((args) => [args.join(' '), args] as const))('tidings %s', (_line, args) => {
  test.concurrent.each(STRANGERS)('is answered by %s', async (_what, start, words) => {
    const url = await start();
    const { status, stdout, stderr } = await runCli([...args, '--url', url, '--timeout', '3']);
    expect([stderr, status, stdout]).toEqual([expect.stringMatching(words), EXIT.noAnswer, '']);
    isOneSentence(stderr);
  });

  test.concurrent.each([
    ['a URL that is none', ['--url', 'foo'], {}, /--url/],
    ['a URL of another scheme', ['--url', 'ftp://example.com'], {}, /--url/],
    ['a URL with a password', ['--url', 'http://user:word@localhost'], {}, /--url/],
    ['an empty URL', ['--url', ''], {}, /--url/],
    ['a wrong TIDINGS_URL', [], { TIDINGS_URL: 'localhost:8400' }, /TIDINGS_URL/],
    ['a key that is not ASCII', ['--key', 'ключ-ключ'], {}, /1st/],
    ['a key with a line end', ['--key', 'abc\n'], {}, /4th/],
    ['an empty key', ['--key', ''], {}, /empty/],
    ['a wrong TIDINGS_API_KEY', [], { TIDINGS_API_KEY: 'tïdings' }, /TIDINGS_API_KEY.*2nd/],
    ['no key for another machine', ['--url', 'http://tidings.example'], { TIDINGS_API_KEY: '' }, /--key/],
    ['a data directory that is a file', [], { TIDINGS_DATA_DIR: MAIN }, /TIDINGS_DATA_DIR/],
    ['a time that is none', ['--timeout', 'soon'], {}, /--timeout/],
    [
      'authorities that are none',
      ['--url', 'https://127.0.0.1:2'],
      { TIDINGS_CA_FILE: MAIN },
      /TIDINGS_CA_FILE/,
    ],
  ] as [string, string[], Record<string, string>, RegExp][])(
    'is given %s',
    async (_what, more, env, words) => {
      const { status, stdout, stderr } = await runCli([...args, ...more], { env });
      expect([stderr, status, stdout]).toEqual([expect.stringMatching(words), EXIT.usage, '']);
      expect(stderr).not.toContain('ключ-ключ');
      isOneSentence(stderr);
    },
  );

  test('is called where nothing was ever started', async () => {
    const cwd = await makeFolder();
    const { status, stderr } = await runCli(args, { cwd, env: { TIDINGS_API_KEY: '' } });
    expect([stderr, status]).toEqual([
      expect.stringMatching(/nothing was started in .*npm start/),
      EXIT.usage,
    ]);
    isOneSentence(stderr);
  });
});

describe.each(CALLS.map((args) => [args.join(' '), args] as const))(
  'tidings %s, of a service,',
  (_line, args) => {
    let tidings: TestService;
    beforeAll(async () => {
      tidings = await startTestService();
    });
    afterAll(() => tidings?.stop());

    test.each([
      [
        'is refused with a wrong key',
        { TIDINGS_API_KEY: 'no-such-key-anywhere' },
        /API key.*TIDINGS_API_KEY/i,
      ],
      ['is refused what is not there', {}, /There is no/],
    ])('%s', async (_what, env, words) => {
      const { status, stdout, stderr } = await runCli([...args, '--url', tidings.url], { env });
      // Nothing in an empty list is no fault, and a link to sign in is about nothing.
      const done = expect.stringMatching(/^(No deliveries\.|http:\S+#code=\S+)\n$/);
      if (stdout !== '') return expect([stdout, status]).toEqual([done, EXIT.done]);
      expect([stderr, status]).toEqual([expect.stringMatching(words), EXIT.failed]);
      isOneSentence(stderr);
    });
  },
);

describe.each(ALL)('tidings %s', (name) => {
  test.concurrent.each([
    ['an option that there is not', ['--frobnicate'], EXIT.usage],
    ['too many arguments', ['a', 'b', 'c', 'd'], EXIT.usage],
    ['a call for help', ['--help'], EXIT.done],
  ])('is given %s', async (_what, more, expected) => {
    const { status, stdout, stderr } = await runCli([name, ...more]);
    expect(status).toBe(expected);
    if (expected === EXIT.done) expect(stdout).toContain(`Usage: tidings ${name}`);
    else isOneSentence(stderr);
  });
});

describe.each(PROCESSES)('tidings %s', (name) => {
  test('is refused settings that cannot work, all at once', async () => {
    const env = { TIDINGS_PUBLIC_URL: 'foo', TIDINGS_PORT: 'many', SMTP_URL: 'http://mail' };
    const { status, stderr } = await runCli([name], { env, cwd: await makeFolder() });
    expect(status).toBe(EXIT.usage);
    for (const variable of Object.keys(env))
      expect(stderr).toMatch(new RegExp(`^  ${variable}: must be `, 'm'));
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

test.each([
  [[], EXIT.usage, /Usage: tidings/],
  [['frobnicate'], EXIT.usage, /unknown command/],
  [['--version'], EXIT.done, /^\d+\.\d+\.\d+/],
])('tidings %j ends with %i', async (args, expected, words) => {
  const { status, stdout, stderr } = await runCli(args);
  expect([status, stdout + stderr]).toEqual([expected, expect.stringMatching(words)]);
});

test('every exit status is documented', () => {
  const document = readFileSync(join(PACKAGE_ROOT, 'docs', 'command-line.md'), 'utf8');
  const help = buildProgram().helpInformation();
  for (const status of Object.values(EXIT)) expect(document).toMatch(new RegExp(`^\\| ${status} \\|`, 'm'));
  for (const command of ALL) expect([help, document].every((text) => text.includes(command))).toBe(true);
});

describe('the data of an event', () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

  test.concurrent.each([
    ['Latin-1', bytes('{"a":\n"caf', [0xe9], '"}'), /byte e9 in line 2, column 5 \(byte 11\)/],
    ['cut within a character', bytes('{"a":"', [0xe2, 0x82]), /byte e2 in line 1, column 7/],
    ['Latin-1 behind other characters', bytes('{"日本":"', [0xfc], '"}'), /byte fc in line 1, column 8/],
    ['a byte that looks like the sign for one', bytes([0xef, 0x41]), /byte ef in line 1, column 1/],
    ['a surrogate', bytes('"', [0xed, 0xa0, 0x80], '"'), /byte ed/],
    ['UTF-8 with a byte order mark', bytes([0xef, 0xbb, 0xbf], '{}'), /byte order mark \(UTF-8\)/],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), /byte order mark \(UTF-16/],
    ['not JSON', bytes('{a: 1}'), /not JSON/],
    ['cut off', bytes('{"a": 1'), /not JSON/],
    ['empty', bytes(''), /empty/],
    ['blank', bytes(' \n'), /empty/],
  ])(
    'that is %s is refused with the place, from a file and from standard input',
    async (_what, content, words) => {
      const folder = await makeFolder();
      const file = join(folder, 'data.json');
      writeFileSync(file, content);
      for (const [data, stdin] of [
        [`@${file}`, ''],
        ['-', content],
      ] as const) {
        const { status, stderr } = await runCli(['emit', 'a.b', '-t', 'x', '-d', data], { stdin });
        expect([stderr, status]).toEqual([expect.stringMatching(words), EXIT.usage]);
        expect(stderr).toMatch(data === '-' ? /^Standard input / : new RegExp(`^${file} `));
      }
    },
  );

  test.each([
    ['@nowhere.json', /there is no such file/],
    ['@folder', /it is a folder/],
    ['@', /cannot be read/],
    ['{', /not JSON/],
  ])('%s cannot be read', async (data, words) => {
    const cwd = await makeFolder();
    mkdirSync(join(cwd, 'folder'));
    const { status, stderr } = await runCli(['emit', 'a.b', '-t', 'x', '-d', data], { cwd });
    expect([stderr, status]).toEqual([expect.stringMatching(words), EXIT.usage]);
    isOneSentence(stderr);
  });

  test('an argument that is not UTF-8 is refused, one that has the sign for it is not', async () => {
    const run = (bytes: string) =>
      new Promise<string>((resolve) => {
        // A shell, for Node passes no other bytes on.
        const script = `exec "$0" "$1" emit a.b -t x --url http://127.0.0.1:2 -d "$(printf '${bytes}')"`;
        const child = spawn('/bin/sh', ['-c', script, process.execPath, MAIN], {
          env: { PATH: process.env.PATH, TIDINGS_API_KEY: ADMIN_KEY },
        });
        let text = '';
        child.stderr.on('data', (chunk) => {
          text += chunk;
        });
        child.once('close', () => resolve(text));
      });
    expect(await run('"caf\\351"')).toMatch(/An argument is not UTF-8/);
    expect(await run('"\\357\\277\\275"')).toMatch(/No answer/);
  });
});
