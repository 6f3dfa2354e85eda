/** Drives the Go program that emits and receives. */
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { spawnGuarded } from '../dist/src/embedded/guarded-process.js';
import { distinctPorts } from './ports.js';
import { until } from './until.js';

/**
 * @typedef {object} Stream events of one kind
 * @property {string} name
 * @property {{ path: string, type: string }[]} targets where they go, in turns
 * @property {number} events how many
 * @property {number} [emitters] closed loop: each waits for its answer
 * @property {number} [rate] open loop: events a second, whatever the answers
 * @property {boolean} [random] open loop: at random moments, the same in every run, instead of in step
 * @property {number} [batch] events in a request
 */
/** @typedef {'ok' | 'fail' | 'hang'} Behaviour */

/** Customers have servers of their own, and what is bounded for each server must not bind them together. */
const ORIGINS = 200;

/** An emission is answered when it has ended, which may be in many minutes. */
const patient = new Agent({ headersTimeout: 0 });

/** @returns once it answers */
export async function startLoad(program, folder) {
  const [receiverPort, controlPort] = await distinctPorts(2);
  const control = `http://127.0.0.1:${controlPort}`;
  const child = await spawnGuarded({
    command: program,
    args: ['-receiver', `${receiverPort}`, '-origins', `${ORIGINS}`, '-control', `127.0.0.1:${controlPort}`],
    stopSignal: 'TERM',
    logFile: join(folder, 'load.log'),
    pidFile: join(folder, 'load.pid'),
  });
  const call = async (method, path, body) => {
    const answer = await fetch(control + path, {
      method,
      dispatcher: patient,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The load answered ${answer.status}: ${await answer.text()}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  await until(
    () =>
      call('GET', '/healthz').then(
        () => true,
        () => false,
      ),
    {
      withinMs: 10_000,
      everyMs: 50,
      ended: child.exited,
      failure: () => `The load did not start:\n${child.tail()}`,
    },
  );
  let run = 0;
  let endpoints = 0;
  return {
    /** The URL of a new endpoint, at an address of its own where there are enough; the groups' behaviours are set apart. */
    endpointUrl(group, number) {
      endpoints += 1;
      return `http://127.0.1.${1 + (endpoints % ORIGINS)}:${receiverPort}/${group}/${number}`;
    },
    /** Forgets what it has seen, and counts what comes from now on. */
    async open(events, behaviours = {}) {
      run += 1;
      await call('POST', '/runs', { run, events, behaviours });
    },
    /** @param {Record<string, Behaviour>} behaviours by group; `ok` where it is not named */
    behave: (behaviours) => call('POST', '/behaviours', behaviours),
    /** Emits the streams at once. @returns what was accepted of each, when all have had their answers */
    emit: (stack, streams) => call('POST', '/emissions', { url: stack.url, key: stack.adminKey, streams }),
    counts: () => call('GET', '/counts'),
    summary: () => call('GET', '/summary'),
    stop: () => child.stop(1_000),
  };
}
