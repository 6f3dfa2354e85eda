/** One measurement: what is emitted, how long it takes to arrive, and what it costs until all of it is recorded. */
import { Client, Connection } from '@temporalio/client';
import { countStatements, forgetStatements } from './database-work.js';
import { cpuMs, machineBusyMs, memoryMb } from './processes.js';
import { NAMESPACE } from './stack.js';
import { pause } from './until.js';

const STALL_MS = 30_000;
const SAMPLED_WORKFLOWS = 50;

/**
 * @typedef {object} Measured one row
 * @property {number | null} acceptedPerS
 * @property {number | null} deliveredPerS
 * @property {{ p50: number, p95: number, p99: number, max: number }} latencyMs from emit to arrival
 * @property {Record<string, number>} cpuMs by part, for each delivery
 * @property {Record<string, number>} memoryMb by part, at the end
 * @property {number | null} transitions Temporal's state transitions, for each delivery
 * @property {number | null} historyBytes for each delivery
 * @property {Record<string, number>} statements PostgreSQL's, by database, for each delivery
 * @property {number} otherCores how many cores were busy with something else, load included
 * @property {number[]} perSecond deliveries in each second
 * @property {Record<string, number | string>} extra what this scenario alone says
 */

/**
 * @param {object} bench `{ stack, load }`
 * @param {object} work
 * @param {import('./load.js').Stream[]} work.streams
 * @param {number} work.expected deliveries that arrive
 * @param {string} [work.group] whose latency and deliveries count; the others are there to disturb
 * @param {Record<string, import('./load.js').Behaviour>} [work.behaviours]
 * @param {number} [work.units] what costs are divided by; default: the deliveries of every group
 * @param {boolean} [work.settles] whether everything is recorded in the end, which is waited for
 * @returns {Promise<Measured>}
 */
export async function measure({ stack, load }, work) {
  const { streams, expected, group = 'ok', behaviours = {}, settles = true } = work;
  const since = await databaseTime(stack.db);
  await load.open(
    streams.reduce((sum, { events }) => sum + events, 0),
    behaviours,
  );
  await forgetStatements(stack.db);
  const before = costs(stack);
  const emitted = await load.emit(stack, streams);
  await arrived(load, group, expected);
  if (settles) await recorded(stack.db);
  const after = costs(stack);
  const statements = await countStatements(stack.db);
  const groups = await load.summary();
  const counted = groups[group] ?? NOTHING;
  const all = Object.values(groups).reduce((sum, { delivered }) => sum + delivered, 0);
  const units = work.units ?? Math.max(1, all);
  const { accepted, refused, firstSentMs, lastAnswerMs, answerMs } = emitted[streams[0].name];
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
    otherCores: Math.max(0, (after.busyMs - before.busyMs - usedMs) / 1000 / seconds),
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

const NOTHING = {
  delivered: 0,
  repeated: 0,
  lastMs: 0,
  latencyMs: { p50: 0, p95: 0, p99: 0, max: 0 },
  perSecond: [],
};

/** What no run should have; said where it has. */
function missing(expected, { delivered, repeated }) {
  return {
    ...(delivered < expected && { 'not delivered': expected - delivered }),
    ...(repeated > 0 && { 'delivered again': repeated }),
  };
}

/** CPU that the parts use while nobody asks anything of them. @returns {Promise<Record<string, number>>} in cores */
export async function idleCores(stack, seconds) {
  const before = cpuMs(stack.parts);
  await pause(seconds * 1000);
  return scaled(difference(cpuMs(stack.parts), before), 1 / 1000 / seconds);
}

/** Deliveries through every part of it, so that nothing that is measured is the first of its kind. */
export async function warmUp({ stack, load }, streams, { settles = true } = {}) {
  await load.open(streams.reduce((total, { events }) => total + events, 0));
  const expected = streams.reduce((total, { events, copies = 1 }) => total + events * copies, 0);
  await load.emit(stack, streams);
  await arrived(load, null, expected);
  if (settles) await recorded(stack.db);
  // Temporal's own queues run on for a moment.
  await pause(2_000);
}

/** Waits until so much has arrived, as long as there is progress. */
async function arrived(load, group, expected) {
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
export async function recorded(db, withinMs = STALL_MS) {
  let last = -1;
  let changedAt = Date.now();
  for (;;) {
    const { rows } = await db.query(
      "select count(*)::int as open from deliveries where status in ('pending', 'delivering')",
    );
    const [{ open }] = rows;
    if (open === 0) return;
    if (open !== last) [last, changedAt] = [open, Date.now()];
    if (Date.now() - changedAt > withinMs) return;
    await pause(200);
  }
}

function costs({ parts }) {
  return { atMs: performance.now(), cpu: cpuMs(parts), busyMs: machineBusyMs() };
}

async function databaseTime(db) {
  const { rows } = await db.query('select clock_timestamp() as now');
  return rows[0].now;
}

/** What Temporal keeps of a delivery, from some of the workflows that were started since. */
async function sampleWorkflows(stack, since) {
  const { rows } = await stack.db.query(
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
      transitions += Number(raw.workflowExecutionInfo.stateTransitionCount);
      historyBytes += Number(raw.workflowExecutionInfo.historySizeBytes);
    }
    return { transitions: transitions / deliveries, historyBytes: historyBytes / deliveries };
  } finally {
    await connection.close();
  }
}

const rate = (count, ms) => (ms > 0 ? (count / ms) * 1000 : null);
const sum = (record) => Object.values(record).reduce((total, value) => total + value, 0);
const mapped = (record, change) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
const scaled = (record, factor) => mapped(record, (value) => value * factor);
const difference = (after, before) =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
