/** The example receivers in examples/ are run against the service, because people copy them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { Webhook } from 'standardwebhooks';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { bodyOf, storedVectors, type Vector, vectorsOfNow } from '../helpers/vectors.ts';

const EXAMPLES = join(PACKAGE_ROOT, 'examples');
/** within node_modules, so that the transpiled example finds its packages */
const CACHE = join(PACKAGE_ROOT, 'node_modules', '.cache');
const COMPILE_MS = 120_000;
const START_MS = 20_000;

type Example = { language: string; needs: string[]; build(folder: string): string[] };

/** `build` answers with the command that runs it. */
const examples: Example[] = [
  {
    language: 'TypeScript',
    needs: ['node', '--version'],
    build(folder) {
      const source = readFileSync(join(EXAMPLES, 'typescript', 'receiver.ts'), 'utf8');
      const { code } = transformSync(source, {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      const file = join(folder, 'receiver.mjs');
      writeFileSync(file, code);
      return [process.execPath, file];
    },
  },
  {
    language: 'Python',
    needs: ['python3', '--version'],
    build: () => ['python3', join(EXAMPLES, 'python', 'receiver.py')],
  },
  {
    language: 'Go',
    needs: ['go', 'version'],
    build(folder) {
      const program = join(folder, 'receiver');
      const { status, stderr } = spawnSync('go', ['build', '-o', program, '.'], {
        cwd: join(EXAMPLES, 'go'),
        env: { ...process.env, GOTOOLCHAIN: 'local' },
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return [program];
    },
  },
];

type Running = { child: ChildProcess; url: string; lines: string[] };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Resolves when it says that it listens; its output goes on growing in `lines`. */
async function start([program = '', ...args]: string[], secret: string): Promise<Running> {
  const port = await freePort();
  const child = spawn(program, args, {
    env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const lines: string[] = [];
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk;
    lines.splice(0, lines.length, ...output.split('\n').slice(0, -1));
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('error', (error) => collect(Buffer.from(`${error}\n`)));
  await until(() => lines.some((line) => line.startsWith('listening on ')), lines);
  return { child, url: `http://127.0.0.1:${port}/webhooks`, lines };
}

async function until(isTrue: () => boolean, lines: string[]): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`The receiver said only: ${lines.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  process.kill(child.pid, 'SIGKILL');
  await exited;
}

/** A request as Tidings would make it, with what is to be wrong about it. */
function post(
  to: Running,
  secret: string,
  wrong: { signature?: string; before?: string; ageS?: number; body?: string } = {},
): Promise<number> {
  const id = 'evt_by_hand';
  const at = new Date(Date.now() - (wrong.ageS ?? 0) * 1000);
  const body = '{"type":"by.hand","timestamp":"2024-05-01T09:00:00.000Z","data":{"n":1}}';
  const signature = wrong.signature ?? new Webhook(secret).sign(id, at, body);
  return fetch(to.url, {
    method: 'POST',
    body: wrong.body ?? body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': (wrong.before ?? '') + signature,
    },
  }).then(({ status }) => status);
}

let tidings: TestService;
let folder: string | undefined;
const running: ChildProcess[] = [];

beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());
afterEach(async () => {
  await Promise.all(running.splice(0).map(end));
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

function newFolder(language: string): string {
  const isScript = language === 'TypeScript';
  if (isScript) mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(isScript ? CACHE : tmpdir(), 'tidings-example-'));
  return folder;
}

/** The examples take one HMAC secret; their bodies are JSON, as Tidings' are; and time goes on while they are asked. */
function isForExamples({ profile, name, secrets, body_base64: body }: Vector): boolean {
  const [hmac] = storedVectors();
  const isAtTheEdge = /five minutes|ago|ahead/.test(name);
  return (
    profile === 'standard-webhooks' &&
    secrets.length === 1 &&
    secrets[0] === hmac?.secrets[0] &&
    (body === hmac?.body_base64 || Buffer.from(body, 'base64').toString() === '{}') &&
    !isAtTheEdge
  );
}

for (const { language, needs, build } of examples) {
  const [program = '', ...args] = needs;
  const isMissing = spawnSync(program, args).status !== 0;
  const name = `the ${language} receiver accepts what Tidings signs, once, and nothing else`;
  if (isMissing) {
    test.skip(`${name} (${program} is not on the PATH)`, () => {});
    continue;
  }
  test(
    name,
    async () => {
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      const receiver = await start(build(newFolder(language)), secret);

      const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: language });
      const created = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
        url: receiver.url,
        secret,
      });
      expect(created.status).toBe(201);
      const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
        type: 'lesson.completed',
        data: { lesson: 'Einwände entkräften' },
      });
      const delivery = await tidings.settled(event.deliveries[0].id);
      expect(delivery).toMatchObject({ status: 'succeeded', attempts: [{ response: { status: 204 } }] });
      const linesOf = (id: string) => receiver.lines.filter((line) => line.startsWith(id));
      await until(() => linesOf(event.id).length > 0, receiver.lines);
      expect(linesOf(event.id)).toEqual([expect.stringContaining('lesson.completed')]);

      const forged = `v1,${randomBytes(32).toString('base64')}`;
      expect(await post(receiver, secret, { signature: forged })).toBe(401);
      expect(await post(receiver, secret, { body: '{"type":"by.hand","data":{"n":2}}' })).toBe(401);
      expect(await post(receiver, secret, { ageS: 360 })).toBe(401);
      expect(await post(receiver, secret, { ageS: -360 })).toBe(401);
      expect(linesOf('evt_by_hand')).toEqual([]);

      expect(await post(receiver, secret, { before: `v1a,AAAA ${forged} ` })).toBe(204);
      expect(await post(receiver, secret)).toBe(204);
      await until(() => linesOf('evt_by_hand').length > 0, receiver.lines);
      expect(linesOf('evt_by_hand')).toHaveLength(1);
    },
    COMPILE_MS,
  );

  test(
    `the ${language} receiver makes of OpenSSL's signatures what the libraries make of them`,
    async () => {
      const vectors = vectorsOfNow().filter(isForExamples);
      const receiver = await start(build(newFolder(language)), vectors[0]?.secrets[0] ?? '');
      const made: Record<string, number> = {};
      for (const vector of vectors) {
        const { status } = await fetch(receiver.url, {
          method: 'POST',
          headers: vector.headers,
          body: bodyOf(vector),
        });
        made[vector.name] = status;
      }
      expect(made).toEqual(
        Object.fromEntries(
          vectors.map(({ name, outcome }) => [name, outcome === 'accepted' ? 204 : 401] as const),
        ),
      );
      expect(new Set(Object.values(made)).size).toBe(2);
    },
    COMPILE_MS,
  );
}
