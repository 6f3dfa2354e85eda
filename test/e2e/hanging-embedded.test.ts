/**
 * The end of `npm start` when what it runs hangs: its PostgreSQL, its Temporal, their children and the shells that guard them are
 * stopped (SIGSTOP), and the end comes within its bound and leaves no process behind.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from '../helpers/cleanup.ts';
import { environment, MAIN, newFolder, startWith } from '../helpers/embedded.ts';
import { eventually } from '../helpers/eventually.ts';
import { apiClient } from '../helpers/service.ts';

const BOUND_S = 8;
/** That a process which is told to stop while it starts is given to have started. */
const START_S = 5;
/** From the signal until the exit is seen, on a busy machine. */
const SEEN_MS = 2_000;

type Process = { pid: number; parent: number; state: string; command: string };

function processes(): Process[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return [...table.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/gm)].map(
    ([, pid, parent, state = '', command = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      state,
      command,
    }),
  );
}

/** The process's descendants. */
function below(pid: number): Process[] {
  const all = processes();
  const found: Process[] = [];
  for (const parents = [pid]; parents.length > 0; ) {
    const parent = parents.pop();
    const children = all.filter((each) => each.parent === parent);
    found.push(...children);
    parents.push(...children.map((child) => child.pid));
  }
  return found;
}

/** Of those that were there, what is alive, or stopped: not what waits for its parent to notice its end. */
function left(family: Process[]): Process[] {
  const now = processes().filter(({ state }) => !state.startsWith('Z'));
  return family.filter(({ pid, command }) =>
    now.some((each) => each.pid === pid && each.command === command),
  );
}

async function guardOf(folder: string, file: string): Promise<number> {
  return Number((await readFile(join(folder, 'data', file), 'utf8').catch(() => '')).split(' ')[0]);
}
const POSTGRES = 'postgres/pid';
const TEMPORAL = 'temporal/temporal.pid';
const isProgram = ({ command }: Process) => /start-dev| -D /.test(command) && !command.startsWith('/bin/sh');

async function program(folder: string, file: string): Promise<Process | undefined> {
  const guard = await guardOf(folder, file);
  return guard > 0 ? below(guard).find(isProgram) : undefined;
}

const stopProcess = ({ pid }: Pick<Process, 'pid'>) => process.kill(pid, 'SIGSTOP');

/** What is stopped, of what runs in the folder. */
const HANGS: Record<string, (folder: string) => Promise<Pick<Process, 'pid'>[]>> = {
  Temporal: async (folder) => [(await program(folder, TEMPORAL)) as Process],
  PostgreSQL: async (folder) => [(await program(folder, POSTGRES)) as Process],
  'PostgreSQL and all of its processes': async (folder) => {
    const postgres = (await program(folder, POSTGRES)) as Process;
    return [postgres, ...below(postgres.pid)];
  },
  'Temporal, PostgreSQL, all of its processes, and the shells that guard them': async (folder) => {
    const guards = [await guardOf(folder, TEMPORAL), await guardOf(folder, POSTGRES)];
    return guards.flatMap((pid) => [...below(pid), { pid }]);
  },
};

test.each(Object.keys(HANGS))(
  `with %s hanging, the end comes within ${BOUND_S} s and leaves no process behind`,
  async (what) => {
    const folder = await newFolder();
    const env = { TIDINGS_SHUTDOWN_SECONDS: String(BOUND_S) };
    const tidings = await startWith(env, folder, '--no-demo');
    const key = (await readFile(join(folder, 'data', 'admin.key'), 'utf8')).trim();
    const { body } = await apiClient(tidings.url, key)('POST', '/v1/tenants', { name: 'Survives' });
    const family = below(tidings.child.pid ?? 0);
    // Two shells, their two programs, and PostgreSQL's own.
    expect(family.length).toBeGreaterThan(6);
    killAtEnd(family);
    for (const each of (await HANGS[what]?.(folder)) ?? []) stopProcess(each);
    // Somebody asks for what will not come.
    void apiClient(tidings.url, key)('GET', `/v1/tenants/${body.id}`).catch(() => {});
    const at = performance.now();
    expect(await tidings.end('SIGTERM')).toBe(0);
    expect(performance.now() - at).toBeLessThan(BOUND_S * 1_000 + SEEN_MS);
    await eventually(
      () => left(family),
      (alive) => alive.length === 0,
      SEEN_MS,
    );
    const again = await startWith(env, folder, '--no-demo');
    const found = await apiClient(again.url, key)('GET', `/v1/tenants/${body.id}`);
    expect([found.status, found.body.name]).toEqual([200, 'Survives']);
    expect(await again.end('SIGTERM')).toBe(0);
  },
  120_000,
);

test.each([POSTGRES, TEMPORAL])(
  `told to stop while it starts and %s hangs, it ends within ${START_S} s and leaves no process behind`,
  async (file) => {
    const folder = await newFolder();
    const child = spawn(process.execPath, [MAIN, 'start', '--no-demo'], {
      env: environment(folder),
      cwd: folder,
      stdio: 'ignore',
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    atEnd(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    const started = await eventually(() => program(folder, file), Boolean, 40_000);
    stopProcess(started as Process);
    const family = below(child.pid ?? 0);
    killAtEnd(family);
    const at = performance.now();
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(performance.now() - at).toBeLessThan(START_S * 1_000 + SEEN_MS);
    await eventually(
      () => left(family),
      (alive) => alive.length === 0,
      SEEN_MS,
    );
  },
  90_000,
);

/** What a test that fails has stopped is not left on the machine. */
function killAtEnd(family: Process[]): void {
  atEnd(async () => {
    for (const { pid } of left(family)) process.kill(pid, 'SIGKILL');
  });
}
