/** One measurement: what is emitted, how long it takes to arrive, and what it costs until all of it is recorded. */
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import { countStatements, forgetStatements } from './database-work.ts';
import type { Arrivals, Behaviour, LatencyMs, Load, Stream } from './load.ts';
import { pause } from './pause.ts';
import { cpuMs, machineBusyMs, memoryMb } from './processes.ts';
import { NAMESPACE, type Stack } from './stack.ts';

const STALL_MS = 30_000;
const SAMPLED_WORKFLOWS = 50;

/** One row. */
export type Measured = {
  acceptedPerS: number | null;
  deliveredPerS: number | null;
  /** from emit to arrival */
  latencyMs: LatencyMs;
  /** by part, for each delivery */
  cpuMs: Record<string, number>;
  /** by part, at the end */
  memoryMb: Record<string, number>;
  /** Temporal's state transitions, for each delivery */
  transitions: number | null;
  /** for each delivery */
  historyBytes: number | null;
  /** PostgreSQL's, by database, for each delivery */
  statements: Record<string, number>;
  /** how many cores were busy with something else than the parts and the load; time that the host took away counts */
  otherCores: number;
  /** deliveries in each second */
  perSecond: number[];
  /** what this scenario alone says */
  extra: Record<string, number | string>;
};

export type Work = {
  /** rates are those of the first one */
  streams: readonly [Stream, ...Stream[]];
  /** deliveries that arrive */
  expected: number;
  /** whose latency and deliveries count (default `ok`); the others are there to disturb */
  group?: string;
  behaviours?: Record<string, Behaviour>;
  /** what costs are divided by; default: the deliveries of every group */
  units?: number;
  /** whether everything is recorded in the end, which is waited for; default: it is */
  settles?: boolean;
};

type Running = { stack: Stack; load: Load };

export async function measure({ stack, load }: Running, work: Work): Promise<Measured> {
  const { streams, expected, group = 'ok', behaviours = {}, settles = true } = work;
  const since = await databaseTime(stack.db);
  await load.open(eventsOf(streams), behaviours);
  await forgetStatements(stack.db);
  const before = costs(stack, load);
  const emitted = await load.emit(stack, [...streams]);
  await arrived(load, group, expected);
  if (settles) await recorded(stack.db);
  const after = costs(stack, load);
  const statements = await countStatements(stack.db);
  const groups = await load.summary();
  const counted = groups[group] ?? NOTHING;
  const all = Object.values(groups).reduce((sum, { delivered }) => sum + delivered, 0);
  const units = work.units ?? Math.max(1, all);
  const first = emitted[streams[0].name];
  if (first === undefined) throw new Error(`The load does not say what it emitted of ${streams[0].name}`);
  const { accepted, refused, firstSentMs, lastAnswerMs, answerMs } = first;
  const seconds = (after.atMs - before.atMs) / 1000;
  const used = difference(after.cpu, before.cpu);
  const usedMs = sum(used);
  const workflows = await sampleWorkflows(stack, since);
  return {
    acceptedPerS: rate(accepted, lastAnswerMs - firstSentMs),
    deliveredPerS: rate(counted.delivered, counted.lastMs - firstSentMs),
    latencyMs: counted.latencyMs,
    cpuMs: scaled(used, 1 / units),
    memoryMb: memoryMb(stack.parts),
    transitions: workflows?.transitions ?? null,
    historyBytes: workflows?.historyBytes ?? null,
    statements: scaled(statements, 1 / units),
    otherCores: Math.max(0, (after.otherMs - before.otherMs) / 1000 / seconds),
    perSecond: counted.perSecond,
    extra: {
      'answer p50 ms': answerMs.p50,
      'answer p99 ms': answerMs.p99,
      'cores used': usedMs / 1000 / seconds,
      ...missing(expected, counted),
      ...(sum(refused) > 0 && { refused: JSON.stringify(refused) }),
    },
  };
}

const NOTHING: Arrivals = {
  delivered: 0,
  repeated: 0,
  lastMs: 0,
  latencyMs: { p50: 0, p95: 0, p99: 0, max: 0 },
  perSecond: [],
};

/** What no run should have; said where it has. */
function missing(expected: number, { delivered, repeated }: Arrivals): Record<string, number> {
  return {
    ...(delivered < expected && { 'not delivered': expected - delivered }),
    ...(repeated > 0 && { 'delivered again': repeated }),
  };
}

/** CPU that the parts use while nobody asks anything of them. @returns in cores, by part */
export async function idleCores(stack: Stack, seconds: number): Promise<Record<string, number>> {
  const before = cpuMs(stack.parts);
  await pause(seconds * 1000);
  return scaled(difference(cpuMs(stack.parts), before), 1 / 1000 / seconds);
}

/** `copies`: deliveries of an event; default 1 */
export type WarmUpStream = Stream & { copies?: number };

/** Deliveries through every part of it, so that nothing that is measured is the first of its kind. */
export async function warmUp(
  { stack, load }: Running,
  streams: WarmUpStream[],
  { settles = true }: { settles?: boolean } = {},
): Promise<void> {
  await load.open(eventsOf(streams));
  const expected = streams.reduce((total, { events, copies = 1 }) => total + events * copies, 0);
  await load.emit(stack, streams);
  await arrived(load, null, expected);
  if (settles) await recorded(stack.db);
  // Temporal's own queues run on for a moment.
  await pause(2_000);
}

/** Waits until so much has arrived, in one group or in all (`null`), as long as there is progress. */
async function arrived(load: Load, group: string | null, expected: number): Promise<void> {
  let last = -1;
  let changedAt = Date.now();
  for (;;) {
    const counts = await load.counts();
    const delivered =
      group === null ? sum(mapped(counts, (each) => each.delivered)) : (counts[group]?.delivered ?? 0);
    if (delivered >= expected) return;
    if (delivered !== last) [last, changedAt] = [delivered, Date.now()];
    if (Date.now() - changedAt > STALL_MS) return;
    await pause(50);
  }
}

/** Waits until no delivery is under way, as long as there is progress. */
export async function recorded(db: pg.Pool, withinMs = STALL_MS): Promise<void> {
  let last = -1;
  let changedAt = Date.now();
  for (;;) {
    const { rows } = await db.query<{ open: number }>(
      "select count(*)::int as open from deliveries where status in ('pending', 'delivering')",
    );
    const open = rows[0]?.open ?? 0;
    if (open === 0) return;
    if (open !== last) [last, changedAt] = [open, Date.now()];
    if (Date.now() - changedAt > withinMs) return;
    await pause(200);
  }
}

function costs({ parts }: Stack, load: Load): { atMs: number; cpu: Numbers; otherMs: number } {
  const cpu = cpuMs(parts);
  const otherMs = machineBusyMs() - sum(cpu) - sum(cpuMs([load.part]));
  return { atMs: performance.now(), cpu, otherMs };
}

async function databaseTime(db: pg.Pool): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now ?? new Date();
}

/** What Temporal keeps of a delivery, from some of the workflows that were started since. */
async function sampleWorkflows(
  stack: Stack,
  since: Date,
): Promise<{ transitions: number; historyBytes: number } | null> {
  const { rows } = await stack.db.query<{ workflowId: string; runId: string; deliveries: number }>(
    `select * from (
       select workflow_id as "workflowId", run_id as "runId", count(*)::int as deliveries
       from deliveries where created_at >= $1 and workflow_id is not null group by 1, 2
     ) held order by md5("workflowId") limit $2`,
    [since, SAMPLED_WORKFLOWS],
  );
  if (rows.length === 0) return null;
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const client = new Client({ connection, namespace: NAMESPACE });
    let deliveries = 0;
    let transitions = 0;
    let historyBytes = 0;
    for (const row of rows) {
      const { raw } = await client.workflow.getHandle(row.workflowId, row.runId).describe();
      deliveries += row.deliveries;
      transitions += Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0);
      historyBytes += Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0);
    }
    return { transitions: transitions / deliveries, historyBytes: historyBytes / deliveries };
  } finally {
    await connection.close();
  }
}

type Numbers = Record<string, number>;

const eventsOf = (streams: readonly Stream[]) => streams.reduce((total, { events }) => total + events, 0);
const rate = (count: number, ms: number) => (ms > 0 ? (count / ms) * 1000 : null);
const sum = (numbers: Numbers) => Object.values(numbers).reduce((total, value) => total + value, 0);
const mapped = <Value>(record: Record<string, Value>, change: (value: Value) => number): Numbers =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
const scaled = (numbers: Numbers, factor: number) => mapped(numbers, (value) => value * factor);
const difference = (after: Numbers, before: Numbers): Numbers =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
