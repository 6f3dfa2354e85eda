/**
 * Child processes that cannot outlive this process. Each runs under a small shell that holds the read end of a pipe from this
 * process: when this process dies, however suddenly, the pipe closes and the shell ends its child.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { waitUntilGone, whoIs } from './lock-file.ts';
import { killFamily } from './process-family.ts';

export type GuardedProcess = {
  /** resolves with its last output when the program ends without having been stopped */
  died: Promise<string>;
  /** Calls `ask` until it succeeds. @throws Error with the last output when the program has ended or takes too long */
  ready(name: string, ask: () => Promise<unknown>): Promise<void>;
  /** ends the program gently, and kills it after `graceMs` */
  stop(graceMs?: number): Promise<void>;
};

// $1 is the signal that ends the program gently. The reader's end of the pipe is descriptor 3 in both shells.
const GUARD = `
exec 3<&0 </dev/null
signal=$1; shift
"$@" 3<&- &
child=$!
( while read -r line <&3; do :; done
  kill -s "$signal" $child; tries=0
  while kill -0 $child && [ $tries -lt 15 ]; do sleep 1; tries=$((tries + 1)); done
  kill -s KILL $child ) >/dev/null 2>&1 &
reader=$!
wait $child
code=$?
kill $reader 2>/dev/null
exit $code`;

const TAIL_BYTES = 4096;
const START_TIMEOUT_MS = 60_000;

/** Time for a program to end whose Tidings process has died. */
export const PREDECESSOR_MS = 20_000;

/**
 * Starts a program under such a shell, once an earlier one on the same data has ended.
 * @param options.pidFile names the process that uses the data, for the next start
 */
// Long because output, exit and stop of the child share one state.
export async function spawnGuarded(options: {
  command: string;
  args: string[];
  /** ends the program gently; `INT` is PostgreSQL's fast shutdown */
  stopSignal: 'TERM' | 'INT';
  logFile: string;
  pidFile: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
}): Promise<GuardedProcess> {
  const { command, args, stopSignal, logFile, pidFile, cwd, env, uid, gid } = options;
  await waitUntilGone(pidFile, PREDECESSOR_MS);
  const child: ChildProcess = spawn('/bin/sh', ['-c', GUARD, 'guard', stopSignal, command, ...args], {
    // A session of its own, so that Ctrl-C in a terminal reaches only this process, which stops its children in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
    ...(uid !== undefined && { uid, gid }),
  });
  if (child.pid !== undefined) writeFileSync(pidFile, whoIs(child.pid));
  let tail = '';
  const log = createWriteStream(logFile, { flags: 'a' });
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-TAIL_BYTES);
    log.write(chunk);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let hasExited = false;
  let isStopping = false;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      tail += error.message;
      resolve();
    });
    child.once('close', () => {
      log.end();
      rmSync(pidFile, { force: true });
      resolve();
    });
  });
  const died = new Promise<string>((resolve) => {
    void exited.then(() => {
      hasExited = true;
      if (!isStopping) resolve(tail.trim());
    });
  });
  // An error of the pipe to a dead child would otherwise end this process.
  child.stdin?.on('error', () => {});
  async function stop(graceMs = 15_000): Promise<void> {
    isStopping = true;
    child.stdin?.end();
    const late = setTimeout(() => {
      if (child.pid !== undefined) void killFamily(child.pid);
    }, graceMs);
    await exited;
    clearTimeout(late);
  }
  return {
    died,
    stop,
    async ready(name, ask) {
      const deadline = Date.now() + START_TIMEOUT_MS;
      while (Date.now() < deadline && !hasExited) {
        try {
          await ask();
          return;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      await stop();
      throw new Error(`${name} did not start:\n${tail.trim()}`);
    },
  };
}
