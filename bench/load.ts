/** Driver of the Go program that emits and receives. */
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { spawnGuarded } from '../src/embedded/guarded-process.ts';
import { distinctPorts } from './ports.ts';
import { type Part, pidIn } from './processes.ts';

/** Where an event goes: the path that takes it, and its type. */
export type Target = { path: string; type: string };

/** Events of one kind. */
export type Stream = {
  name: string;
  /** taken in turns */
  targets: Target[];
  events: number;
  /** closed loop: each waits for its answer */
  emitters?: number;
  /** open loop: events a second, whatever the answers */
  rate?: number;
  /** open loop: at random moments, the same in every run, instead of in step */
  random?: boolean;
  /** events in a request */
  batch?: number;
};

/** How endpoints of a group answer. */
export type Behaviour = 'ok' | 'fail' | 'hang';

export type LatencyMs = { p50: number; p95: number; p99: number; max: number };

type Emission = {
  accepted: number;
  /** by status */
  refused: Record<string, number>;
  firstSentMs: number;
  lastAnswerMs: number;
  answerMs: LatencyMs;
};

export type Arrivals = {
  delivered: number;
  repeated: number;
  lastMs: number;
  latencyMs: LatencyMs;
  perSecond: number[];
};

export type Load = {
  /** its own process, whose CPU time is nobody else's */
  part: Part;
  /** The URL of a new endpoint, at an address of its own where there are enough; the groups' behaviours are set apart. */
  endpointUrl(group: string, number: number): string;
  /** Forgets what it has seen, and counts what comes from now on. `behaviours`: by group, `ok` where it is not named */
  open(events: number, behaviours?: Record<string, Behaviour>): Promise<void>;
  /** Emits the streams at once. @returns what was accepted of each, by name, when all have had their answers */
  emit(service: { url: string; adminKey: string }, streams: Stream[]): Promise<Record<string, Emission>>;
  /** @returns how many deliveries have arrived, by group */
  counts(): Promise<Record<string, { delivered: number }>>;
  summary(): Promise<Record<string, Arrivals>>;
  stop(): Promise<void>;
};

/** Customers have servers of their own, and what is bounded for each server must not bind them together. */
const ORIGINS = 200;

/** An emission is answered when it has ended, which may be in many minutes. */
const patient = new Agent({ headersTimeout: 0 });

/**
 * @param program as `buildLoad` built it
 * @param folder for its log
 * @returns once it answers
 * @throws Error with what it wrote last when it does not start
 */
export async function startLoad(program: string, folder: string): Promise<Load> {
  const [receiverPort, controlPort] = await distinctPorts(2);
  const control = `http://127.0.0.1:${controlPort}`;
  const pidFile = join(folder, 'load.pid');
  const child = await spawnGuarded({
    command: program,
    args: ['-receiver', `${receiverPort}`, '-origins', `${ORIGINS}`, '-control', `127.0.0.1:${controlPort}`],
    stopSignal: 'TERM',
    logFile: join(folder, 'load.log'),
    pidFile,
  });
  async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(control + path, {
      method,
      dispatcher: patient,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The load answered ${answer.status}: ${await answer.text()}`);
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }
  await child.ready('The load', () => call('GET', '/healthz'));
  let run = 0;
  let endpoints = 0;
  return {
    part: { name: 'load', pid: pidIn(pidFile) },
    endpointUrl(group, number) {
      endpoints += 1;
      return `http://127.0.1.${1 + (endpoints % ORIGINS)}:${receiverPort}/${group}/${number}`;
    },
    async open(events, behaviours = {}) {
      run += 1;
      await call('POST', '/runs', { run, events, behaviours });
    },
    emit: ({ url, adminKey }, streams) => call('POST', '/emissions', { url, key: adminKey, streams }),
    counts: () => call('GET', '/counts'),
    summary: () => call('GET', '/summary'),
    stop: () => child.stop(1_000),
  };
}
