/** The look-up of listening ports, on real processes: a child, a child of a child, and one that is not ours. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { createListeningPorts, createProcSource, lsofSource } from '../../src/http/listening-ports.ts';
import { atEnd } from '../helpers/cleanup.ts';

const LISTEN = `
  const server = require('node:net').createServer().listen(0, process.argv[1], () => {
    console.log(process.pid, server.address().port);
  });
  setTimeout(() => process.exit(), 60_000);`;

/** @param through more arguments before the program. @returns the port that it says it listens on */
async function listenIn(
  host: string,
  through: string[] = [],
): Promise<{ port: number; child: ChildProcess }> {
  const [program = '', ...args] = [...through, process.execPath, '-e', LISTEN, host];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const [pid, port] = String(line).split(' ').map(Number);
  atEnd(async () => {
    try {
      process.kill(pid ?? 0, 'SIGKILL');
    } catch {
      // The test has ended it.
    }
  });
  return { port: port ?? 0, child };
}

const sources = [
  ...(process.platform === 'linux' ? [{ name: '/proc', source: createProcSource() }] : []),
  ...(spawnSync('lsof', ['-v']).error === undefined ? [{ name: 'lsof', source: lsofSource }] : []),
];

describe.each(sources)('asked of $name', ({ source }) => {
  test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('our own listener on %s is ours', async (host) => {
    const server = createServer().listen(0, host);
    atEnd(async () => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await source(process.pid)).toContain(port);
    server.close();
    await once(server, 'close');
    expect(await source(process.pid)).not.toContain(port);
  });

  test('a child is ours, and so is the child of a shell that is our child', async () => {
    const direct = await listenIn('127.0.0.1');
    // The shell stays, because something comes after the program.
    const below = await listenIn('127.0.0.1', ['/bin/sh', '-c', '"$@"; exit 0', 'sh']);
    const ports = await source(process.pid);
    expect(ports).toContain(direct.port);
    expect(ports).toContain(below.port);
  });

  test('a process that is no relative of ours is a receiver like any other', async () => {
    // The shell ends at once, so that its child becomes nobody's.
    const { port, child } = await listenIn('127.0.0.1', ['/bin/sh', '-c', '"$@" & exit 0', 'sh']);
    if (child.exitCode === null) await once(child, 'exit');
    expect(await source(process.pid)).not.toContain(port);
  });

  test('a socket that another process opens at a port that was ours is not ours', async () => {
    const first = await listenIn('127.0.0.1');
    expect(await source(process.pid)).toContain(first.port);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(await source(process.pid)).not.toContain(first.port);
  });
});

test('there is a way to ask on this machine', () => {
  expect(sources.length).toBeGreaterThan(0);
});

describe('looking', () => {
  test('who asks during a look gets the next one, which all that ask meanwhile share', async () => {
    let looks = 0;
    const ports = createListeningPorts({
      source: async () => {
        looks += 1;
        const answer = new Set([looks]);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return answer;
      },
    });
    const first = ports.look();
    const others = Promise.all([ports.look(), ports.look(), ports.look()]);
    await first;
    expect(ports.has(1)).toBe(true);
    await others;
    expect([looks, ports.has(1), ports.has(2)]).toEqual([2, false, true]);
    await ports.look();
    expect(looks).toBe(3);
  });

  test('a receiver of this process is none of our services', async () => {
    const ports = createListeningPorts({
      source: async () => new Set([1, 2]),
      isReceiver: (port) => port === 2,
    });
    await ports.look();
    expect([ports.has(1), ports.has(2)]).toEqual([true, false]);
  });

  test('when the system does not answer, it is said once, and what was known stays known', async () => {
    const said: string[] = [];
    let answers = [new Set([7])];
    const ports = createListeningPorts({
      source: async () => {
        const [answer] = answers.splice(0, 1);
        if (answer === undefined) throw new Error('permission denied');
        return answer;
      },
      warn: (message) => said.push(message),
    });
    await ports.look();
    await ports.look();
    await ports.look();
    expect(ports.has(7)).toBe(true);
    expect(said).toEqual([
      'the ports on which our own processes listen could not be read: permission denied',
    ]);
    answers = [new Set([8])];
    await ports.look();
    expect(ports.has(8)).toBe(true);
  });
});
