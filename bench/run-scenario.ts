/** One run of a scenario on a new stack, with what the machine could do before and after it. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internalErrors } from '../scripts/internal-errors.ts';
import { type Build, THIS_BUILD } from './build.ts';
import type { Cleanup } from './cleanup.ts';
import { databaseWork } from './database-work.ts';
import type { Load } from './load.ts';
import { machineSpeed } from './machine-speed.ts';
import type { Measured } from './measure.ts';
import type { Options } from './options.ts';
import { threadCpu } from './processes.ts';
import { profileReport } from './profile.ts';
import type { Scenario } from './scenario.ts';
import { type Stack, startStack } from './stack.ts';

const SCENARIO_LIMIT_MS = 20 * 60_000;

export type Run = {
  scenario: string;
  /** the name of the build */
  build: string;
  /** counted from 1 */
  round: number;
  measured: Measured;
  /** rounds of the fixed work a second, before and after */
  speed: { before: number; after: number };
};

export type Sitting = {
  options: Options;
  /** of its data */
  folder: string;
  out: string;
  load: Load;
  temporalServer: string;
  cleanup: Cleanup;
  progress: (line: string) => void;
};

/** @param prepared the build with the cluster that `prepareCluster` made for it */
export async function runScenario(
  sitting: Sitting,
  scenario: Scenario,
  prepared: { build: Build; cluster: string },
  round: number,
): Promise<Run> {
  const before = await machineSpeed();
  const measured = await measureScenario(sitting, scenario, prepared, round);
  const after = await machineSpeed();
  return { scenario: scenario.name, build: prepared.build.name, round, measured, speed: { before, after } };
}

async function measureScenario(
  { options, folder, out, load, temporalServer, cleanup, progress }: Sitting,
  scenario: Scenario,
  { build, cluster }: { build: Build; cluster: string },
  round: number,
): Promise<Measured> {
  const name = `${scenario.name}-${build.name}-${round}`;
  const profileFolder = options.profile ? join(out, `profile-${name}`) : null;
  if (profileFolder !== null) await rm(profileFolder, { recursive: true, force: true });
  const stack = await startStack({
    folder: join(folder, name),
    build,
    cluster,
    temporalServer,
    roles: scenario.roles,
    env: options.env ?? {},
    profileFolder,
  });
  const stop = cleanup.add(stack.stop);
  const limit = setTimeout(() => {
    progress(`${scenario.name} did not end within ${SCENARIO_LIMIT_MS / 60_000} minutes.`);
    void cleanup.end().then(() => process.exit(1));
  }, SCENARIO_LIMIT_MS);
  try {
    const measured = await scenario.run({
      stack,
      load,
      deadSeconds: options.deadSeconds,
      size: (events) => Math.max(1, Math.round(events * options.factor)),
      duration: (seconds) => Math.max(3, Math.round(seconds * options.factor)),
    });
    // An older commit may not count them; what it refuses is in the report all the same.
    const errors = build === THIS_BUILD ? await internalErrors(stack.url) : null;
    if (errors !== null) throw new Error(errors);
    const warnings = await stack.warnings();
    if (Object.keys(warnings).length > 0) measured.extra.warnings = JSON.stringify(warnings);
    if (profileFolder !== null) await keepProfile(stack, stop, profileFolder, build);
    return measured;
  } finally {
    clearTimeout(limit);
    await stop();
  }
}

/** Profiles are written when the processes end. */
async function keepProfile(
  stack: Stack,
  stop: () => Promise<void>,
  profileFolder: string,
  build: Build,
): Promise<void> {
  const seen = { threads: threadCpu(stack.parts), ...(await databaseWork(stack.db)) };
  await stop();
  const report = await profileReport(profileFolder, join(build.root, 'dist'), seen);
  await writeFile(join(profileFolder, 'report.md'), report);
}
