/** `npm run bench`: measures the service in its production shape on this machine. See bench/README.md. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Build, THIS_BUILD } from './build.ts';
import { createCleanup } from './cleanup.ts';
import { prepareCluster } from './cluster.ts';
import { buildLoad, goVersion, TEMPORAL_VERSION, temporalPrograms } from './go-programs.ts';
import { startLoad } from './load.ts';
import type { Measured } from './measure.ts';
import { type Options, readOptions } from './options.ts';
import { buildCommit, commitNamed } from './other-build.ts';
import { machine } from './processes.ts';
import type { About } from './report.ts';
import { writeResults } from './results.ts';
import { type Run, runScenario, type Sitting } from './run-scenario.ts';
import { HISTORY_SHARDS } from './temporal-server.ts';

const options = readOptions();
const progress = (line: string) => console.error(line);
const cleanup = createCleanup();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => void cleanup.end().then(() => process.exit(130)));

async function main(): Promise<void> {
  const against = options.against === null ? null : await commitNamed(options.against);
  const folder = await mkdtemp(join(tmpdir(), 'tidings-bench-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  const temporal = await temporalPrograms(progress);
  const loadProgram = await buildLoad(folder);
  const other = against === null ? null : await buildCommit(against, folder, cleanup, progress);
  const clusters = new Map<Build, string>();
  for (const build of other === null ? [THIS_BUILD] : [other, THIS_BUILD]) {
    progress(`Making a cluster with the tables of Tidings (${build.name}) and Temporal.`);
    const cluster = join(folder, `cluster-${build.name}`);
    await prepareCluster(cluster, temporal.sqlTool, build);
    clusters.set(build, cluster);
  }
  const load = await startLoad(loadProgram, folder);
  cleanup.add(load.stop);
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  const sitting = { options, folder, out, load, temporalServer: temporal.server, cleanup, progress };
  const about = await describeSitting(options, other);
  const runs: Run[] = [];
  const write = () => writeResults(out, { about, scenarios: options.scenarios, runs, other });
  await measureInTurns(sitting, clusters, async (run) => {
    runs.push(run);
    await write();
  });
  console.log(await write());
  progress(`Results: ${out}`);
}

/** Round by round: what else the machine does meanwhile falls on all scenarios, and on both builds, alike. */
async function measureInTurns(
  sitting: Sitting,
  clusters: Map<Build, string>,
  keep: (run: Run) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= options.runs; round += 1) {
    // The build that came first comes last in the next round.
    const turns = round % 2 === 1 ? [...clusters] : [...clusters].reverse();
    for (const scenario of options.scenarios) {
      for (const [build, cluster] of turns) {
        progress(`${scenario.name}, ${build.name}, run ${round} of ${options.runs} …`);
        try {
          const run = await runScenario(sitting, scenario, { build, cluster }, round);
          progress(`  ${headline(run.measured)}`);
          await keep(run);
        } catch (error) {
          if (cleanup.isEnding()) throw error;
          progress(`  failed: ${(error as Error).stack}`);
          process.exitCode = 1;
        }
      }
    }
  }
}

async function describeSitting({ isQuick, env }: Options, other: Build | null): Promise<About> {
  return {
    at: new Date().toISOString(),
    machine: { ...machine(), loadAverage: loadavg()[0] ?? 0 },
    go: await goVersion(),
    temporal: `${TEMPORAL_VERSION} on PostgreSQL, ${HISTORY_SHARDS} history shards`,
    postgres: 'fsync, synchronous_commit and full_page_writes on',
    ...(other !== null && { against: other.name }),
    ...(isQuick && { quick: 'a tenth of the events and of the time: not to be compared' }),
    ...(env !== null && { env }),
  };
}

const shown = (value: number | null) => (value === null ? '–' : String(Math.round(value)));

function headline({ acceptedPerS, deliveredPerS, latencyMs }: Measured): string {
  const { p50, p99 } = latencyMs;
  return `accepted ${shown(acceptedPerS)}/s, delivered ${shown(deliveredPerS)}/s, p50 ${shown(p50)} ms, p99 ${shown(p99)} ms`;
}

try {
  await main();
} catch (error) {
  if (!cleanup.isEnding()) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await cleanup.end();
}
process.exit();
