/** `npm run bench`: measures the service in its production shape on this machine. See bench/README.md. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { internalErrors } from '../scripts/internal-errors.js';
import { databaseWork } from './database-work.js';
import { buildLoad, goVersion, TEMPORAL_VERSION, temporalPrograms } from './go-programs.js';
import { startLoad } from './load.js';
import { plot } from './plot.js';
import { machine, threadCpu } from './processes.js';
import { profileReport } from './profile.js';
import { summarise, table } from './report.js';
import { SCENARIOS } from './scenarios/index.js';
import { prepareCluster, startStack } from './stack.js';
import { HISTORY_SHARDS } from './temporal-server.js';

const QUICK = 0.1;
const RUNS = 3;
const SCENARIO_LIMIT_MS = 20 * 60_000;

const program = new Command('npm run bench --')
  .description('Measures the service in its production shape on this machine.')
  .option('-s, --scenario <names>', 'only these, comma-separated')
  .option(
    '-r, --runs <count>',
    `runs of each; the report has their median and spread (default: ${RUNS})`,
    Number,
  )
  .option('-o, --out <folder>', 'where results.json, results.md and results.svg go', 'bench/results')
  .option('--quick', 'a tenth of the events and of the time, one run: to see that it works')
  .option('--dead-seconds <seconds>', 'how long events go to the dead endpoint', Number, 30)
  .option('--env <settings...>', 'more environment for the service, NAME=value')
  .option(
    '--profile',
    'CPU profiles of the service and its most expensive statements, in the folder; costs time',
  )
  .option('--list', 'say which scenarios there are')
  .parse();
const options = program.opts();
const progress = (line) => console.error(line);

if (options.list) {
  for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(16)}${title}`);
  process.exit(0);
}
const names = options.scenario?.split(',') ?? SCENARIOS.map(({ name }) => name);
const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0)
  program.error(`There is no scenario ${unknown.join(', ')}; --list says which there are.`);
const chosen = SCENARIOS.filter(({ name }) => names.includes(name));
const runs = options.runs ?? (options.quick ? 1 : RUNS);
const factor = options.quick ? QUICK : 1;
const out = resolve(options.out);
const env = Object.fromEntries((options.env ?? []).map((setting) => setting.split(/=(.*)/s, 2)));

const folder = await mkdtemp(join(tmpdir(), 'tidings-bench-'));
/** What must end before the folder can go, the newest last. */
const running = [];
let ending = null;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => void end().then(() => process.exit(130)));

/** Leaves nothing behind. What still runs when this process dies suddenly ends by itself. */
function end() {
  ending ??= (async () => {
    for (const stop of running.splice(0).reverse()) await stop();
    await rm(folder, { recursive: true, force: true });
  })();
  return ending;
}

async function main() {
  const temporal = await temporalPrograms(progress);
  const loadProgram = await buildLoad(folder);
  progress('Making a cluster with the tables of Tidings and Temporal.');
  const cluster = join(folder, 'cluster');
  await prepareCluster(cluster, temporal.sqlTool);
  const load = await startLoad(loadProgram, folder);
  running.push(load.stop);
  await mkdir(out, { recursive: true });
  const measured = new Map(chosen.map(({ name }) => [name, []]));
  const about = {
    at: new Date().toISOString(),
    machine: { ...machine(), loadAverage: loadavg()[0] },
    go: await goVersion(),
    temporal: `${TEMPORAL_VERSION} on PostgreSQL, ${HISTORY_SHARDS} history shards`,
    postgres: 'fsync, synchronous_commit and full_page_writes on',
    ...(options.quick && { quick: 'a tenth of the events and of the time: not to be compared' }),
    ...(options.env && { env }),
  };
  // Round by round: what else the machine does meanwhile falls on all scenarios alike.
  for (let run = 1; run <= runs; run += 1) {
    for (const scenario of chosen) {
      progress(`${scenario.name}, run ${run} of ${runs} …`);
      try {
        const row = await runScenario(scenario, { load, cluster, temporal, run });
        measured.get(scenario.name).push(row);
        progress(`  ${headline(row)}`);
      } catch (error) {
        if (ending !== null) throw error;
        progress(`  failed: ${error.stack}`);
        process.exitCode = 1;
      }
      await writeResults(about, measured);
    }
  }
  console.log(await writeResults(about, measured));
  progress(`Results: ${out}`);
}

async function runScenario(scenario, { load, cluster, temporal, run }) {
  const profileFolder = options.profile ? join(out, `profile-${scenario.name}-${run}`) : null;
  if (profileFolder !== null) await rm(profileFolder, { recursive: true, force: true });
  const stack = await startStack({
    folder: join(folder, `${scenario.name}-${run}`),
    cluster,
    temporalServer: temporal.server,
    roles: scenario.roles,
    env,
    profileFolder,
  });
  running.push(stack.stop);
  const bench = {
    stack,
    load,
    options,
    /** @param {number} events of the full measurement */
    size: (events) => Math.max(1, Math.round(events * factor)),
    /** @param {number} seconds of the full measurement */
    duration: (seconds) => Math.max(3, Math.round(seconds * factor)),
  };
  const limit = setTimeout(() => {
    progress(`${scenario.name} did not end within ${SCENARIO_LIMIT_MS / 60_000} minutes.`);
    void end().then(() => process.exit(1));
  }, SCENARIO_LIMIT_MS);
  try {
    const row = await scenario.run(bench);
    const errors = await internalErrors(stack.url);
    if (errors !== null) throw new Error(errors);
    const warnings = await stack.warnings();
    if (Object.keys(warnings).length > 0) row.extra.warnings = JSON.stringify(warnings);
    if (profileFolder !== null) await keepProfile(stack, profileFolder);
    return row;
  } finally {
    clearTimeout(limit);
    if (running.at(-1) === stack.stop) await running.pop()();
  }
}

async function keepProfile(stack, profileFolder) {
  const seen = { threads: threadCpu(stack.parts), ...(await databaseWork(stack.db)) };
  // Profiles are written at the end.
  await running.pop()();
  await writeFile(join(profileFolder, 'report.md'), await profileReport(profileFolder, seen));
}

const shown = (value) => (value === null ? '–' : String(Math.round(value)));

function headline({ acceptedPerS, deliveredPerS, latencyMs }) {
  const { p50, p99 } = latencyMs;
  return `accepted ${shown(acceptedPerS)}/s, delivered ${shown(deliveredPerS)}/s, p50 ${shown(p50)} ms, p99 ${shown(p99)} ms`;
}

/** @returns {Promise<string>} the table */
async function writeResults(about, measured) {
  const rows = chosen
    .filter(({ name }) => measured.get(name).length > 0)
    .map(({ name, title }) => ({ name, title, ...summarise(measured.get(name)) }));
  const text = table(about, rows);
  await writeFile(
    join(out, 'results.json'),
    `${JSON.stringify({ about, rows, runs: Object.fromEntries(measured) }, null, 2)}\n`,
  );
  await writeFile(join(out, 'results.md'), `${text}\n`);
  await writeFile(join(out, 'results.svg'), plot(rows));
  return text;
}

try {
  await main();
} catch (error) {
  if (ending === null) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await end();
}
process.exit();
