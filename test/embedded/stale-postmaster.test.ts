/** The lock file of a killed PostgreSQL: it is removed if nothing works in the data directory, and never from under a PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isZombie, takeLock, whoIs } from '../../src/embedded/lock-file.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { removeStalePostmaster } from '../../src/embedded/stale-postmaster.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/eventually.ts';
import { makeFolder } from '../helpers/folder.ts';

function atEndKill(child: ChildProcess): void {
  const exited = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
}

/** A process that has ended, and whose parent does not notice. */
async function makeZombie(): Promise<{ pid: number; named: string }> {
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 120'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  atEndKill(parent);
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  const named = whoIs(pid);
  await eventually(
    () => isZombie(pid),
    (is) => is,
  );
  return { pid, named };
}

async function makeData(pid: number): Promise<{ data: string; isLocked(): Promise<boolean> }> {
  const data = join(await makeFolder(), 'data');
  await mkdir(data);
  const file = join(data, 'postmaster.pid');
  await writeFile(file, `${pid}\n${data}\n`);
  const isLocked = () =>
    access(file).then(
      () => true,
      () => false,
    );
  return { data, isLocked };
}

test('of a process that waits for its parent to notice its end', async () => {
  const { data, isLocked } = await makeData((await makeZombie()).pid);
  await removeStalePostmaster(data);
  expect(await isLocked()).toBe(false);
});

test('of a process whose number another one has got since', async () => {
  const { data, isLocked } = await makeData(process.pid);
  await removeStalePostmaster(data);
  expect(await isLocked()).toBe(false);
});

test.each(['the one that it names', 'another one, as that of a connection whose server was killed'])(
  'it stays while a process works in the directory: %s',
  async (which) => {
    const zombie = await makeZombie();
    const { data, isLocked } = await makeData(zombie.pid);
    const worker = spawn('sleep', ['120'], { cwd: data, stdio: 'ignore' });
    atEndKill(worker);
    await once(worker, 'spawn');
    if (which === 'the one that it names') await writeFile(join(data, 'postmaster.pid'), `${worker.pid}\n`);
    await removeStalePostmaster(data);
    expect(await isLocked()).toBe(true);
  },
);

test('there need not be one', async () => {
  await removeStalePostmaster(await makeFolder());
  await removeStalePostmaster(join(await makeFolder(), 'none'));
});

test('PostgreSQL starts on the data of one that was killed and is not buried', async () => {
  const directory = join(await makeFolder(), 'postgres');
  const options = { directory, logFile: `${directory}.log`, durable: false };
  const first = await startPostgres(options);
  const lock = await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8');
  await first.stop();
  const [, ...rest] = lock.split('\n');
  await writeFile(join(directory, 'data', 'postmaster.pid'), [(await makeZombie()).pid, ...rest].join('\n'));
  const second = await startPostgres(options);
  await second.stop();
}, 60_000);

test('a lock of ours that such a process holds is free', async () => {
  const { named } = await makeZombie();
  const path = join(await makeFolder(), 'lock');
  await writeFile(path, named);
  expect(await takeLock(path)).toHaveProperty('release');
});
