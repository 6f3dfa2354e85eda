/** CPU and memory of processes with their children, from /proc. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const MS_PER_TICK = 1000 / TICKS_PER_SECOND;

function snapshot() {
  const processes = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat === '') continue;
    // Fields are counted after the name, which is in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [utime, stime, childrenUtime, childrenStime] = fields.slice(11, 15).map(Number);
    processes.set(Number(name), {
      parent: Number(fields[1]),
      ownMs: (utime + stime) * MS_PER_TICK,
      endedChildrenMs: (childrenUtime + childrenStime) * MS_PER_TICK,
    });
  }
  return processes;
}

function treeOf(root, processes) {
  const tree = [root];
  for (const pid of tree) for (const [child, { parent }] of processes) if (parent === pid) tree.push(child);
  return tree.filter((pid) => processes.has(pid));
}

/**
 * CPU time that the parts have used since they started, their ended children's included.
 * @param {{ name: string, pid: number }[]} parts
 * @returns {Record<string, number>} in ms; PostgreSQL's apart for each database that its connections are to
 */
export function cpuMs(parts) {
  const processes = snapshot();
  const used = {};
  for (const { name, pid } of parts) {
    for (const member of treeOf(pid, processes)) {
      const { ownMs, endedChildrenMs } = processes.get(member);
      const label = name === 'postgres' ? `postgres ${databaseOf(member)}` : name;
      used[label] = (used[label] ?? 0) + ownMs;
      used[name === 'postgres' ? 'postgres other' : name] =
        (used[name === 'postgres' ? 'postgres other' : name] ?? 0) + endedChildrenMs;
    }
  }
  return used;
}

/** A connection's process calls itself `postgres: user database address state`. */
function databaseOf(pid) {
  const [, database] = /^postgres: \S+ (\S+) \d+\.\d+\.\d+\.\d+\(/.exec(read(`/proc/${pid}/cmdline`)) ?? [];
  return database ?? 'other';
}

/**
 * CPU time by thread, of Tidings' processes; Temporal's together.
 * @returns {{ part: string, thread: string, userMs: number, systemMs: number }[]} threads of the same name together
 */
export function threadCpu(parts) {
  const processes = snapshot();
  const threads = new Map();
  for (const { name: part, pid } of parts.filter(({ name }) => name !== 'postgres')) {
    for (const member of treeOf(pid, processes)) {
      for (const task of readdirSync(`/proc/${member}/task`)) {
        const stat = read(`/proc/${member}/task/${task}/stat`);
        const name = /\((.*)\)/.exec(stat)?.[1] ?? 'ended';
        const thread = part === 'temporal' ? 'all' : task === String(member) ? `${name}, main` : name;
        const [user, system] = stat
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

/** @returns {Record<string, number>} proportional set size in MB: what is shared counts once */
export function memoryMb(parts) {
  const processes = snapshot();
  const used = {};
  for (const { name, pid } of parts) {
    let kb = 0;
    for (const member of treeOf(pid, processes)) {
      kb += Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${member}/smaps_rollup`))?.[1] ?? 0);
    }
    used[name] = kb / 1024;
  }
  return used;
}

/** CPU time that the whole machine has been busy since boot, in ms: with it one sees what else was running. */
export function machineBusyMs() {
  const [, user, nice, system, , , irq, softirq, steal] = read('/proc/stat')
    .split('\n')[0]
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK;
}

export function machine() {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
