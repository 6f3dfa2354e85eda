/** CPU and memory of processes with their children, from /proc. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** A process with its children. */
export type Part = { name: string; pid: number };

/** CPU time of threads that have the same name. */
export type ThreadCpu = { part: string; thread: string; userMs: number; systemMs: number };

export type Machine = { cpu: string; cores: number; memoryGb: number; system: string; node: string };

type Process = { parent: number; ownMs: number; endedChildrenMs: number };

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const MS_PER_TICK = 1000 / TICKS_PER_SECOND;

function snapshot(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat === '') continue;
    // Fields are counted after the name, which is in parentheses and may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, childrenUtime = 0, childrenStime = 0] = fields.slice(11, 15);
    processes.set(Number(name), {
      parent: fields[1] ?? 0,
      ownMs: (utime + stime) * MS_PER_TICK,
      endedChildrenMs: (childrenUtime + childrenStime) * MS_PER_TICK,
    });
  }
  return processes;
}

/** @returns the processes that live, each with its number */
function treeOf(root: number, processes: Map<number, Process>): [number, Process][] {
  const tree = [root];
  for (const pid of tree) for (const [child, { parent }] of processes) if (parent === pid) tree.push(child);
  return tree.flatMap((pid) => {
    const process = processes.get(pid);
    return process === undefined ? [] : [[pid, process]];
  });
}

/**
 * CPU time that the parts have used since they started, their ended children's included.
 * @returns in ms, by part; PostgreSQL's apart for each database that its connections are to
 */
export function cpuMs(parts: readonly Part[]): Record<string, number> {
  const processes = snapshot();
  const used: Record<string, number> = {};
  for (const { name, pid } of parts) {
    for (const [member, { ownMs, endedChildrenMs }] of treeOf(pid, processes)) {
      const label = name === 'postgres' ? `postgres ${databaseOf(member)}` : name;
      used[label] = (used[label] ?? 0) + ownMs;
      used[name === 'postgres' ? 'postgres other' : name] =
        (used[name === 'postgres' ? 'postgres other' : name] ?? 0) + endedChildrenMs;
    }
  }
  return used;
}

/** A connection's process calls itself `postgres: user database address state`. */
function databaseOf(pid: number): string {
  const [, database] = /^postgres: \S+ (\S+) \d+\.\d+\.\d+\.\d+\(/.exec(read(`/proc/${pid}/cmdline`)) ?? [];
  return database ?? 'other';
}

/**
 * CPU time by thread, of Tidings' processes; Temporal's together.
 * @returns threads of the same name together
 */
export function threadCpu(parts: readonly Part[]): ThreadCpu[] {
  const processes = snapshot();
  const threads = new Map<string, ThreadCpu>();
  for (const { name: part, pid } of parts.filter(({ name }) => name !== 'postgres')) {
    for (const [member] of treeOf(pid, processes)) {
      for (const task of readdirSync(`/proc/${member}/task`)) {
        const stat = read(`/proc/${member}/task/${task}/stat`);
        const name = /\((.*)\)/.exec(stat)?.[1] ?? 'ended';
        const thread = part === 'temporal' ? 'all' : task === String(member) ? `${name}, main` : name;
        const [user = 0, system = 0] = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .slice(11, 13)
          .map(Number);
        const sum = threads.get(`${part} ${thread}`) ?? { part, thread, userMs: 0, systemMs: 0 };
        sum.userMs += user * MS_PER_TICK;
        sum.systemMs += system * MS_PER_TICK;
        threads.set(`${part} ${thread}`, sum);
      }
    }
  }
  return [...threads.values()].filter(({ userMs, systemMs }) => userMs + systemMs > 0);
}

/** @returns proportional set size in MB, by part: what is shared counts once */
export function memoryMb(parts: readonly Part[]): Record<string, number> {
  const processes = snapshot();
  const used: Record<string, number> = {};
  for (const { name, pid } of parts) {
    let kb = 0;
    for (const [member] of treeOf(pid, processes)) {
      kb += Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${member}/smaps_rollup`))?.[1] ?? 0);
    }
    used[name] = kb / 1024;
  }
  return used;
}

/** CPU time that the whole machine has been busy since boot, in ms: with it one sees what else was running. */
export function machineBusyMs(): number {
  const [firstLine = ''] = read('/proc/stat').split('\n');
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = firstLine
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK;
}

export function machine(): Machine {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  };
}

/** @returns the guard's process, whose only child is the program: pid files begin with the number */
export const pidIn = (file: string): number => Number(readFileSync(file, 'utf8').split(' ')[0]);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
