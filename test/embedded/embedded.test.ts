/** `npm start` as people run it: it delivers, keeps its data, shares a machine, and leaves no process behind. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, MAIN, newFolder, start, startByNpm, startWith } from '../helpers/embedded.ts';
import { eventually } from '../helpers/eventually.ts';
import { apiClient } from '../helpers/service.ts';

const cli = (folder: string, ...args: string[]) =>
  execFileSync(process.execPath, [MAIN, ...args], {
    env: environment(folder),
    cwd: folder,
    encoding: 'utf8',
  });

/** The processes that work on the folder's data. */
function processesOn(folder: string): string[] {
  const all = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(folder) || (line.includes('postgres') && line.includes(folder)));
}

async function untilNoneOn(folder: string, pids: number[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  const alive = () => pids.filter((pid) => isAlive(pid));
  while ((processesOn(folder).length > 0 || alive().length > 0) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect([processesOn(folder), alive()]).toEqual([[], []]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Of the shells that guard PostgreSQL and Temporal, and of their children. */
async function embeddedPids(folder: string): Promise<number[]> {
  const guards = await Promise.all(
    ['postgres/pid', 'temporal/temporal.pid'].map(async (file) =>
      Number((await readFile(join(folder, 'data', file), 'utf8')).split(' ')[0]),
    ),
  );
  const children = guards.flatMap((guard) =>
    execFileSync('ps', ['-o', 'pid=', '--ppid', String(guard)], { encoding: 'utf8' })
      .split('\n')
      .map(Number),
  );
  return [...guards, ...children].filter((pid) => pid > 0);
}

test('a newcomer sees every contract delivered; the command line works; Ctrl-C ends everything; the data is there again', async () => {
  const folder = await newFolder();
  const first = await start(folder);
  for (const contract of ['Reading Steps', 'Leah', 'SCORM API', 'Lessonly', 'Standard Webhooks']) {
    expect(first.output()).toMatch(new RegExp(`│ ${contract} .*│ succeeded`));
    expect(first.output()).not.toMatch(new RegExp(`│ ${contract} .*│ failed`));
  }
  expect(first.output()).toMatch(/Refuses twice, then accepts.*succeeded │ 3/);
  expect(first.output()).toMatch(/Always refuses.*failed\s+│ 3/);

  const listed = cli(folder, 'deliveries', '--tenant', 'demo-down');
  expect(listed).toMatch(/dlv_\w+ .*failed/);
  const [id = ''] = /dlv_\w+/.exec(listed) ?? [];
  expect(cli(folder, 'deliveries', id)).toContain('503  Not now, please try again.');
  expect(cli(folder, 'retry', id)).toContain('was failed. One more attempt is made');
  expect(cli(folder, 'emit', 'invoice.paid', '-t', 'demo-standard', '-d', '{"n":1.0}')).toMatch(
    /^evt_\w+ {2}invoice.paid/,
  );
  expect(() => cli(folder, 'emit', 'invoice.paid', '-t', 'nobody', '-d', '1')).toThrow(
    /There is no tenant nobody/,
  );

  const pids = await embeddedPids(folder);
  expect(pids.length).toBeGreaterThanOrEqual(4);
  expect(await first.end('SIGINT')).toBe(0);
  await untilNoneOn(folder, pids);

  const second = await start(folder);
  expect(second.output()).not.toContain('A demo');
  expect(cli(folder, 'deliveries', '--tenant', 'demo-reading-steps')).toContain('succeeded');
  await second.end('SIGTERM');
}, 180_000);

test('the last line is a link that signs in once; sign-in prints another; neither stands in the log', async () => {
  const folder = await newFolder();
  const started = await start(folder, '--no-demo');
  const lastLine = () => started.output().trimEnd().split('\n').at(-1)?.trim() ?? '';
  const first = await eventually(
    async () => lastLine(),
    (line) => line.startsWith('http'),
    30_000,
  );
  expect(first.startsWith(`${started.url}/dashboard/#code=`)).toBe(true);
  const second = cli(folder, 'sign-in').trim();
  const codeOf = (link: string) => new URL(link).hash.replace('#code=', '');
  const signIn = (link: string) => apiClient(started.url, '')('POST', '/v1/sessions', { code: codeOf(link) });
  for (const link of [first, second]) {
    expect(await signIn(link)).toMatchObject({ status: 201, body: { kind: 'admin' } });
    expect((await signIn(link)).status).toBe(401);
  }
  const log = await readFile(join(folder, 'data', 'logs', 'tidings.log'), 'utf8');
  for (const link of [first, second]) expect(log).not.toContain(codeOf(link));
  expect(() => cli(folder, 'sign-in', '--key', 'no-such-key-anywhere')).toThrow(/API key/);
  await started.end('SIGTERM');
  const off = await startWith({ TIDINGS_PAGES: 'off' }, folder, '--no-demo');
  expect(off.output()).not.toContain('#code=');
  expect(() => cli(folder, 'sign-in')).toThrow(/TIDINGS_PAGES=off/);
  await off.end('SIGTERM');
}, 180_000);

test.each<['SIGTERM' | 'SIGINT', string]>([
  ['SIGTERM', 'to npm alone, as a supervisor sends it'],
  ['SIGINT', 'to the whole group, as a terminal sends it, and once more by npm'],
])(
  'npm start ends everything in order on %s %s',
  async (signal) => {
    const folder = await newFolder();
    const started = await startByNpm(folder);
    const pids = await embeddedPids(folder);
    const group = started.child.pid ?? 0;
    if (signal === 'SIGINT') process.kill(-group, signal);
    await started.end(signal);
    await untilNoneOn(folder, pids);
    expect(started.output()).toContain(`Stopping (${signal})`);
    // It is removed when everything else has ended in order.
    await expect(readFile(join(folder, 'data', 'url'))).rejects.toThrow('ENOENT');
    await expect(fetch(`${started.url}/healthz`)).rejects.toThrow();
  },
  120_000,
);

test('a crash leaves no process behind, and the next start goes on', async () => {
  const folder = await newFolder();
  const first = await start(folder, '--no-demo');
  const pids = await embeddedPids(folder);
  await first.end('SIGKILL');
  await untilNoneOn(folder, pids);
  const second = await start(folder, '--no-demo');
  const key = (await readFile(join(folder, 'data', 'admin.key'), 'utf8')).trim();
  expect((await apiClient(second.url, key)('GET', '/readyz')).body).toMatchObject({
    ready: true,
    worker: 'ok',
  });
  await second.end('SIGTERM');
}, 120_000);

test('two instances share a machine, but not a data directory; one that loses its PostgreSQL or Temporal gets it back', async () => {
  const [here, there] = [await newFolder(), await newFolder()];
  const [one, two] = await Promise.all([start(here, '--no-demo'), start(there, '--no-demo')]);
  expect(one.url).not.toBe(two.url);
  await expect(start(here, '--no-demo')).rejects.toThrow(
    /Another Tidings \(process \d+\) uses the data directory/,
  );
  await two.end('SIGTERM');

  const key = (await readFile(join(here, 'data', 'admin.key'), 'utf8')).trim();
  const call = apiClient(one.url, key);
  for (const pid of await embeddedPids(here)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + 60_000;
  let ready: any = {};
  while ((ready.temporal !== 'ok' || ready.database !== 'ok') && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    ready = (await call('GET', '/readyz')).body;
  }
  expect(ready).toMatchObject({ ready: true, temporal: 'ok' });
  const answer = await call('POST', '/v1/tenants', { name: 'After the fall' });
  expect(answer.status).toBe(201);
  await one.end('SIGTERM');
}, 180_000);

test('the production processes say what they need', () => {
  expect(() => cli(tmpdir(), 'serve')).toThrow(/TIDINGS_ADMIN_KEY and TIDINGS_ENCRYPTION_KEYS must be set/);
  expect(() => cli(tmpdir(), 'migrate')).toThrow(/DATABASE_URL must be set/);
});
