/** Polls a server from a thread of its own, so that what the test itself does is no part of the answers' times. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { atEnd } from './cleanup.ts';

export type Pulse = {
  /** ends the polling. @returns how long the slowest answer took, in milliseconds */
  stop(): Promise<number>;
};

const POLL = `
const { parentPort, workerData } = require('node:worker_threads');
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true });
let slowestMs = 0, hasBegun = false, isStopped = false;
const ask = () => new Promise((resolve, reject) => {
  http.get(workerData, { agent }, (response) => {
    response.resume().once('end', () => resolve(response.statusCode));
  }).once('error', reject);
});
(async () => {
  while (!isStopped) {
    const asked = performance.now();
    const status = await ask();
    if (status !== 200) throw new Error(workerData + ' answered ' + status);
    slowestMs = Math.max(slowestMs, performance.now() - asked);
    if (!hasBegun) parentPort.postMessage('begun');
    hasBegun = true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  parentPort.postMessage(slowestMs);
  agent.destroy();
})();
parentPort.once('message', () => { isStopped = true; });
`;

/** Resolves when the first answer has come. */
export async function startPulse(url: string): Promise<Pulse> {
  const worker = new Worker(POLL, { eval: true, workerData: url });
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
  await next();
  return {
    async stop() {
      const result = next();
      worker.postMessage('stop');
      return (await result) as number;
    },
  };
}

const IDLE = `
const server = require('node:http').createServer((request, response) => response.end());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** A process that does nothing but answer: what it takes is the machine's. @returns its URL */
export async function startIdleServer(): Promise<string> {
  const child = spawn(process.execPath, ['-e', IDLE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  return `http://127.0.0.1:${port}/`;
}
