/**
 * The TCP ports that this process and its children listen on, read from the operating system. A list kept by hand would miss the ports
 * that a child opens by itself, such as the HTTP API of Temporal's server.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

export type ListeningPorts = {
  /** @returns whether one of our processes listened there at the last look */
  has(port: number): boolean;
  /** Reads the ports again. Calls that come during a read share the next one, so that each sees the ports of its own moment. */
  look(): Promise<void>;
};

/** One way to ask an operating system. @returns the ports that the process and its descendants listen on */
export type PortSource = (pid: number) => Promise<Set<number>>;

/**
 * @param options.isReceiver ports of this process that may be dialled all the same: the demo's receivers, a test's
 * @param options.source default: `/proc` on Linux, `lsof` elsewhere
 * @param options.warn called once when the operating system does not answer; the ports known by then stay known
 */
export function createListeningPorts(options: {
  isReceiver?: (port: number) => boolean;
  source?: PortSource;
  warn?: (message: string) => void;
}): ListeningPorts {
  const { isReceiver = () => false, warn = () => {} } = options;
  const source = options.source ?? (process.platform === 'linux' ? createProcSource() : lsofSource);
  let known: ReadonlySet<number> = new Set();
  let hasWarned = false;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function lookOnce(): Promise<void> {
    try {
      known = await source(process.pid);
    } catch (error) {
      if (!hasWarned)
        warn(`the ports on which our own processes listen could not be read: ${(error as Error).message}`);
      hasWarned = true;
    }
  }

  function begin(): Promise<void> {
    const look = lookOnce().finally(() => {
      if (running === look) running = null;
    });
    running = look;
    return look;
  }

  return {
    has: (port) => known.has(port) && !isReceiver(port),
    look() {
      if (running === null) return begin();
      next ??= running.then(() => {
        next = null;
        return begin();
      });
      return next;
    },
  };
}

const LISTEN = '0A';

/**
 * Reads Linux's `/proc`. The process of a socket is looked up once for each socket: the inode number names it for as
 * long as it is open.
 */
export function createProcSource(): PortSource {
  let verdicts = new Map<string, boolean>();
  return async (pid) => {
    const sockets = await listeningSockets();
    const isNew = [...sockets.keys()].some((inode) => !verdicts.has(inode));
    const ours = isNew ? await socketsOf(await descendants(pid)) : null;
    verdicts = new Map(
      [...sockets.keys()].map((inode) => [inode, verdicts.get(inode) ?? ours?.has(inode) ?? false]),
    );
    return new Set([...sockets].filter(([inode]) => verdicts.get(inode)).map(([, port]) => port));
  };
}

/** @returns port by inode (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html) */
async function listeningSockets(): Promise<Map<string, number>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) =>
      readFile(`/proc/self/net/${name}`, 'latin1').catch((error: NodeJS.ErrnoException) => {
        // A kernel without IPv6 has no such table.
        if (name === 'tcp6' && error.code === 'ENOENT') return '';
        throw error;
      }),
    ),
  );
  const sockets = new Map<string, number>();
  for (const line of tables.join('\n').split('\n')) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state === LISTEN) sockets.set(inode, Number.parseInt(local.slice(local.indexOf(':') + 1), 16));
  }
  return sockets;
}

/** Reads Linux's `/proc`. @returns the process, then its children, theirs, and so on */
export async function descendants(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    pids.map(async (each) => {
      const stat = await readFile(`/proc/${each}/stat`, 'latin1').catch(() => '');
      // The second field is the program's name in parentheses, which may hold anything.
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { pid: each, parent: Number(parent) };
    }),
  );
  return familyOf(pid, parents);
}

function familyOf(pid: number, processes: { pid: number; parent: number }[]): number[] {
  const family = [pid];
  for (const member of family) {
    family.push(...processes.filter(({ parent }) => parent === member).map((child) => child.pid));
  }
  return family;
}

async function socketsOf(pids: number[]): Promise<Set<string>> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`;
    // A process may end meanwhile, and its sockets with it.
    const descriptors = await readdir(folder).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
      const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

const run = promisify(execFile);

/** Asks `ps` and `lsof`, which macOS and the BSDs have. */
export const lsofSource: PortSource = async (pid) => {
  const [{ stdout: table }, listeners] = await Promise.all([
    run('ps', ['-axo', 'pid=,ppid=']),
    // lsof also exits with 1 when it could not look at another user's process.
    run('lsof', ['-nP', '-iTCP', '-sTCP:LISTEN', '-Fpn']).catch(
      (error: { code?: unknown; stdout?: string }) => {
        if (error.code === 1) return { stdout: error.stdout ?? '' };
        throw error;
      },
    ),
  ]);
  const processes = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([own = 0, parent = 0]) => ({ pid: own, parent }));
  const family = new Set(familyOf(pid, processes));
  const ports = new Set<number>();
  let holder = 0;
  for (const line of listeners.stdout.split('\n')) {
    if (line.startsWith('p')) holder = Number(line.slice(1));
    const [, port] = /^n.*:(\d+)$/.exec(line) ?? [];
    if (port !== undefined && family.has(holder)) ports.add(Number(port));
  }
  return ports;
};
