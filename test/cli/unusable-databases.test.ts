/**
 * Every command that uses a database ends, where the database cannot be used, with a sentence that says what is wrong and what to do. The
 * commands come from the program: a new one joins by being there. What serves waits for a database that is only away.
 */
import type { Socket } from 'node:net';
import { EXIT } from '../../src/cli/failures.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { freePort } from '../../src/embedded/free-port.ts';
import { runCli } from '../helpers/cli.ts';
import { makeFolder } from '../helpers/folder.ts';
import { ADMIN_KEY } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const COMMANDS = buildProgram()
  .commands.filter(({ options }) => !options.some(({ long }) => long === '--url'))
  .map((command) => command.name());
const WAITING = ['serve', 'api', 'worker'];

const served = async (answer: (socket: Socket) => unknown) =>
  `${new URL((await startTcpServer(answer)).url).host}/x`;

/** A message of PostgreSQL that asks for authentication. */
function authentication(kind: number, text: string): Buffer {
  const head = Buffer.alloc(9);
  head.write('R');
  head.writeInt32BE(8 + text.length, 1);
  head.writeInt32BE(kind, 5);
  return Buffer.concat([head, Buffer.from(text)]);
}

function askForPassword(socket: Socket): void {
  socket.once('data', () => {
    socket.write(authentication(10, 'SCRAM-SHA-256\0\0'));
    socket.once('data', () => socket.write(authentication(11, 'r=a,s=YQ==,i=4096')));
  });
}

const AWAY: [string, () => Promise<string>, RegExp][] = [
  ['nobody answers', async () => `127.0.0.1:${await freePort(0)}/x`, /cannot be reached: .*ECONNREFUSED/],
  ['has no such host', async () => 'no-such-host.invalid/x', /cannot be reached: .*(ENOTFOUND|EAI_AGAIN)/],
  ['closes every connection', () => served((socket) => socket.destroy()), /cannot be reached: \S/],
  [
    'is something else',
    () => served((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    /cannot be reached: Connection terminated/,
  ],
  ['is silent', () => served(() => {}), /cannot be reached: .*timeout/],
];
const UNUSABLE: [string, () => Promise<string>, RegExp][] = [
  [
    'has no TLS, which is asked for',
    async () =>
      `${await served((socket) => socket.once('data', () => socket.write('N')))}?sslmode=verify-full`,
    /cannot be reached over TLS: .*sslmode/,
  ],
  ['asks for a password', () => served(askForPassword), /asks for a password, and there is none/],
];

describe.each(COMMANDS)('tidings %s, with a database that', (name) => {
  test.each(WAITING.includes(name) ? UNUSABLE : [...AWAY, ...UNUSABLE])('%s', async (_what, start, words) => {
    const env = {
      DATABASE_URL: `postgres://tester@${await start()}`,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TIDINGS_ADMIN_KEY: ADMIN_KEY,
      TIDINGS_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
      TIDINGS_PORT: '0',
    };
    const args = name === 'start' ? [name, '--no-demo'] : [name];
    const { status, stderr } = await runCli(args, { env, cwd: await makeFolder() });
    expect([stderr, status]).toEqual([expect.stringMatching(words), EXIT.failed]);
    expect(stderr).toMatch(/^[^\n]*DATABASE_URL[^\n]*\.\n$/);
  });
});
