/** A server that listens and never accepts, its queue full, so that the system leaves every connection unanswered. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { atEnd } from './cleanup.ts';

/** @returns its port */
export async function startDeafServer(address = '127.0.0.1', port = 0): Promise<number> {
  const script = `
    const net = require('node:net');
    const server = net.createServer().listen(${port}, '${address}', 1, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [text] = await once(child.stdout, 'data');
  // They are connected by the system alone; how many fit differs by a few.
  const fillers = Array.from({ length: 4 }, () => connect(Number(text), address).on('error', () => {}));
  atEnd(async () => {
    for (const socket of fillers) socket.destroy();
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  return Number(text);
}
